"""A report as an HTML table, for a notebook. Everything that comes from the code is escaped."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from .values import Array, Report, Step

__all__ = ["to_html"]

_MARKS = {"right": ("✓", "#1a7f37"), "wrong": ("✗", "#cf222e"), "not judged": ("·", "#6e7781")}
_MOST_ENTRIES = 400
_LEFT = "text-align:left;vertical-align:top"


def to_html(report: Report) -> str:
    """Return the lines with their steps, the heat map of wrong values, and the verdict."""
    name = report.file.replace("\\", "/").rpartition("/")[2]
    functions = " and ".join(dict.fromkeys((report.forward, report.backward)))
    colour = {"right": _MARKS["right"][1], "wrong": _MARKS["wrong"][1]}.get(report.outcome, "")
    parts = [
        f"<p><b>{_text(report.label)}</b>: {_text(functions)} in {_text(name)}</p>",
        _table(report) if report.source or report.steps else "",
        f"<p style='color:{colour}'><b>{_text(report.verdict)}</b></p>",
    ]
    if report.case is not None and report.mistakes:
        sizes = ", ".join(f"{k} = {v}" for k, v in report.case.sizes.items())
        parts.append(f"<p>smallest case that shows it: {_text(sizes)}</p>")
    said = [f"{report.say(m.line)}: {m.evidence}" for m in report.mistakes if m.evidence]
    said += [f"note: {note}" for note in report.notes]
    if said:
        parts.append(f"<ul>{''.join(f'<li>{_text(one)}</li>' for one in said)}</ul>")
    return "".join(parts)


def _text(value: object) -> str:
    return html.escape(str(value))


def _table(report: Report) -> str:
    shown = dict(report.source)
    by_line = report.by_line
    rows = [
        _row(report.label_of(line), shown.get(line, "(helper)"), by_line.get(line, []))
        for line in sorted({*shown, *by_line})
    ]
    head = "<tr><th>line</th><th></th><th>code</th><th>step</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _row(line: str, code: str, steps: Sequence[Step]) -> str:
    states = {step.status for step in steps}
    worst = next((one for one in ("wrong", "not judged", "right") if one in states), "")
    mark, colour = _MARKS.get(worst, ("", ""))
    said = "".join(_said(step) for step in steps)
    return (
        f"<tr><td>{line}</td><td style='color:{colour}'>{mark}</td>"
        f"<td style='{_LEFT}'><code style='white-space:pre'>{_text(code.rstrip())}</code></td>"
        f"<td style='{_LEFT}'>{said}</td></tr>"
    )


def _said(step: Step) -> str:
    shape = f" {step.shape}" if step.shape else ""
    text = f"{step.status}: {step.reason}" + (f"; {step.cause}" if step.cause else "")
    heat = _heat(step) if step.status == "wrong" else ""
    return f"<div><b>{_text(step.name)}</b>{_text(shape)} {_text(text)}{heat}</div>"


def _heat(step: Step) -> str:
    """Wrong entries in red, deeper for a larger relative error; the right value on hovering."""
    if step.got is None or step.wanted is None or step.got.size != step.wanted.size:
        return ""
    got = np.asarray(step.got, dtype=float).reshape(step.wanted.shape)
    wanted = np.asarray(step.wanted, dtype=float)
    if got.ndim > 2 or got.size > _MOST_ENTRIES:
        return ""
    size = float(np.max(np.abs(wanted), initial=0.0)) or 1.0
    error = np.nan_to_num(np.abs(got - wanted) / size, nan=1.0)
    grids = (np.atleast_2d(one) for one in (got, wanted, np.minimum(error, 1.0)))
    rows = [_cells(g, w, e) for g, w, e in zip(*grids, strict=True)]
    return f"<table style='font-size:80%'>{''.join(rows)}</table>"


def _cells(got: Array, wanted: Array, error: Array) -> str:
    cells = [
        f"<td title='should be {w:.6g}' style='background:rgba(207,34,46,"
        f"{0 if e < 1e-7 else 0.15 + 0.6 * e:.2f})'>{g:.4g}</td>"
        for g, w, e in zip(got, wanted, error, strict=True)
    ]
    return f"<tr>{''.join(cells)}</tr>"
