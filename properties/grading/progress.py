"""A live line while a batch goes on: how many are done, how many of them fail, when it ends."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from .values import Result

_EVERY = 30.0  # seconds between two lines where there is no terminal


class Progress:
    """Tell a console how far a batch has come."""

    def __init__(self, console: Console, total: int) -> None:
        self._console, self._total = console, total
        self._count = self._failing = 0
        self._said = time.monotonic()
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failing]} failing, ends in"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("judging", total=total, failing=0)

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def done(self, place: int, result: Result) -> None:
        """One more has its result."""
        self._count += 1
        self._failing += result.record is None or result.record.verdict != "pass"
        self._bar.update(self._task, advance=1, failing=self._failing)
        if not self._console.is_terminal and time.monotonic() > self._said + _EVERY:
            self._said = time.monotonic()
            self._console.print(
                f"  {self._count} of {self._total} judged, {self._failing} failing", style="dim"
            )
