"""Text as reports write it: numbers short, symbols and their words, lines folded."""

from __future__ import annotations

import ast
import io
import math
import tokenize
from typing import Final

from rich.cells import cell_len

SYMBOL: Final = {
    "pass": "✔",
    "fail": "✘",
    "error": "E",
    "inconclusive": "?",
    "skipped": "–",
    "missing": "–",
    "noted": "!",
    "none": "·",
}
ASCII: Final = {
    "pass": "+",
    "fail": "X",
    "error": "E",
    "inconclusive": "?",
    "skipped": "-",
    "missing": "-",
    "noted": "!",
    "none": ".",
}
WORD: Final = {
    "pass": "right",
    "fail": "wrong",
    "error": "error",
    "inconclusive": "inconclusive",
    "skipped": "skipped",
    "missing": "missing",
    "noted": "reported, does not count",
    "none": "does not apply",
}


def number(value: float, *, digits: int = 4) -> str:
    """Write a float shortly: ``nan``, ``-inf``, ``0.125``, ``1.2e-09``.

    >>> [number(x) for x in (0.0, 0.125, 1 / 3, 1.5e-9, -2.0, float("-inf"))]
    ['0', '0.125', '0.3333', '1.5e-09', '-2', '-inf']
    """
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return "0" if value == 0 else f"{value:.{digits}g}"


def apart(got: float, wanted: float) -> tuple[str, str]:
    """Write two numbers with as many digits as it takes to tell them apart.

    >>> apart(1.0000000001, 1.0)
    ('1.0000000001', '1')
    """
    for digits in (5, 8, 12, 17):
        pair = number(got, digits=digits), number(wanted, digits=digits)
        if pair[0] != pair[1]:
            return pair
    return number(got, digits=5), number(wanted, digits=5)


def no_command(line: str) -> str:
    """Defuse a line that a CI runner would take for a command.

    GitHub's runner obeys ``::error …::`` at the start of a line and ``##[…]`` anywhere, also in
    the log of a step.

    >>> no_command("  ::error file=x::forged ##[add-mask]a")
    '  : error file=x::forged # [add-mask]a'
    """
    line = line.replace("##[", "# [")
    if line.lstrip().startswith("::"):
        line = line.replace("::", ": ", 1)  # as long as before
    return line


def counted(count: int, noun: str, plural: str = "") -> str:
    """``1 function``, ``3 functions``."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def fold_code(source: str, width: int = 96) -> str:
    """Break lines of Python that are too long: comments, and code after a comma in brackets.

    The result is the same program. Source that does not tokenize comes back unchanged, and so
    does a line without such a comma.
    """
    lines = source.split("\n")
    if all(len(line) <= width for line in lines):
        return source
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return source
    commas: dict[int, list[int]] = {}  # line number -> columns just after a comma in brackets
    comments: set[int] = set()
    depth = 0
    for token in tokens:
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#"):
            comments.add(token.start[0])
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
            if token.string == "," and depth > 0:
                commas.setdefault(token.start[0], []).append(token.end[1])
    folded = "\n".join(
        "\n# ".join(wrap(line, width - 2))
        if row in comments
        else _fold_line(line, commas.get(row, []), width)
        for row, line in enumerate(lines, start=1)
    )
    return folded if _same_program(source, folded) else source


def _same_program(one: str, other: str) -> bool:
    try:
        return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _fold_line(line: str, places: list[int], width: int) -> str:
    if not places or len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    pieces: list[str] = []
    start = 0
    for place, following in zip(places, [*places[1:], len(line)], strict=True):
        room = width - (len(indent) if pieces else 0)
        # Cut here when the text up to the next possible cut no longer fits.
        if following - start > room and place > start:
            pieces.append(line[start:place].strip() if pieces else line[start:place].rstrip())
            start = place
    pieces.append(line[start:].lstrip() if pieces else line)
    return ("\n" + indent).join(pieces)


def wrap(text: str, width: int) -> list[str]:
    """Break at blanks, and inside a word only when it is wider than a line."""
    lines: list[str] = []
    current = ""
    for word in text.replace("\t", " ").split(" "):
        candidate = f"{current} {word}" if current else word
        if cell_len(candidate) <= width:
            current = candidate
            continue
        if current:
            lines.append(current)
        while cell_len(word) > width:
            cut = width
            while cell_len(word[:cut]) > width:
                cut -= 1
            lines.append(word[:cut])
            word = word[cut:]
        current = word
    return [*lines, current]
