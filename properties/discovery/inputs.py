"""What the arguments of a function look like: kinds, axes with letters, notation, values."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from properties.spec.draws import KINDS
from properties.spec.lengths import Axis, length, letters_of
from properties.spec.notation import Entry, NotationError, parse_inputs

NUMBERS = ("normal", "positive", "unit")
"""Kinds of which every entry is drawn alone."""
LABELS = ("bits", "signs")
"""Kinds of labels that stand for one number each."""
Sizes = Mapping[str, int]
Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Wanted:
    """One argument.

    Attributes
    ----------
    kind : str
        ``normal`` (signed), ``positive``, ``unit`` (in (0, 1)), ``rows`` (sum to one along the last
        axis), ``columns`` (along the first), ``regular`` (square, invertible), ``onehot``,
        ``bits`` (0.0 or 1.0), ``signs`` (1.0 or -1.0), ``labels`` (below the first
        axis, of the shape of the rest), ``integers``, ``mask``, ``spd``, ``symmetric``; ``length``
        (the integer that a letter stands for); ``sizes`` (a list of lengths); ``dict``, ``list``
        (of `parts`); ``constant``; ``choice`` (one of the constants).
    axes : tuple
        Lengths: numbers, letters, or sums, differences and products of them.
    constant
        The value of a constant.
    parts : tuple of (key, Wanted)
        What a dict or list holds.
    """

    kind: str
    axes: tuple[Axis, ...] = ()
    constant: Any = None
    parts: tuple[tuple[Any, Wanted], ...] = ()

    def renamed(self, change: Mapping[str, Axis]) -> Wanted:
        """Replace letters by letters, numbers or expressions."""
        axes = tuple(_substituted(axis, change) for axis in self.axes)
        parts = tuple((key, part.renamed(change)) for key, part in self.parts)
        return replace(self, axes=axes, parts=parts)

    def mapped(self, change: Callable[[Wanted], Wanted]) -> Wanted:
        """Apply a function to it, or to everything that a dict or list holds."""
        if self.parts:
            return replace(self, parts=tuple((k, part.mapped(change)) for k, part in self.parts))
        return change(self)

    def letters(self) -> list[str]:
        """Give the letters in order."""
        found = [letter for axis in self.axes for letter in letters_of(axis)]
        for _, part in self.parts:
            found += part.letters()
        return list(dict.fromkeys(found))


def _substituted(axis: Axis, change: Mapping[str, Axis]) -> Axis:
    if isinstance(axis, int) or not any(letter in change for letter in letters_of(axis)):
        return axis
    if axis in change:
        return change[axis]

    class Exchange(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            new = change.get(node.id, node.id)
            return ast.parse(str(new), mode="eval").body

    tree = Exchange().visit(ast.parse(axis, mode="eval").body)
    text = ast.unparse(tree)
    return int(length(text, {})) if not letters_of(text) else text


# notation


def shown(wanted: Mapping[str, Wanted]) -> str:
    """Write in the notation of ``--inputs``.

    >>> shown({"x": Wanted("normal", ("N", "D")), "y": Wanted("labels", ("C", "N"))})
    'x: (N, D), y: labels(C, N)'
    """
    return ", ".join(f"{name}: {_one(one)}" for name, one in wanted.items())


def _one(one: Wanted) -> str:
    axes = ", ".join(str(axis) for axis in one.axes)
    if one.kind == "normal":
        return f"({axes},)" if len(one.axes) == 1 else f"({axes})"
    if one.kind == "length":
        return str(one.axes[0])  # it is one number, whatever was joined to it
    if one.kind == "sizes":
        return f"[{axes}]"
    if one.kind == "dict":
        return "{" + ", ".join(f"{key!r}: {_one(part)}" for key, part in one.parts) + "}"
    if one.kind == "list":
        return "[" + ", ".join(_one(part) for _, part in one.parts) + "]"
    if one.kind == "constant":
        return repr(one.constant)
    if one.kind == "choice":
        return " | ".join(map(repr, one.constant))
    kind = "label" if one.kind == "labels" and len(one.axes) == 1 else one.kind
    return f"{kind}({axes})"


class InputsError(ValueError):
    """``--inputs`` cannot be read; the message says what came and what was wanted."""


def parse(text: str) -> dict[str, Wanted]:
    """Read the notation of ``--inputs``; see `spec.notation`, which reads it for everybody.

    >>> shown(parse("x: (N, D), w: (D), p: {'W1': (H, D)}, y: labels(C), k: M, c: 0.5"))
    "x: (N, D), w: (D,), p: {'W1': (H, D)}, y: labels(C, N), k: M, c: 0.5"

    Raises
    ------
    InputsError
        It is not of the form ``NAME: VALUE, …``.
    """
    try:
        entries = parse_inputs(text).entries
    except NotationError as error:
        raise InputsError(f"--inputs: {error}") from error
    arrays = [leaf for entry in entries.values() for leaf in entry.arrays() if leaf.drawn]
    rows = next((leaf.axes[0] for leaf in arrays if leaf.axes), "N")
    return {name: _wanted(entry, rows) for name, entry in entries.items()}


def _wanted(entry: Entry, rows: Axis) -> Wanted:
    """What an entry of the notation wants; labels are one for each row where nothing else is."""
    if entry.parts is None:
        axes = entry.axes
        if entry.kind == "label":
            return Wanted("labels", axes)
        if entry.kind == "labels" and len(axes) == 1:
            axes = (*axes, rows)
        return Wanted(entry.kind, axes, entry.constant)
    parts = tuple((key, _wanted(part, rows)) for key, part in entry.parts.items())
    if entry.kind == "list" and all(part.kind == "length" for _, part in parts):
        return Wanted("sizes", tuple(part.axes[0] for _, part in parts))
    return Wanted(entry.kind, parts=parts)


# values


def draw(wanted: Mapping[str, Wanted], sizes: Sizes, rng: Rng) -> dict[str, Any]:
    """Draw a value for every argument."""
    return {name: _drawn(one, sizes, rng) for name, one in wanted.items()}


def signed(shape: Sequence[int], rng: Rng) -> Any:
    """Values of order one of either sign, none of them tiny."""
    size = rng.uniform(0.1, 1.4, tuple(shape)) * rng.choice([-1.0, 1.0], tuple(shape))
    return np.round(size, 3) + rng.integers(1, 10, tuple(shape)) * 1e-4


def _drawn(one: Wanted, sizes: Sizes, rng: Rng) -> Any:
    kind = one.kind
    if kind == "constant":  # a text that stands for an object goes as a plain text
        return str(one.constant) if isinstance(one.constant, str) else one.constant
    if kind == "choice":
        return one.constant[int(rng.integers(len(one.constant)))]
    if kind == "dict":
        return {key: _drawn(part, sizes, rng) for key, part in one.parts}
    if kind == "list":
        return [_drawn(part, sizes, rng) for _, part in one.parts]
    shape = tuple(length(axis, sizes) for axis in one.axes)
    if kind == "length":
        return shape[0]
    if kind == "sizes":
        return list(shape)
    if kind == "labels" and len(shape) > 2 and isinstance(one.axes[-1], int) and shape[-1] > 1:
        return _apart(shape, rng)
    value = _array(kind, shape, rng)
    return float(value) if np.ndim(value) == 0 and kind in (*NUMBERS, *LABELS, "whole") else value


def _apart(shape: tuple[int, ...], rng: Rng) -> Any:
    """Rows of as many places as the code has, as the ends of an edge: different where possible."""
    count, *rest, row = shape
    order = rng.permuted(np.tile(np.arange(max(count, row)), (*rest, 1)), axis=-1)
    return order[..., :row] % max(count, 1)


def _array(kind: str, shape: tuple[int, ...], rng: Rng) -> Any:
    if kind == "normal":
        return signed(shape, rng)
    if kind == "positive":
        return np.round(rng.uniform(0.3, 2.0, shape), 3) + rng.integers(1, 10, shape) * 1e-4
    if kind == "unit":
        return np.round(rng.uniform(0.1, 0.9, shape), 4)
    if kind in ("rows", "columns"):
        size = rng.uniform(0.2, 1.0, shape)
        return size / size.sum(axis=-1 if kind == "rows" else 0, keepdims=True)
    if kind == "onehot":
        return one_hot(shape, rng, -1)
    if kind == "onehot_columns":
        return one_hot(shape, rng, 0)
    if kind == "labels":
        classes, *rest = shape or (2,)
        return rng.integers(0, max(classes, 1), tuple(rest))
    if kind == "integers":
        return rng.integers(0, 5, shape)
    if kind == "whole":
        return rng.integers(-2, 3, shape).astype(float)
    if kind == "mask":
        return rng.integers(0, 2, shape).astype(bool)
    if kind == "bits":
        return rng.integers(0, 2, shape).astype(float)
    if kind == "signs":
        return 2.0 * rng.integers(0, 2, shape) - 1.0
    n = shape[0] if shape else 1
    root = signed((n, n), rng)
    if kind == "regular":
        return 1.5 * np.eye(n) + root / (2.0 * max(n, 1))
    if kind == "symmetric":
        return (root + root.T) / 2
    return root @ root.T / n + np.eye(n)


def one_hot(shape: tuple[int, ...], rng: Rng, axis: int) -> Any:
    """A one in every row (axis -1) or column (axis 0)."""
    value = np.zeros(shape)
    if value.size:
        moved = np.moveaxis(value, axis, -1)
        where = rng.integers(0, moved.shape[-1], moved.shape[:-1])
        np.put_along_axis(moved, where[..., None], 1.0, -1)
    return value


def entries(wanted: Mapping[str, Wanted], sizes: Sizes) -> int:
    """How many numbers the arguments have."""
    total = 0
    for one in wanted.values():
        if one.parts:
            total += entries({str(key): part for key, part in one.parts}, sizes)
        elif one.kind in KINDS:
            total += int(np.prod([length(axis, sizes) for axis in one.axes], dtype=int))
        elif one.kind == "sizes":  # the weights between the layers
            axes = [length(axis, sizes) for axis in one.axes]
            total += sum(a * b for a, b in itertools.pairwise(axes))
    return total


def small(wanted: Mapping[str, Wanted], sizes: Sizes, *, most: int, least: int) -> dict[str, int]:
    """Shorten the longest lengths until the arguments have few entries."""
    found = dict(sizes)
    while entries(wanted, found) > most and max(found.values(), default=0) > max(least, 2):
        longest = max(found, key=lambda letter: found[letter])
        found[longest] -= 1
    return found


_PRIMES = (7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89)


def learning_sizes(letters: Sequence[str]) -> dict[str, int]:
    """Give every letter a prime of its own: a length in a message then says whose it is."""
    return {letter: _PRIMES[i % len(_PRIMES)] for i, letter in enumerate(letters)}


def case_sizes(letters: Sequence[str], index: int, rng: Rng, *, least: int = 1) -> dict[str, int]:
    """Lengths for a case: unequal ones at first, then any, ones among them."""
    n = len(letters)
    if index % 3 != 2:
        pool = list(range(2, 2 + max(n, 4)))
        rng.shuffle(pool)
        return {letter: max(pool[i % len(pool)], least) for i, letter in enumerate(letters)}
    return {letter: max(int(rng.integers(1, 5)), least) for letter in letters}
