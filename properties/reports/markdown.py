"""Markdown from text that may be hostile."""

from __future__ import annotations

import re

from .matrix import matrix
from .model import FunctionResult, PropertyResult, Report
from .phrases import found_by, values
from .text import SYMBOL, WORD, clean, no_command, one_line

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$@^=-])")


def inline(text: str) -> str:
    """Escape text for a line of Markdown, also inside a table.

    >>> inline("<b>*x* | [a](b)")
    '\\\\<b\\\\>\\\\*x\\\\* \\\\| \\\\[a\\\\]\\\\(b\\\\)'
    """
    return no_command(_SPECIAL.sub(r"\\\1", one_line(text, limit=1_000)))


def block(text: str, language: str = "") -> str:
    """Put text into a code block whose fence is longer than any fence in it."""
    text = "\n".join(no_command(line) for line in clean(text).strip("\n").split("\n"))
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def lead(function: FunctionResult) -> PropertyResult | None:
    """The failing property that says most about a function."""
    return function.failures[0] if function.failures else None


def hint(function: FunctionResult) -> str:
    """What is wrong and the likely cause, without an example."""
    prop = lead(function)
    first = (prop.sentence if prop else "") or function.detail or WORD[function.status]
    parts = [inline(first)]
    if prop is not None and prop.diagnosis is not None:
        cause = prop.diagnosis
        parts.append(f"Likely cause: {inline(cause.sentence or cause.misconception)}")
    return "\n\n".join(parts)


def example(function: FunctionResult) -> str:
    """The hint, the numbers and the script."""
    parts = [hint(function)]
    printed = ["It printed:\n\n" + block(function.printed)] if function.printed else []
    prop = lead(function)
    if prop is None:
        return "\n\n".join([*parts, *printed])
    parts.append(inline(f"{found_by(prop)} {values(prop)}" if prop.got else found_by(prop)))
    if prop.script and len(prop.script) <= 10_000:
        parts.append("Paste this into a file and run it:\n\n" + block(prop.script, "python"))
    if prop.traceback:
        parts.append("Traceback:\n\n" + block(prop.traceback))
    return "\n\n".join([*parts, *printed])


def matrix_table(report: Report) -> str:
    """The matrix with a row for each property, so that it stays narrow."""
    found = matrix(report)
    head = ["", *(inline(row) for row in found.rows)]
    lines = [f"| {' | '.join(head)} |", "|---|" + ":-:|" * len(found.rows)]
    whole = [SYMBOL[found.layer[row]] for row in found.rows]
    lines.append("| " + " | ".join(["**layer**", *whole]) + " |")
    for column in found.columns:
        cls = "" if column.cls == "correctness" else f" *({inline(column.cls)})*"
        cells = [SYMBOL[found.cell(row, column)] for row in found.rows]
        lines.append("| " + " | ".join([inline(column.title) + cls, *cells]) + " |")
    used = [*dict.fromkeys([*found.layer.values(), *found.cells.values()])]
    key = ", ".join(f"{SYMBOL[s]} {WORD[s]}" for s in used)
    return "\n".join(lines) + f"\n\n{key}"
