"""Numbers of a failing example as lines of text: side by side when small, worst entries if not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..record.schema import Property
from .arrays import Compared, Floats, Marks, compare, described, numbers, read_input, scalar
from .phrases import limit
from .text import apart, counted, number, wrap

ROWS = 8  # a taller array is shown by its worst entries
ENTRIES = 8  # that many of them


def array_lines(name: str, value: Any, width: int) -> list[str]:
    """An input in as few lines as possible: on one line, as a small grid, or as its summary."""
    array = read_input(value)
    head = f"{name} = "
    if isinstance(array, str):
        return _cut(head + array, width)
    values = numbers(array)
    if values is not None and values.ndim <= 1:
        line = head + _list(values)
        if len(line) <= width and values.size:
            return [line]
    elif values is not None and values.ndim == 2 and values.size and len(values) <= ROWS:
        rows = grid(values)
        lines = [
            (head if i == 0 else " " * len(head)) + ("[[" if i == 0 else " [") + row + "]"
            for i, row in enumerate(rows)
        ]
        lines[-1] += "]"
        if all(len(line) <= width for line in lines):
            return lines
    return _cut(f"{name}: {described(array)}", width)


def entry_lines(prop: Property, width: int) -> list[str]:
    """Got, wanted and difference: side by side where they fit, else the worst entries.

    Wrong entries carry an asterisk.
    """
    if prop.arrays is None or (prop.arrays.got is None and prop.arrays.wanted is None):
        return []
    both = compare(prop)
    lines = _cut(_headline(prop, both), width)
    if both is not None:
        return [*lines, *(_side_by_side(both, width) or _worst(prop, both, width))]
    for name, array in (("got", prop.arrays.got), ("wanted", prop.arrays.wanted)):
        if array is not None:
            lines += _cut(f"{name}: {described(array)}", width)
    if prop.got is not None or prop.wanted is not None:
        got, wanted = (scalar(value) or "nothing" for value in (prop.got, prop.wanted))
        lines += _cut(f"got {got}, wanted {wanted}", width)
    return lines


def _headline(prop: Property, both: Compared | None) -> str:
    name = prop.argument or "value"
    parts = [name if both is None else f"{name}: {both.said}"]
    if prop.tolerance is not None:
        oracle = f" (from: {prop.oracle})" if prop.oracle else ""
        parts.append(f"tolerance {limit(prop)}{oracle}")
    elif prop.oracle:
        parts.append(f"judged by: {prop.oracle}")
    return ", ".join(parts)


def _side_by_side(both: Compared, width: int) -> list[str]:
    """Three grids beside each other; an empty list when they do not fit."""
    got, wanted, diff = (np.atleast_2d(a) for a in (both.got, both.wanted, both.diff))
    wrong = np.atleast_2d(both.wrong)
    if got.ndim > 2 or got.shape[0] > ROWS or got.shape[1] > 12:
        return []
    blocks = {
        "got": grid(got, wrong, against=wanted),
        "wanted": grid(wanted, against=got),
        "difference": grid(diff, wrong),
    }
    wide = [max(len(title), *map(len, block)) for title, block in blocks.items()]
    if sum(wide) + 6 > width:
        return []
    rows = zip(*([title, *block] for title, block in blocks.items()), strict=True)
    return [
        "   ".join(part.ljust(size) for part, size in zip(row, wide, strict=True)).rstrip()
        for row in rows
    ]


def grid(values: Floats, marks: Marks | None = None, against: Floats | None = None) -> list[str]:
    """Rows of aligned numbers, wrong ones followed by an asterisk."""

    def write(i: int, j: int) -> str:
        x = float(values[i, j])
        text = number(x) if against is None else apart(x, float(against[i, j]))[0]
        return text + ("" if marks is None else "*" if marks[i, j] else " ")

    height, width = values.shape
    texts = [[write(i, j) for j in range(width)] for i in range(height)]
    wide = [max(len(row[j]) for row in texts) for j in range(width)]
    return ["  ".join(t.rjust(w) for t, w in zip(row, wide, strict=True)) for row in texts]


def _worst(prop: Property, both: Compared, width: int) -> list[str]:
    """One line for each of the worst entries."""
    name = (prop.argument or "value")[:24]
    rows = [("entry", "got", "wanted", "difference")]
    rows += [
        (name + index, got, wanted, diff + "*") for index, got, wanted, diff in both.worst(ENTRIES)
    ]
    lines = [line[:width] for line in columns(rows)]
    count = int(both.wrong.sum())
    if count > ENTRIES:
        lines.append(f"and {counted(count - ENTRIES, 'more entry', 'more entries')}")
    return lines


def columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows of a table as lines: the first column at the left, numbers at the right."""
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(wide[0]), *(t.rjust(w) for t, w in zip(row[1:], wide[1:], strict=True))]
        )
        for row in rows
    ]


def _list(values: Floats) -> str:
    if values.ndim == 0:
        return number(float(values))
    return "[" + ", ".join(number(float(v)) for v in values) + "]"


def _cut(line: str, width: int) -> list[str]:
    """Break a line, continuation lines indented."""
    first, *rest = wrap(line, width - 2)
    return [first, *("  " + part for part in rest)]
