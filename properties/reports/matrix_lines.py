"""The matrix layers × properties as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from .matrix import Column, Matrix
from .page import COLOUR, Page, pad
from .text import SYMBOL, WORD, wrap

_KEYS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def matrix_lines(page: Page, found: Matrix) -> Iterator[Text]:
    """Layers × properties; columns are lettered, and the letters explained below.

    Rows that share no property stand apart, under letters of their own.
    """
    name = min(max((cell_len(r) for r in found.rows), default=5), max(12, page.width // 3))
    for place, part in enumerate(found.parts()):
        if place:
            yield Text()
        cell = 2 if len(part.columns) <= len(_KEYS) else 4
        fit = max(1, (page.width - name - 3) // cell)
        for start in range(0, len(part.columns) or 1, fit):
            block = part.columns[start : start + fit]
            yield from _block(page, part, block, start, name, cell)
        yield from _legend(page, part)
    yield from _symbols(page, found)


def _block(
    page: Page, found: Matrix, block: tuple[Column, ...], start: int, name: int, cell: int
) -> Iterator[Text]:
    """The columns that fit beside each other."""
    if block:
        head = Text(" " * (name + 3), style="dim")
        for place, _ in enumerate(block, start=start):
            head.append(f"{_key(place):>{cell}}", style="dim")
        yield head
    for row in found.rows:
        line = Text()
        status = found.layer[row]
        line.append(page.symbol[status] + " ", style=COLOUR[status])
        line.append(pad(page.encode(row), name) + " ")
        for column in block:
            state = found.cell(row, column)
            line.append(" " * (cell - 1))
            line.append(page.symbol[state], style=COLOUR[state])
        if not block:
            line.append(" " + WORD[status], style=COLOUR[status])
        line.rstrip()
        yield line


def _legend(page: Page, found: Matrix) -> Iterator[Text]:
    """What the letters mean, class by class."""
    yield Text()
    for cls in dict.fromkeys(c.cls for c in found.columns):
        # A no-break space keeps a letter and its name on one line.
        names = [
            f"{_key(place)} {c.title}".replace(" ", "\u00a0")
            for place, c in enumerate(found.columns)
            if c.cls == cls
        ]
        for place, line in enumerate(wrap(", ".join(names), page.width - 13)):
            text = page.encode(line.replace("\u00a0", " "))
            yield Text(f"{cls if place == 0 else '':<12.12} {text}", style="dim")


def _symbols(page: Page, found: Matrix) -> Iterator[Text]:
    """The symbols in use, and what they mean."""
    used = {found.layer[row] for row in found.rows} | set(found.cells.values()) | {"none"}
    keys = [f"{page.symbol[s]} {WORD[s]}" for s in SYMBOL if s in used]
    yield Text()
    yield from page.fit("   ".join(keys), style="dim")


def _key(place: int) -> str:
    """The letter of a column; its number when there are more columns than letters."""
    return _KEYS[place] if place < len(_KEYS) else str(place + 1)
