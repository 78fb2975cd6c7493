"""The syntax of ``--inputs``: what the arguments of a function look like."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .draws import Rng, labels, positive, signed, unit
from .values import StepsError

__all__ = ["Wanted", "custom_cases", "other_sizes", "parse_inputs", "resized", "sizes_of"]

_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//"}
_KINDS = ("labels", "positive", "normal", "integers", "mask", "unit", "spd")
_CALL = re.compile(rf"^({'|'.join(_KINDS)})\s*\((.*)\)$", re.DOTALL)
_EXAMPLE = "such as 'x: (4, 3)', 'w: (D, M)' or 'y: labels(3)'"
# Lengths of axes that are given by a letter: no two are equal, so that a wrong axis shows.
_LENGTHS = (4, 3, 5, 2, 6, 7, 8, 9, 10, 11)
_MOST_ENTRIES, _MANY_ENTRIES = 10_000, 100
_SCALARS = ("labels", "constant", "length")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One entry of ``--inputs``: how it is drawn, the lengths of its axes, or a constant.

    A length is a number, a letter that stands for one, or a sum, difference, product or whole
    quotient of such, such as ``4 * H``.
    """

    kind: str
    axes: tuple[int | str, ...] = ()
    constant: Any = None


def _split(text: str) -> list[str]:
    parts, depth, quote, start = [], 0, "", 0
    for position, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


def parse_inputs(text: str) -> dict[str, Wanted]:
    """Parse ``'x: (4, 3), y: labels(3), p: 0.5'``.

    A tuple is the shape of an array of signed values. ``positive(4, 3)``, ``unit(4, 3)`` (in
    (0, 1)), ``integers(4, 3)``, ``mask(4, 3)``, ``spd(4)`` (symmetric positive definite) and
    ``labels(C)`` or ``labels(C, N)`` say more; everything else is a Python constant. A length
    may be a letter, as in ``'x: (N, D), w: (D, 4 * H)'``: then the letters vary from case to case
    and the numbers stay as they are. A letter alone, as in ``n_out: M``, is that length.

    Raises
    ------
    StepsError
        An entry has no name, or its value cannot be read.

    Examples
    --------
    >>> parse_inputs("x: (N, 3)")
    {'x': Wanted(kind='normal', axes=('N', 3), constant=None)}
    """
    wanted: dict[str, Wanted] = {}
    for part in _split(text):
        name, colon, value = part.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not name.isidentifier() or not value:
            raise StepsError(
                f"--inputs: {part.strip()!r} is not of the form NAME: VALUE, {_EXAMPLE}"
            )
        if name in wanted:
            raise StepsError(f"--inputs names {name} twice: give every argument once")
        wanted[name] = _read(name, value)
    if not wanted:
        raise StepsError(f"--inputs is empty: give one entry per argument, {_EXAMPLE}")
    _check_size(wanted)
    return wanted


def _read(name: str, value: str) -> Wanted:
    call = _CALL.match(value)
    try:
        if value.isidentifier() and value not in ("True", "False", "None"):
            return Wanted("length", (value,))
        if call:
            return Wanted(
                call.group(1), _axes(f"({call.group(2)},)" if call.group(2).strip() else "()")
            )
        if value.startswith("(") and "." not in value:
            return Wanted("normal", _axes(value))
        return Wanted("constant", constant=ast.literal_eval(value))
    except (ValueError, SyntaxError, TypeError) as error:
        raise StepsError(
            f"--inputs: the value of {name}, {value!r}, is neither a shape such as (4, 3) or "
            f"(N, D), nor a constant, nor one of {', '.join(_KINDS)} with lengths in parentheses"
        ) from error


def _axes(text: str) -> tuple[int | str, ...]:
    """Read a tuple of lengths; ``positive((4, 3))`` is the same as ``positive(4, 3)``."""
    node = ast.parse(text, mode="eval").body
    if isinstance(node, ast.Tuple) and len(node.elts) == 1 and isinstance(node.elts[0], ast.Tuple):
        node = node.elts[0]
    if not isinstance(node, ast.Tuple):
        raise ValueError(text)
    found: list[int | str] = []
    for part in node.elts:
        if isinstance(part, ast.Constant) and type(part.value) is int:
            found.append(part.value)
        elif any(isinstance(leaf, ast.Name) for leaf in ast.walk(part)):
            found.append(_checked(part))
        else:
            raise ValueError(text)
    return tuple(found)


def _checked(node: ast.expr) -> str:
    """Return the text of a length with letters in it; nothing else than arithmetic passes."""
    for part in ast.walk(node):
        allowed = isinstance(part, (ast.Name, ast.BinOp, ast.expr_context, *_OPERATORS)) or (
            isinstance(part, ast.Constant) and type(part.value) is int
        )
        if not allowed:
            raise ValueError(ast.unparse(node))
    return ast.unparse(node)


def _letters(axis: int | str) -> list[str]:
    if isinstance(axis, int):
        return []
    return [n.id for n in ast.walk(ast.parse(axis, mode="eval")) if isinstance(n, ast.Name)]


