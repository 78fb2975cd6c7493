"""The step debugger in a notebook: a cell magic, and a report that shows itself as a table.

>>> %load_ext properties.steps.notebook        # doctest: +SKIP
>>> %%steps batchnorm                          # doctest: +SKIP
... def batchnorm_forward(x, gamma, beta, bn_param): ...
"""

from __future__ import annotations

import html
import shlex
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from .debugger import debug
from .values import Array, Report, Step, StepsError

__all__ = ["View", "load_ipython_extension", "to_html"]

_COLOURS = {"right": "#1a7f37", "wrong": "#cf222e", "not judged": "#6e7781"}
_MARKS = {"right": "✓", "wrong": "✗", "not judged": "·"}


class View:
    """A report that a notebook shows as a table."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def _repr_html_(self) -> str:
        return to_html(self.report)

    def __repr__(self) -> str:
        return self.report.verdict


def to_html(report: Report) -> str:
    """Return the steps as an HTML table, wrong entries with a heat map."""
    rows = []
    shown = dict(report.source)
    for step in report.steps:
        colour = _COLOURS[step.status]
        said = html.escape(step.reason + (f"; {step.cause}" if step.cause else ""))
        code = html.escape(shown.get(step.line, "").strip())
        rows.append(
            f"<tr><td>{step.line}</td><td style='color:{colour}'>{_MARKS[step.status]}</td>"
            f"<td style='text-align:left'><code>{code}</code></td>"
            f"<td style='text-align:left'><b>{html.escape(step.name)}</b> {step.shape} {said}"
            f"{_heat(step) if step.status == 'wrong' else ''}</td></tr>"
        )
    return (
        "<table><thead><tr><th>line</th><th></th><th>code</th><th>step</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table><p><b>{html.escape(report.verdict)}</b></p>"
    )


def _heat(step: Step) -> str:
    """Wrong entries in red, deeper for a larger relative error."""
    if step.got is None or step.wanted is None or step.got.size != step.wanted.size:
        return ""
    got = np.asarray(step.got, dtype=float).reshape(step.wanted.shape)
    wanted = np.asarray(step.wanted, dtype=float)
    if got.ndim > 2 or got.size > 400:
        return ""
    size = float(np.max(np.abs(wanted), initial=0.0)) or 1.0
    error = np.minimum(np.abs(got - wanted) / size, 1.0)
    rows = [
        _cells(g, w, e)
        for g, w, e in zip(
            np.atleast_2d(got), np.atleast_2d(wanted), np.atleast_2d(error), strict=True
        )
    ]
    return f"<table style='font-size:80%'>{''.join(rows)}</table>"


def _cells(got: Array, wanted: Array, error: Array) -> str:
    cells = [
        f"<td title='should be {w:.6g}' style='background:rgba(207,34,46,"
        f"{0 if e < 1e-7 else 0.15 + 0.6 * e:.2f})'>{g:.4g}</td>"
        for g, w, e in zip(got, wanted, error, strict=True)
    ]
    return f"<tr>{''.join(cells)}</tr>"


def steps_magic(line: str, cell: str | None = None) -> View | None:
    """Judge the functions of a cell: ``%%steps LAYER`` or ``%%steps F G x: (4, 3), …``."""
    words = shlex.split(line, posix=False)
    with tempfile.TemporaryDirectory() as folder:
        target: str = words[0] if cell is None and words else ""
        rest = words[1:] if cell is None else words
        if cell is not None:
            path = Path(folder) / "cell.py"
            path.write_text("import numpy as np\n" + cell, encoding="utf-8")
            target = str(path)
        try:
            return View(_debugged(target, rest))
        except StepsError as error:
            print(f"steps: {error}")
            return None


def _debugged(target: str, words: list[str]) -> Report:
    if len(words) < 2:
        return debug(target, words[0] if words else None)
    functions = [w for w in words[:2] if w.isidentifier()]
    inputs = " ".join(words[len(functions) :]).strip("'\"")
    return debug(
        target,
        forward=functions[0],
        backward=functions[1] if len(functions) > 1 else None,
        inputs=inputs or None,
    )


def load_ipython_extension(shell: Any) -> None:
    """Register ``%steps`` and ``%%steps``."""
    shell.register_magic_function(steps_magic, magic_kind="line_cell", magic_name="steps")
