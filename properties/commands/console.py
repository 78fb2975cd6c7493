"""Where the commands print: a terminal, a log, or a pipe whose reader may leave."""

from __future__ import annotations

import os

import click
from rich.console import Console

from ..record.text import one_line


class _Console(Console):
    """A console that a reader who leaves early turns silent."""

    def on_broken_pipe(self) -> None:
        """Print no more; by default rich would end the run with exit code 1, a verdict."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def complain(command: str, what: object) -> None:
    """Say on standard error, in one line, why a command cannot go on.

    A path may hold line ends and escape codes: none of them reaches a terminal or a runner.
    """
    click.echo(f"nndl {command}: {one_line(what, limit=4_000)}", err=True)


def make_console(*, stderr: bool) -> Console:
    """A console of the terminal's width; 100 columns in pipes and logs, which have none."""
    console = _Console(stderr=stderr, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = _Console(stderr=stderr, highlight=False, width=100)
    return console