def _length(node: ast.expr, sizes: Mapping[str, int]) -> int:
    if isinstance(node, ast.Name):
        return sizes[node.id]
    if isinstance(node, ast.BinOp):
        left, right = _length(node.left, sizes), _length(node.right, sizes)
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.FloorDiv):
            return left // max(right, 1)
        return left + right if isinstance(node.op, ast.Add) else max(left - right, 0)
    assert isinstance(node, ast.Constant)
    return int(str(node.value))


def _check_size(wanted: Mapping[str, Wanted]) -> None:
    for name, one in resized(wanted, sizes_of(wanted)).items():
        entries = int(np.prod([int(n) for n in one.axes], dtype=float))
        if one.kind not in _SCALARS and entries > _MOST_ENTRIES:
            raise StepsError(
                f"--inputs: {name} has {entries:,} entries; every one of them is perturbed, so "
                f"give at most {_MOST_ENTRIES:,}, better a few dozen: lines are wrong or right "
                f"for small arrays already"
            )


def sizes_of(wanted: Mapping[str, Wanted]) -> dict[str, int]:
    """Name the axis lengths that vary: the letters, or else every number as s2, s3, …

    A length of 1 stays: code that takes ``c[0]`` for a scalar is right for no other. So does a
    number of classes that is the length of no axis.

    >>> sizes_of(parse_inputs("x: (N, 3), w: (3,)")), sizes_of(parse_inputs("x: (4, 3)"))
    ({'N': 4}, {'s3': 3, 's4': 4})
    """
    every = [axis for one in wanted.values() for axis in one.axes]
    letters = dict.fromkeys(letter for axis in every for letter in _letters(axis))
    lengths = {axis for one in wanted.values() if one.kind != "labels" for axis in one.axes}
    numbers = sorted({axis for axis in lengths if isinstance(axis, int) and axis != 1})
    if not letters:
        return {f"s{n}": n for n in numbers}
    free = [n for n in _LENGTHS if n not in numbers]
    sizes = {name: free[k % len(free)] for k, name in enumerate(letters)}
    if largest(wanted, sizes) > _MANY_ENTRIES:  # letters then go by what is small
        sizes = {name: k + 2 for k, name in enumerate(letters)}
    return sizes


def other_sizes(wanted: Mapping[str, Wanted], sizes: Mapping[str, int]) -> dict[str, int]:
    """Return lengths for a second case: other ones, but not many more entries."""
    more = {name: n + 1 + (k % 2) for k, (name, n) in enumerate(sizes.items())}
    if largest(wanted, more) <= _MANY_ENTRIES:
        return more
    return {name: n - 1 if n > 2 else n + 1 for name, n in sizes.items()}


def largest(wanted: Mapping[str, Wanted], sizes: Mapping[str, int]) -> float:
    """Return the number of entries of the largest array."""
    arrays = [one.axes for one in resized(wanted, sizes).values() if one.kind not in _SCALARS]
    return max((float(np.prod([int(n) for n in axes])) for axes in arrays), default=0.0)


def resized(wanted: Mapping[str, Wanted], sizes: Mapping[str, int]) -> dict[str, Wanted]:
    """Give the axes that are named by `sizes_of` other lengths."""

    def length(axis: int | str) -> int | str:
        if isinstance(axis, int):
            return sizes.get(f"s{axis}", axis)
        return _length(ast.parse(axis, mode="eval").body, sizes)

    return {
        name: replace(one, axes=tuple(length(axis) for axis in one.axes))
        for name, one in wanted.items()
    }


def custom_cases(wanted: Mapping[str, Wanted], rng: Rng) -> dict[str, Any]:
    """Draw one set of values; letters have been replaced by `resized`."""
    arrays = [one for one in wanted.values() if one.kind not in _SCALARS and one.axes]
    rows = int(arrays[0].axes[0]) if arrays else 1
    return {name: _draw(one, rng, rows) for name, one in wanted.items()}


def _draw(one: Wanted, rng: Rng, rows: int) -> Any:
    shape = tuple(int(n) for n in one.axes)
    if one.kind == "length":
        return shape[0]
    if one.kind == "constant":
        value = one.constant
        return np.array(value, dtype=float) if isinstance(value, list) else value
    if one.kind == "labels":
        classes, *more = shape or (2,)
        return labels(rng, more[0] if more else rows, classes)
    if one.kind == "positive":
        return positive(rng, *shape)
    if one.kind == "unit":
        return unit(rng, *shape)
    if one.kind == "integers":
        return rng.integers(0, 5, shape)
    if one.kind == "mask":
        return rng.integers(0, 2, shape).astype(bool)
    if one.kind == "spd":
        n = shape[0] if shape else 1
        root = signed(rng, n, n)
        return root @ root.T / n + np.eye(n)
    array = signed(rng, *shape)
    return float(array) if array.ndim == 0 else array
