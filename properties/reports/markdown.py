"""Markdown from text that may be hostile."""

from __future__ import annotations

import re

from ..record.listing import Listing
from ..record.schema import Function, Record
from ..record.text import clean, one_line
from .first_line import first_line
from .matrix import matrix
from .phrases import cause, found_by, sentence, values
from .text import SYMBOL, WORD, no_command

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


def hint(function: Function) -> str:
    """What is wrong and the likely cause, without an example."""
    parts = [inline(sentence(function))]
    if function.lead is not None and (likely := cause(function.lead)):
        parts.append(inline(likely))
    return "\n\n".join(parts)


def example(function: Function, listing: Listing | None = None) -> str:
    """The hint, the first wrong line, the numbers and the script."""
    parts = [hint(function)]
    if listing is not None:
        parts.append(block("\n".join(first_line(listing))))
    prop = function.lead
    if prop is not None:
        parts.append(inline(f"{found_by(prop)} {values(prop)}"))
        if prop.script and len(prop.script) <= 10_000:
            parts.append("Paste this into a file and run it:\n\n" + block(prop.script, "python"))
        if prop.traceback:
            parts.append("Traceback:\n\n" + block(prop.traceback))
    if function.printed:
        parts.append("It printed:\n\n" + block(function.printed))
    return "\n\n".join(parts)


def matrix_table(record: Record) -> str:
    """The matrix with a row for each property, so that it stays narrow."""
    found = matrix(record)
    head = ["", *(inline(row) for row in found.rows)]
    lines = [f"| {' | '.join(head)} |", "|---|" + ":-:|" * len(found.rows)]
    whole = [SYMBOL[found.layer[row]] for row in found.rows]
    lines.append("| " + " | ".join(["**layer**", *whole]) + " |")
    for column in found.columns:
        cls = "" if column.cls == "correctness" else f" *({column.cls})*"
        cells = [SYMBOL[found.cell(row, column)] for row in found.rows]
        lines.append("| " + " | ".join([inline(column.title) + cls, *cells]) + " |")
    used = [*dict.fromkeys([*(found.layer[row] for row in found.rows), *found.cells.values()])]
    key = ", ".join(f"{SYMBOL[s]} {WORD[s]}" for s in used)
    return "\n".join(lines) + f"\n\n{key}"
