"""A report for the terminal."""

from __future__ import annotations

import numpy as np
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from .values import Array, Report, Step

__all__ = ["render"]

_FEW_ENTRIES = 24
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
    by_line = report.by_line
    shown = dict(report.source)
    for number in sorted({*shown, *by_line}):
        steps = by_line.pop(number, [])
        marks = {s.status for s in steps}
        worst = next((m for m in ("wrong", "not judged", "right") if m in marks), None)
        mark, style = _MARKS[worst] if worst else (" ", "")
        code = Text(shown.get(number, "(helper)").rstrip())
        if worst == "wrong":
            code.stylize("bold red")
        table.add_row(report.label_of(number), Text(mark, style=style), Group(code, *_notes(steps)))
    console.print(table)
    case = report.case
    if case is not None and report.mistakes:
        console.print(_case(report))
    style = {"right": "green", "nothing": "", "missing": ""}.get(report.outcome, "bold red")
    console.print(Text(report.verdict, style=style))
    for mistake in report.mistakes:
        if mistake.evidence:
            console.print(Text(f"  {report.say(mistake.line)}: {mistake.evidence}", style="dim"))
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
    case = report.case
    assert case is not None
    sizes = ", ".join(f"{name} = {length}" for name, length in case.sizes.items())
    lines = [Text(f"smallest case that shows it: {sizes}")]
    shown = {**case.values, **case.params, "dout": case.dout}
    arrays = {name: value for name, value in shown.items() if isinstance(value, np.ndarray)}
    if sum(array.size for array in arrays.values()) <= _FEW_ENTRIES:
        lines += [_array(f"  {name} = ", array) for name, array in arrays.items()]
    step = _telling(report)
    if step is not None and step.got is not None and step.wanted is not None:
        name = f"  {report.say(step.line)}: {step.name} = "
        lines.append(_array(name, step.got))
        lines.append(_array("should be ".rjust(len(name)), step.wanted))
    return Group(*lines)


def _telling(report: Report) -> Step | None:
    """The first wrong step, or the first after it whose right value is known."""
    first = report.mistakes[0]
    wrong = [
        step
        for step in report.steps
        if step.status == "wrong"
        and step.got is not None
        and step.wanted is not None
        and step.got.size <= _FEW_ENTRIES
    ]
    own = [s for s in wrong if (s.line, s.name) == (first.line, first.name)]
    return next(iter([*own, *wrong]), None)


def _array(name: str, value: Array) -> Text:
    shown = np.array2string(np.asarray(value), precision=6, separator=", ")
    return Text(name + shown.replace("\n", "\n" + " " * len(name)))
