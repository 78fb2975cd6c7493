"""The code of a notebook as the text of one file, in which every line keeps its cell.

Read as JSON: nbformat would bring a dozen packages into the process that holds code under test, and
checks what a notebook must be, where this takes what it has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_MARK = "# notebook cell "
_FOREIGN = re.compile(r"^\s*%%(?!time|timeit|capture|prun)\w+")
_MAGIC = re.compile(r"^(\s*)([%!?]|.*\?\s*$)")


def joined(data: bytes) -> str:
    """Give the code cells of a notebook, each after a comment with its number.

    Magics and shell lines are left out, and so are cells in another language.

    Raises
    ------
    SyntaxError
        When the file is no notebook.

    Examples
    --------
    >>> print(joined(b'{"cells": [{"cell_type": "code", "source": ["%time\\\\n", "x = 1"]}]}'))
    # notebook cell 1
    pass  # %time
    x = 1
    """
    try:
        notebook = json.loads(data)
        cells = list(_code(notebook))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise SyntaxError("the file is not a notebook that can be read") from None
    lines: list[str] = []
    for number, text in cells:
        lines.append(f"{_MARK}{number}")
        foreign = _FOREIGN.match(text) is not None
        lines += [_plain(line, foreign) for line in text.split("\n")]
    return "\n".join(lines) + "\n"


def _code(notebook: Any) -> Iterator[tuple[int, str]]:
    sheets = notebook.get("worksheets")
    cells = sheets[0]["cells"] if sheets else notebook["cells"]
    number = 0
    for cell in cells:
        if cell.get("cell_type") != "code":
            continue
        number += 1
        source = cell.get("source", cell.get("input", ""))
        yield number, source if isinstance(source, str) else "".join(source)


def _plain(line: str, foreign: bool) -> str:
    if foreign:
        return f"# {line}"
    magic = _MAGIC.match(line)
    if magic is None or line.lstrip().startswith("#"):
        return line
    return f"{magic.group(1)}pass  # {line.strip()}"


@dataclass(frozen=True, slots=True)
class Cells:
    """Where the cells of a notebook begin in its joined text; a plain file has none.

    ``starts`` are the lines of the comments above them, with the numbers of the cells.
    """

    starts: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, lines: Sequence[str]) -> Cells:
        """Find the cells in the lines of a joined text."""
        told = [(n, text[len(_MARK) :]) for n, text in enumerate(lines, 1) if _marks(text)]
        return cls(tuple((line, int(number)) for line, number in told))

    def place(self, line: int) -> tuple[int | None, int]:
        """Give the cell of a line, None where there is none, and the line in it.

        >>> Cells.of(["# notebook cell 4", "x = 1", "y = 2"]).place(3), Cells().place(3)
        ((4, 2), (None, 3))
        """
        above = [(start, number) for start, number in self.starts if start < line]
        return (above[-1][1], line - above[-1][0]) if above else (None, line)

    def say(self, line: int) -> str:
        """Say where a line lies.

        >>> Cells.of(["# notebook cell 4", "x = 1", "y = 2"]).say(3), Cells().say(3)
        ('cell 4, line 2', 'line 3')
        """
        cell, inside = self.place(line)
        return f"line {inside}" if cell is None else f"cell {cell}, line {inside}"


def _marks(text: str) -> bool:
    number = text[len(_MARK) :]
    return text.startswith(_MARK) and number.isascii() and number.isdigit() and len(number) < 10
