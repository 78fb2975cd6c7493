"""A live line while a run goes on: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TextColumn
from rich.progress import Progress as Bar

from ..judge.suite import Judged, Suite, by_row


class Progress:
    """Tell a console how far some work has come.

    Parameters
    ----------
    total
        Of the steps that there are.
    every
        Seconds between two lines in a log: they show that the run goes on.
    columns
        Shown behind the bar; they may use what else is given by name.
    """

    def __init__(
        self,
        console: Console,
        total: int,
        description: str,
        *columns: ProgressColumn,
        every: float,
        **fields: Any,
    ) -> None:
        self._console, self._every = console, every
        self._told = time.monotonic()
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            *columns,
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(description, total=total, **fields)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def move(self, steps: int, line: str, **fields: Any) -> None:
        """Some steps are done; ``line`` says so where there is no terminal."""
        self._bar.update(self._task, advance=steps, **fields)
        now = time.monotonic()
        if not self._console.is_terminal and now - self._told > self._every:
            self._told = now
            self._console.print(f"  {line}", style="dim")


class Rows(Progress):
    """The rows of a suite."""

    def __init__(self, console: Console, suite: Suite) -> None:
        super().__init__(console, len(suite.planned), "starting", every=20.0)
        self._rows, self._judged = len(by_row(suite.planned)), 0

    def done(self, judged: Judged) -> None:
        """One more row is judged."""
        self._judged += 1
        line = f"{self._judged} of {self._rows} rows …"
        self.move(len(judged.cells), line, description=judged.row)
