"""Where the commands print: a terminal, a log, or a pipe whose reader may leave."""

from __future__ import annotations

import os

from rich.console import Console


class _Console(Console):
    """A console that a reader who leaves early turns silent."""

    def on_broken_pipe(self) -> None:
        """Print no more; by default rich would end the run with exit code 1, a verdict."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def make_console(*, stderr: bool) -> Console:
    """A console of the terminal's width; 100 columns in pipes and logs, which have none."""
    console = _Console(stderr=stderr, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = _Console(stderr=stderr, highlight=False, width=100)
    return console
