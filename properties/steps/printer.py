"""A report for the terminal."""

from __future__ import annotations

import numpy as np
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from .values import Array, Report, Step

__all__ = ["render"]

_MARKS = {"right": ("✓", "green"), "wrong": ("✗", "bold red"), "not judged": ("·", "dim")}


def render(report: Report, console: Console) -> None:
    """Print the backward line by line, then the verdict."""
    name = report.file.rpartition("/")[2]
    console.print(
        Text(
            f"{report.label}: {report.forward} and {report.backward} in {name}"
            if report.forward != report.backward
            else f"{report.label}: {report.forward} in {name}",
            style="bold",
        )
    )
    table = Table(box=None, pad_edge=False, show_header=False, expand=False)
    table.add_column(justify="right", style="dim", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    by_line: dict[int, list[Step]] = {}
    for step in report.steps:
        by_line.setdefault(step.line, []).append(step)
    shown = dict(report.source)
    for number in sorted({*shown, *by_line}):
        steps = by_line.pop(number, [])
        marks = {s.status for s in steps}
        worst = next((m for m in ("wrong", "not judged", "right") if m in marks), None)
        mark, style = _MARKS[worst] if worst else (" ", "")
        code = Text(shown.get(number, "(helper)").rstrip())
        if worst == "wrong":
            code.stylize("bold red")
        table.add_row(str(number), Text(mark, style=style), Group(code, *_notes(steps)))
    console.print(table)
    case = report.case
    if case is not None and report.mistakes:
        console.print(_case(report))
    style = "bold red" if report.mistakes else "green"
    console.print(Text(report.verdict, style=style))
    for mistake in report.mistakes:
        if mistake.evidence:
            console.print(Text(f"  line {mistake.line}: {mistake.evidence}", style="dim"))
    for note in report.notes:
        console.print(Text(f"  note: {note}", style="dim"))


def _notes(steps: list[Step]) -> list[Text]:
    same = [s for s in steps if s.status == "right" and s.reason.startswith("the forward's")]
    if len(same) == len(steps) and len(steps) > 1:
        return [
            Text(
                "    values of the forward: " + ", ".join(s.name for s in steps), style="dim green"
            )
        ]
    found = []
    for step in steps:
        _, style = _MARKS[step.status]
        said = f"    {step.name}{_shape(step.shape)} {step.status}: {step.reason}"
        if step.cause:
            said += f"; {step.cause}"
        found.append(Text(said, style=style if step.status != "right" else "dim green"))
    return found


def _shape(shape: tuple[int, ...]) -> str:
    return (
        " (" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
        if (shape)
        else ""
    )


def _case(report: Report) -> Group:
    first = report.mistakes[0]
    step = next((s for s in report.steps if s.line == first.line and s.name == first.name), None)
    lines = [
        Text(
            "smallest case that shows it: "
            + ", ".join(f"{k} = {v}" for k, v in (report.case.sizes if report.case else {}).items())
        )
    ]
    if step is not None and step.got is not None and step.wanted is not None:
        got, wanted = np.asarray(step.got), np.asarray(step.wanted)
        if got.size <= 24:
            lines.append(Text(f"  {step.name} =    {_array(got)}"))
            lines.append(Text(f"  should be {_array(wanted)}"))
    return Group(*lines)


def _array(value: Array) -> str:
    return np.array2string(value, precision=6, separator=", ").replace("\n", "\n  " + " " * 10)
