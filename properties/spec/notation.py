"""What the arguments of a function look like, in one line of text, and values that fit it.

``x: (N, D), w: (D, 4 * H), y: labels(C), p: 0.5`` is an entry for each argument:

==================================  ==============================================================
``(4, 3)``, ``(N, D)``              an array of values of both signs; letters are lengths that vary
``positive(N)``, ``unit(N)``        above zero; between zero and one
``labels(C)``, ``labels(C, N)``     class labels, one for each row; ``label(C)``: one of them
``onehot(N, C)``, ``rows(N, C)``    rows that are unit vectors; rows that sum to one; for columns
                                    ``onehot_columns(C, N)``, ``columns(C, N)``
``integers(N)``, ``mask(N, D)``     small integers; booleans; ``bits(N)``: zeros and ones;
                                    ``signs(N)``: ones and minus ones
``spd(N)``                          a symmetric positive definite matrix; ``symmetric(N)``;
                                    ``regular(N)``: one with an inverse
``M``, ``4 * H``, ``[D, H, C]``     lengths themselves, for a constructor
``{'W1': (H, D), 'b1': (H, 1)}``    a dict of such, and ``[(N, D), (D,)]`` a list of such
``0.5``, ``'train'``, ``[1, 2]``    a constant; a list of numbers is an array
``'relu' | 'tanh'``                 one of some constants
==================================  ==============================================================

Values are smooth, of order one, away from kinks and ties, with few digits so that they can be read;
axes have unequal lengths, so that a wrong axis or a transpose shows.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .draws import KINDS, Draws
from .lengths import Axis, length, length_of, letters_of

_EXAMPLE = "such as 'x: (4, 3)', 'w: (D, M)' or 'y: labels(3)'"
# Lengths of axes that are given by a letter: no two are equal, so that a wrong axis shows.
_LENGTHS = (4, 3, 5, 2, 6, 7, 8, 9, 10, 11)
_MOST_ENTRIES, _MANY_ENTRIES = 10_000, 100


class NotationError(ValueError):
    """The text cannot be read; the message says which part of it, and what is wanted."""


# entries ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Entry:
    """One argument: how it is drawn and the lengths of its axes, a constant, or parts of it.

    kind : one of the kinds of the module's table, ``length``, ``constant``, ``choice``, ``dict``,
        ``list``.
    """

    kind: str
    axes: tuple[Axis, ...] = ()
    constant: Any = None
    parts: Mapping[Any, Entry] | None = None

    @property
    def drawn(self) -> bool:
        """Whether it is an array of as many entries as its axes say."""
        return self.kind in KINDS and self.kind not in ("labels", "label")

    def arrays(self) -> Iterator[Entry]:
        """Yield the entry, or those inside of it, that are arrays or lengths."""
        if self.parts is None:
            yield self
        else:
            for part in self.parts.values():
                yield from part.arrays()


@dataclass(frozen=True, slots=True)
class Inputs:
    """The entries of a text, by argument."""

    entries: Mapping[str, Entry]

    def _leaves(self) -> list[Entry]:
        return [leaf for entry in self.entries.values() for leaf in entry.arrays()]

    def sizes(self, number: int = 0) -> dict[str, int]:
        """Lengths for case `number`: of the letters, or else of every number as s2, s3, …

        A length of 1 stays: code that takes ``c[0]`` for a scalar is right for no other. So does
        a number of classes that is the length of no axis.

        >>> parse_inputs("x: (N, 3), w: (3,)").sizes(), parse_inputs("x: (4, 3)").sizes()
        ({'N': 4}, {'s3': 3, 's4': 4})
        """
        leaves = self._leaves()
        lengths = {
            axis for one in leaves if one.kind not in ("labels", "label") for axis in one.axes
        }
        numbers = sorted({axis for axis in lengths if isinstance(axis, int) and axis != 1})
        every = [axis for one in leaves for axis in one.axes]
        letters = list(dict.fromkeys(name for axis in every for name in letters_of(axis)))
        if not letters and any(isinstance(one.constant, list) for one in leaves):
            return {}  # the widths of a net, which other lengths have to fit
        if not letters:
            # Every other case has other lengths; those that were asked for come first and last.
            grown = 0 if self.has_windows else number % 2
            return {f"s{n}": n + grown * (1 + k % 2) for k, n in enumerate(numbers)}
        free = [n for n in _LENGTHS if n not in numbers]
        sizes = {name: free[(k + number) % len(free)] for k, name in enumerate(letters)}
        if self.largest(sizes) > _MANY_ENTRIES:  # letters then go by what is small
            many = max(len(letters), 2)
            sizes = {name: 2 + (k + number) % many for k, name in enumerate(letters)}
        while self.largest(sizes) > 4 * _MANY_ENTRIES and max(sizes.values()) > 2:
            longest = max(sizes, key=lambda name: sizes[name])
            sizes[longest] -= 1
        return sizes

    @property
    def has_windows(self) -> bool:
        """Whether a stride is given: the windows fit the lengths as they are, and not others."""
        inside = (e.parts if e.kind == "dict" else e.constant for e in self.entries.values())
        options = (one for one in inside if isinstance(one, Mapping))
        return any("stride" in one for one in (self.entries, *options))

    @property
    def least(self) -> dict[str, int]:
        """The smallest lengths that tell anything: one, and two classes."""
        if self.has_windows:
            return self.sizes()
        classes = {
            name
            for one in self._leaves()
            if one.kind in ("labels", "label", "onehot", "onehot_columns")
            for name in letters_of(one.axes[-1 if one.kind == "onehot" else 0])
        }
        return {name: 2 if name in classes else 1 for name in self.sizes()}

    def largest(self, sizes: Mapping[str, int]) -> int:
        """Return the number of entries of the largest array."""
        arrays = [_shape(one, sizes) for one in self._leaves() if one.drawn]
        return max((int(np.prod(shape, dtype=float)) for shape in arrays), default=0)

    def draw(self, sizes: Mapping[str, int], seed: int) -> dict[str, Any]:
        """Draw one value for every argument."""
        first = (_shape(e, sizes) for e in self._leaves() if e.drawn and e.axes)
        rows = next(first, (1,))[0]
        draws = Draws(seed, list(sizes.values()))
        return {name: _drawn(entry, sizes, draws, rows) for name, entry in self.entries.items()}


def _drawn(entry: Entry, sizes: Mapping[str, int], draws: Draws, rows: int) -> Any:
    if entry.parts is not None:
        made = {key: _drawn(part, sizes, draws, rows) for key, part in entry.parts.items()}
        return made if entry.kind == "dict" else list(made.values())
    if entry.kind == "constant":
        value = entry.constant
        return np.array(value, dtype=float) if isinstance(value, list) else value
    if entry.kind == "choice":
        return entry.constant[int(draws.rng.integers(len(entry.constant)))]
    shape = _shape(entry, sizes)
    if entry.kind == "length":
        return shape[0]
    if entry.kind == "labels":
        shape = shape if len(shape) > 1 else (*(shape or (2,)), rows)
    array = KINDS[entry.kind](draws, shape)
    if entry.kind == "label":
        return int(array)
    return float(array) if array.ndim == 0 else array


def _shape(entry: Entry, sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(
        sizes.get(f"s{axis}", axis) if isinstance(axis, int) else length(axis, sizes)
        for axis in entry.axes
    )


# reading ----------------------------------------------------------------------------------------
def parse_inputs(text: str) -> Inputs:
    """Read a text; see the module for its notation.

    Raises
    ------
    NotationError
        An entry has no name, or its value cannot be read.

    Examples
    --------
    >>> parse_inputs("x: (N, 3)").entries["x"].axes
    ('N', 3)
    """
    entries: dict[str, Entry] = {}
    for part in _split(text):
        name, colon, value = part.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not name.isidentifier() or not value:
            raise NotationError(f"{part.strip()!r} is not of the form NAME: VALUE, {_EXAMPLE}")
        if name in entries:
            raise NotationError(
                f"{name} is named twice: give every argument once; one that a constructor and a "
                f"method both take is told in nndl.toml, of Class under [inputs] as "
                f'"Class" = "{name}: H", "Class.forward" = "{name}: (N, H)"'
            )
        entries[name] = _entry(name, value)
    if not entries:
        raise NotationError(f"it is empty: give one entry per argument, {_EXAMPLE}")
    for name, entry in entries.items():
        one = Inputs({name: entry})
        entries_of = one.largest(Inputs(entries).sizes())
        if entries_of > _MOST_ENTRIES:
            raise NotationError(
                f"{name} has {entries_of:,} entries: give at most {_MOST_ENTRIES:,}, better a few "
                f"dozen; code is wrong or right for small arrays already"
            )
    return Inputs(entries)


def _split(text: str) -> list[str]:
    """Split at the commas outside of brackets and quotes."""
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


def _entry(name: str, value: str) -> Entry:
    try:
        node = ast.parse(value, mode="eval").body
        if value.startswith("(") and isinstance(node, (ast.Name, ast.BinOp)):
            return Entry("normal", (length_of(node),))  # (D) is read as (D,)
        return _read(node)
    except (ValueError, SyntaxError, TypeError) as error:
        raise NotationError(
            f"the value of {name}, {value!r}, is neither a shape such as (4, 3) or (N, D), nor a "
            f"constant, nor one of {', '.join(KINDS)} with lengths in parentheses"
        ) from error


def _read(node: ast.expr) -> Entry:
    """Read one value, or the part of a dict or list."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return Entry("choice", constant=tuple(map(ast.literal_eval, _alternatives(node))))
    if isinstance(node, (ast.Name, ast.BinOp)):
        return Entry("length", (length_of(node),))
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.func.id not in KINDS or node.keywords:
            raise ValueError(ast.unparse(node))
        tuples = len(node.args) == 1 and isinstance(node.args[0], ast.Tuple)
        axes = node.args[0].elts if tuples else node.args  # type: ignore[attr-defined]
        return Entry(node.func.id, tuple(length_of(axis) for axis in axes))
    if isinstance(node, ast.Tuple) and not any(
        isinstance(n, ast.Constant) and isinstance(n.value, (float, str)) for n in node.elts
    ):
        return Entry("normal", tuple(length_of(axis) for axis in node.elts))
    if isinstance(node, ast.Dict) and not _is_literal(node):
        keys = [ast.literal_eval(key) for key in node.keys if key is not None]
        return Entry("dict", parts=dict(zip(keys, map(_read, node.values), strict=True)))
    if isinstance(node, ast.List) and not _is_literal(node):
        return Entry("list", parts=dict(enumerate(map(_read, node.elts))))
    return Entry("constant", constant=ast.literal_eval(node))


def _alternatives(node: ast.expr) -> list[ast.expr]:
    """What stands between the bars of ``a | b | c``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_alternatives(node.left), *_alternatives(node.right)]
    return [node]


def _is_literal(node: ast.Dict | ast.List) -> bool:
    """Whether a dict or list has nothing to draw in it: neither letters nor shapes nor kinds."""
    drawn = (ast.Name, ast.Call, ast.Tuple)
    return not any(isinstance(part, drawn) for part in ast.walk(node))
