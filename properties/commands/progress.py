"""A live line while a run goes on: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from ..judge.suite import Judged, Suite, by_row

_EVERY = 20.0  # seconds between two lines in a log: it shows that the run goes on


class Progress:
    """Tell a console how far a suite has come."""

    def __init__(self, console: Console, suite: Suite) -> None:
        self.console = console
        self.bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.rows = len(by_row(suite.planned))
        self.judged = 0
        self.told = time.monotonic()
        self.task = self.bar.add_task("starting", total=len(suite.planned))

    def __enter__(self) -> Progress:
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.stop()

    def done(self, judged: Judged) -> None:
        """One more row is judged."""
        self.judged += 1
        now = time.monotonic()
        if not self.console.is_terminal and now - self.told > _EVERY:
            self.told = now
            self.console.print(f"  {self.judged} of {self.rows} rows …", style="dim")
        self.bar.update(self.task, advance=len(judged.cells), description=judged.row)
