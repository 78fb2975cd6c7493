"""Numbers of a failing example as lines of text: side by side when small, worst entries if not."""

from __future__ import annotations

import numpy as np

from .arrays import Array, Floats
from .model import PropertyResult
from .text import apart, counted, number, wrap

ROWS = 8  # a taller array is shown by its worst entries
ENTRIES = 8  # that many of them


def array_lines(name: str, array: Array, width: int) -> list[str]:
    """An input in as few lines as possible: on one line, as a small grid, or as its summary."""
    values = array.values
    head = f"{name} = "
    if array.literal:
        return _cut(head + array.literal, width)
    if values is None:
        return _cut(f"{name}: {array.label} {array.summary}".rstrip(), width)
    if values.ndim <= 1:
        line = head + _list(values)
        if len(line) <= width:
            return [line]
    elif values.ndim == 2 and values.size and values.shape[0] <= ROWS:
        rows = grid(values)
        if len(rows) == 1 or len(head) + len(rows[0]) + 4 <= width:
            edge = [head if i == 0 else " " * len(head) for i in range(len(rows))]
            ends = ["]]" if i == len(rows) - 1 else "]" for i in range(len(rows))]
            starts = ["[[" if i == 0 else " [" for i in range(len(rows))]
            lines = [a + b + c + d for a, b, c, d in zip(edge, starts, rows, ends, strict=True)]
            if all(len(line) <= width for line in lines):
                return lines
    if values.size == 0:
        return [f"{name}: empty, {array.label}"]
    finite = values[np.isfinite(values)]
    span = f", {number(finite.min())} to {number(finite.max())}" if finite.size else ""
    bad = values.size - finite.size
    odd = f", {counted(bad, 'entry', 'entries')} not finite" if bad else ""
    return _cut(f"{name}: {array.label}{span}{odd}", width)


def entry_lines(prop: PropertyResult, width: int) -> list[str]:
    """Got, wanted and difference: side by side where they fit, else the worst entries.

    Wrong entries carry an asterisk.
    """
    arrays = prop.arrays
    if arrays is None:
        return []
    if arrays.got is None and arrays.wanted is None and not prop.got and not prop.wanted:
        return []
    name = prop.argument or "value"
    head = _headline(prop)
    if arrays.got is None or arrays.wanted is None or arrays.diff is None or arrays.wrong is None:
        lines = _cut(head, width)
        for label, array in (("got", arrays.got), ("wanted", arrays.wanted)):
            if array is not None:
                lines += array_lines(label, array, width)
        if arrays.got is None and (prop.got or prop.wanted):
            text = f"got {prop.got or 'nothing'}, wanted {prop.wanted or 'nothing'}"
            lines += _cut(text, width)
        return lines
    got, wanted = arrays.got.values, arrays.wanted.values
    if got is None or wanted is None or got.size == 0 or got.shape != wanted.shape:
        return _cut(f"{head}  got {prop.got}, wanted {prop.wanted}", width)
    side = _side_by_side(got, wanted, arrays.diff, arrays.wrong, width)
    return [
        *_cut(head, width),
        *(side or [line[:width] for line in _worst(name, got, wanted, arrays.diff, arrays.wrong)]),
    ]


def _headline(prop: PropertyResult) -> str:
    arrays = prop.arrays
    name = prop.argument or "value"
    parts = []
    if arrays is not None and arrays.wrong is not None and arrays.wrong.size:
        count = int(arrays.wrong.sum())
        entries = counted(arrays.wrong.size, "entry", "entries")
        parts.append(f"{name}: {count} of {entries} wrong")
    else:
        parts.append(name)
    if prop.tolerance:
        oracle = f" (from: {prop.oracle})" if prop.oracle else ""
        parts.append(f"tolerance {prop.tolerance}{oracle}")
    elif prop.oracle:
        parts.append(f"judged by: {prop.oracle}")
    return ", ".join(parts)


def _side_by_side(
    got: Floats, wanted: Floats, diff: Floats, wrong: np.ndarray, width: int
) -> list[str]:
    """Three grids beside each other; an empty list when they do not fit."""
    two = [np.atleast_2d(a) for a in (got, wanted, diff)]
    if got.ndim > 2 or two[0].shape[0] > ROWS or two[0].shape[1] > 12:
        return []
    marks = np.atleast_2d(wrong)
    blocks = [
        grid(two[0], marks, against=two[1]),
        grid(two[1], against=two[0]),
        grid(two[2], marks),
    ]
    titles = ("got", "wanted", "difference")
    wide = [
        max(len(title), *(len(row) for row in block))
        for title, block in zip(titles, blocks, strict=True)
    ]
    if sum(wide) + 6 > width:
        return []
    rows = zip(*([title, *block] for title, block in zip(titles, blocks, strict=True)), strict=True)
    return [
        "   ".join(part.ljust(size) for part, size in zip(row, wide, strict=True)).rstrip()
        for row in rows
    ]


def grid(
    values: Floats, marks: np.ndarray | None = None, against: Floats | None = None
) -> list[str]:
    """Rows of aligned numbers, wrong ones followed by an asterisk."""
    texts = [
        [
            (
                number(float(value))
                if against is None
                else apart(float(value), float(against[i, j]))[0]
            )
            + ("" if marks is None else "*" if marks[i, j] else " ")
            for j, value in enumerate(row)
        ]
        for i, row in enumerate(values)
    ]
    wide = [max(len(row[j]) for row in texts) for j in range(values.shape[1])]
    return ["  ".join(t.rjust(w) for t, w in zip(row, wide, strict=True)) for row in texts]


def _worst(name: str, got: Floats, wanted: Floats, diff: Floats, wrong: np.ndarray) -> list[str]:
    """One line for each of the worst entries."""
    size = np.where(np.isnan(diff), np.inf, np.abs(diff))
    order = np.argsort(-np.where(wrong, size, -1.0), axis=None, kind="stable")
    count = int(wrong.sum())
    rows = [("entry", "got", "wanted", "difference")]
    for flat in order[: min(ENTRIES, max(count, 1))]:
        place = np.unravel_index(int(flat), got.shape)
        pair = apart(float(got[place]), float(wanted[place]))
        index = ", ".join(str(int(i)) for i in place)
        rows.append((f"{name[:24]}[{index}]", *pair, number(float(diff[place])) + "*"))
    wide = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = [
        "  ".join([row[0].ljust(wide[0]), *(row[i].rjust(wide[i]) for i in (1, 2, 3))])
        for row in rows
    ]
    if count > ENTRIES:
        lines.append(f"and {counted(count - ENTRIES, 'more entry', 'more entries')}")
    return lines


def _list(values: Floats) -> str:
    if values.ndim == 0:
        return number(float(values))
    return "[" + ", ".join(number(float(v)) for v in values) + "]"


def _cut(line: str, width: int) -> list[str]:
    """Break a line, continuation lines indented."""
    first, *rest = wrap(line, width - 2)
    return [first, *("  " + part for part in rest)]
