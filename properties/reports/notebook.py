"""The report as a notebook shows it: the same panels, without a script."""

from __future__ import annotations

import io

from rich.console import Console

from ..record.schema import Record
from .matrix import matrix
from .panels import TEMPLATES, Detail, environment, panel
from .phrases import remarks, summary
from .terminal import render_terminal

_PANELS = 20  # failing properties shown in full


class NotebookReport:
    """A record that displays itself in a notebook, and as text elsewhere.

    Use ``if not result: ...`` or ``assert result`` in a cell: it is true when the verdict is pass.
    """

    def __init__(self, record: Record) -> None:
        self.record = record

    def __bool__(self) -> bool:
        return self.record.verdict == "pass"

    def __repr__(self) -> str:
        stream = io.StringIO()
        console = Console(file=stream, width=100, force_terminal=False, color_system=None)
        render_terminal(self.record, console)
        return stream.getvalue().rstrip("\n")

    def _repr_html_(self) -> str:
        wrong = []
        left = _PANELS
        for function in self.record.with_status("fail", "error"):
            shown = function.failures[: max(1, min(left, 6))]
            left -= len(shown)
            wrong.append((function, [panel(p, Detail(pixels=32, script=8_000)) for p in shown]))
        return environment().get_template("notebook.html").render(
            record=self.record,
            summary=summary(self.record),
            matrix=matrix(self.record),
            remarks=remarks(self.record),
            wrong=wrong,
            style=(TEMPLATES / "panel.css").read_text(encoding="utf-8"),
        )  # fmt: skip
