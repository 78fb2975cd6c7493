"""The code of a notebook as the text of one file, in which every line keeps its cell.

Read as JSON: nbformat would bring a dozen packages into the process that holds code under test, and
checks what a notebook must be, where this takes what it has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

_MARK = "# cell "
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
    # cell 1
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


def place(lines: Sequence[str], line: int) -> str:
    """Say where a line of the joined text lies in the notebook.

    >>> place(["# cell 4", "x = 1", "y = 2"], 3)
    'cell 4, line 2'
    """
    for above in range(min(line, len(lines)), 0, -1):
        text = lines[above - 1]
        if text.startswith(_MARK) and text[len(_MARK) :].isdigit():
            return f"cell {text[len(_MARK) :]}, line {line - above}"
    return f"line {line}"
