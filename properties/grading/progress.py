"""How far a batch has come: how many are done, how many of them fail, when it ends."""

from __future__ import annotations

from rich.console import Console
from rich.progress import TextColumn, TimeRemainingColumn

from ..commands.progress import Progress
from .values import Result


class Submissions(Progress):
    """The submissions of a batch."""

    def __init__(self, console: Console, total: int) -> None:
        failing = TextColumn("{task.fields[failing]} failing, ends in")
        columns = (failing, TimeRemainingColumn())
        super().__init__(console, total, "judging", *columns, every=30.0, failing=0)
        self._total, self._count, self._failing = total, 0, 0

    def done(self, place: int, result: Result) -> None:
        """One more has its result."""
        self._count += 1
        self._failing += result.record is None or result.record.verdict != "pass"
        line = f"{self._count} of {self._total} judged, {self._failing} failing"
        self.move(1, line, failing=self._failing)
