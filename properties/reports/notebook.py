"""The report as a notebook shows it: the same panels, without a script."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from .matrix import matrix
from .model import Report
from .panels import TEMPLATES, Detail, environment, panel
from .phrases import summary
from .reading import read
from .terminal import render_terminal

_PANELS = 20  # failing properties shown in full


class NotebookReport:
    """A record that displays itself in a notebook, and as text elsewhere.

    Use ``if not result: ...`` or ``assert result`` in a cell: it is true when the verdict is pass.
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record
        self.report: Report = read(record)

    def __bool__(self) -> bool:
        return self.report.verdict == "pass"

    def __repr__(self) -> str:
        stream = io.StringIO()
        console = Console(file=stream, width=100, force_terminal=False, color_system=None)
        render_terminal(self.report, console)
        return stream.getvalue().rstrip("\n")

    def _repr_html_(self) -> str:
        report = self.report
        wrong = []
        left = _PANELS
        for function in report.with_status("fail", "error"):
            shown = function.failures[: max(1, min(left, 6))]
            left -= len(shown)
            wrong.append((function, [panel(p, Detail(pixels=32, script=8_000)) for p in shown]))
        style = (TEMPLATES / "panel.css").read_text(encoding="utf-8")
        return environment().get_template("notebook.html").render(
            report=report,
            summary=summary(report),
            matrix=matrix(report),
            wrong=wrong,
            style=style,
        )  # fmt: skip
