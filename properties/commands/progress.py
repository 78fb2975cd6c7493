"""A live line while a run goes on: a bar on a terminal, a line for each layer elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from ..judge.search import Verdict
from ..judge.suite import Cell, Suite


class Progress:
    """Tell a console how far a suite has come."""

    def __init__(self, console: Console, suite: Suite) -> None:
        self.console = console
        self.suite = suite
        self.bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task("starting", total=None)
        self.layer = ""

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

    def done(self, cell: Cell, verdict: Verdict | None) -> None:
        """One more cell is judged."""
        if cell.spec.name != self.layer:
            self.layer = cell.spec.name
            if not self.console.is_terminal:
                self.console.print(f"  {self.layer} …", style="dim")
        self.bar.update(
            self.task,
            total=self.suite.planned,
            completed=self.suite.done,
            description=f"{cell.spec.name}: {cell.property.name}",
        )
