"""A live line while a run goes on: a bar on a terminal, a line for each row elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from ..judge.suite import Judged, Suite


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
        if not self.console.is_terminal and judged.verdicts:
            self.console.print(f"  {judged.row} …", style="dim")
        self.bar.update(self.task, advance=len(judged.cells), description=judged.row)
