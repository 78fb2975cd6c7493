"""Repairs of inputs: what a message of numpy says of lengths, ranks and kinds that do not fit."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .beginnings import Beginnings
from .inputs import Axis, Wanted, letters_of
from .letters import Lengths, Specs, all_letters, exchange, numbers_in, renamed
from .source import Function
from .suspects import suspects

Again = Callable[[str], tuple[str, dict[str, int]]]
"""The same trial with other lengths, for an error of a type: its message then, and the lengths."""

_STATED = r"(\w+)\W*(?: must have| has to have| should have) shape \(([\w, ]*)\)"
_KERNEL = "size|kernel|filter|^k|pool|stride|width|window"
_TUPLE = r"\(([\d, ]*)\)"


class Repairs:
    """Other inputs for ones that were refused, each with what the change costs.

    Parameters
    ----------
    beginnings
        First guesses and letters.
    functions
        The functions whose code uses the arguments, for the place of an error.
    columns
        Whether examples stand in columns, so that a bias is a column.
    """

    def __init__(
        self, beginnings: Beginnings, functions: Sequence[Function], *, columns: bool
    ) -> None:
        self._beginnings, self._functions, self._columns = beginnings, functions, columns
        self._letter = beginnings.letter
        self._direct: set[str] = set()

    def of(
        self, specs: Specs, sizes: Mapping[str, int], reply: Mapping[str, Any], again: Again
    ) -> Iterator[tuple[float, Specs]]:
        """Repairs of what a trial said."""
        if "error" not in reply:
            yield from self._other_values(specs, str(reply["trouble"]))
            return
        error = reply["error"]
        message, kind = str(error["message"]), str(error["type"])
        names, self._direct = suspects(self._functions, error, specs)
        numbers = Lengths(specs, sizes, message, lambda: again(kind))
        found = False
        for more, changed in self._by_message(message, kind, specs, numbers, names):
            found = True
            yield more, changed
        yield from self._other_ranks(specs, names, 1.2 if not found else 2.4, message)

    def _by_message(
        self, message: str, kind: str, specs: Specs, numbers: Lengths, names: list[str]
    ) -> Iterator[tuple[float, Specs]]:
        shapes = re.findall(_TUPLE, message)
        if "remapped shapes" in message:  # of einsum: the operands with their axes in order
            shapes = [
                text.replace("newaxis", "1") for text in re.findall(r"->\(([\w, ]*)\)", message)
            ]
        match = re.search(r"size (\d+) is different from (\d+)", message)
        match = match or re.search(r"not aligned: (\d+) \(dim \d+\) != (\d+)", message)
        match = match or re.search(
            r"has size (\d+) and the array at index \d+ has size (\d+)", message
        )
        match = match or (
            re.search(r"boolean dimension is (\d+)", message)
            and re.search(r"dimension is (\d+) but .*? dimension is (\d+)", message)
        )
        match = match or re.search(r"does not match.*?size (\d+).*?size (\d+)", message)
        if match:
            a, b = int(match.group(1)), int(match.group(2))
            yield from self._equal(specs, numbers, a, b)
        elif (
            kind in ("ValueError", "IndexError")
            and len(shapes) >= 2
            and ("broadcast" in message or "mismatch" in message)
        ):
            first, second = (numbers_in(shapes[0]), numbers_in(shapes[1]))
            if "non-broadcastable" in message and len(first) == len(second):
                for a, b in zip(first, second, strict=True):
                    for letter in numbers.plain(b) if a == 1 and b != 1 else ():
                        yield 0.05, exchange(specs, {letter: 1})
            yield from self._broadcast(specs, numbers, first, second)
            yield from self._gates(specs, numbers, [*first, *second])
        elif "out of bounds for axis" in message and kind == "IndexError":
            match = re.search(
                r"index (-?\d+) is out of bounds for axis \d+ with size (\d+)", message
            )
            if match:
                yield from self._bound(specs, numbers, int(match.group(2)))
                yield from self._longer(specs, numbers, int(match.group(2)))
        elif re.search("negative dimensions|zero-size|empty|need at least one array", message):
            yield from self._larger(specs)
        elif kind == "LinAlgError" and "square" in message:
            for name in names or list(specs):
                axes = specs[name].axes
                if len(axes) >= 2 and axes[-1] != axes[-2]:
                    yield 0.6, exchange(specs, {axes[-1]: axes[-2]})
        elif kind == "LinAlgError" and "positive definite" in message:
            numbers_ = [n for n, one in specs.items() if one.kind == "normal" and not one.axes]
            if numbers_:  # variances and scales of a kernel
                above = {n: replace(specs[n], kind="positive") for n in numbers_}
                yield 0.05, {**specs, **above}
            for name in names or list(specs):
                if len(specs[name].axes) == 2:
                    yield 0.6, {**specs, name: replace(specs[name], kind="spd")}
        elif kind == "KeyError":
            yield from self._key(specs, message.strip("'\""), names)
        elif "reshape array of size" in message:
            match = re.search(r"size (\d+) into shape \(([\d, ]*)\)", message)
            if match:
                have, want = int(match.group(1)), int(np.prod(numbers_in(match.group(2))) or 1)
                yield from self._equal(specs, numbers, have, want)
                for a in numbers.axes_of(have):
                    for b in numbers_in(match.group(2)):
                        yield from self._equal(specs, numbers, a, b, 1.0)
                yield from self._flat(specs, numbers, numbers_in(match.group(2)), names)
        elif kind == "ValueError" and "values to unpack" in message:
            yield from self._unpacked(specs, message, names)
        elif "shape-mismatch" in message:
            yield from self._merge_any(specs)
        if re.search(r"p < 0|probabilit|between 0 and 1|\[0, ?1\]", message):
            for name in names or list(specs):
                if specs[name].kind == "normal":
                    yield 0.1, {**specs, name: replace(specs[name], kind="unit")}
        stated = re.search(_STATED, message)
        if stated:
            yield from self._stated(specs, numbers, stated.group(1), stated.group(2))
        if "must be a dict" in message or "must be a dictionary" in message:
            for name, one in specs.items():
                if name.rpartition("/")[2] in message and one.kind != "dict":
                    keys = self._beginnings.hint(name).keys
                    parts = tuple((key, self._beginnings.start(key, None)) for key in keys)
                    yield 0.05, {**specs, name: Wanted("dict", parts=parts)}
        if "integer" in message and kind in ("TypeError", "IndexError"):
            index = "index" in message or "indices" in message
            yield from self._integers(specs, names, index=index, slices="slice" in message)
        elif kind == "TypeError" and re.search(
            r"length-1|0-dimensional|converted to Python scalar|not supported between", message
        ):
            for name in names or list(specs):
                if specs[name].kind == "normal" and specs[name].axes:
                    yield 0.7, {**specs, name: Wanted("normal")}
        elif "truth value of an array" in message or "unhashable type" in message:
            for name in names or list(specs):
                if specs[name].kind == "normal":
                    yield 0.8, {**specs, name: Wanted("normal")}
                    yield 1.2, {**specs, name: Wanted("constant", constant=False)}

    def _equal(
        self, specs: Specs, numbers: Lengths, a: int, b: int, cost: float = 0.02
    ) -> Iterator[tuple[float, Specs]]:
        """Make two lengths the same, in every way in which their letters allow it."""
        for one, other in ((a, b), (b, a)):
            for letter in numbers.plain(one):
                for more, expression in numbers.expressions(other):
                    if letter not in letters_of(expression):
                        yield cost + more, exchange(specs, {letter: expression})
        if numbers.plain(a) or numbers.plain(b):
            return
        for more, left in numbers.expressions(a):
            for extra, right in numbers.expressions(b):
                mine, theirs = set(letters_of(left)), set(letters_of(right))
                if len(mine - theirs) == 1 and len(theirs - mine) == 1:
                    change = {(mine - theirs).pop(): (theirs - mine).pop()}
                    if renamed(left, change) == renamed(right, {}):
                        yield cost + more + extra, exchange(specs, change)
                terms, others = str(left).split(" + "), str(right).split(" + ")
                plain = all(t.isidentifier() for t in (*terms, *others))
                if plain and len(terms) == len(others) == 2 and not mine & theirs:
                    for order in (others, others[::-1]):
                        both = dict(zip(terms, order, strict=True))
                        yield cost + more + extra, exchange(specs, both)

    def _broadcast(
        self, specs: Specs, numbers: Lengths, first: list[int], second: list[int]
    ) -> Iterator[tuple[float, Specs]]:
        short, long = sorted((first, second), key=len)
        if len(short) < len(long) and short:
            # A bias of one axis beside a table: along its rows, or as a column.
            for letter in numbers.plain(short[-1]) if len(short) == 1 else ():
                if len(long) != 2:
                    continue
                for more, row in numbers.expressions(long[0]):

                    def column(one: Wanted, row: Axis = row, letter: str = letter) -> Wanted:
                        return replace(one, axes=(row, 1)) if one.axes == (letter,) else one

                    cost = (0.01 if self._columns else 0.5) + more
                    yield cost, {name: one.mapped(column) for name, one in specs.items()}
        for a, b in zip(reversed(first), reversed(second), strict=False):
            if a == b or 1 in (a, b):
                continue
            yield from self._equal(
                specs, numbers, a, b, 0.3 if self._columns and len(short) == 1 else 0.02
            )
            for letter in {*numbers.plain(a), *numbers.plain(b)}:
                yield 1.3, exchange(specs, {letter: 1})
            return
        if len(first) == len(second):
            for a, b in zip(first, second, strict=True):
                for letter in {*numbers.plain(a), *numbers.plain(b)} if a != b else ():
                    yield 1.0, exchange(specs, {letter: 1})

    def _gates(
        self, specs: Specs, numbers: Lengths, lengths: Sequence[int]
    ) -> Iterator[tuple[float, Specs]]:
        """Slices of an axis that is too short: gates lie beside each other along it."""
        if all(numbers.plain(n) for n in lengths if n > 1):
            return
        wide = [
            axis
            for name, one in specs.items()
            for axis in one.axes[-1:]
            if name.rpartition("/")[2][:1].lower() in "wub" and isinstance(axis, str)
        ]
        for long in dict.fromkeys(a for a in wide if a.isidentifier()):
            for letter in all_letters(specs):
                for count in (4, 3, 2) if letter != long else ():
                    yield 0.125 + 0.01 * count, exchange(specs, {long: f"{count} * {letter}"})

    def _bound(self, specs: Specs, numbers: Lengths, size: int) -> Iterator[tuple[float, Specs]]:
        for name, one in specs.items():
            if one.kind == "labels" and one.axes:
                bound = one.axes[0]
                fixed = not numbers.plain(size)
                if fixed and isinstance(bound, str):
                    yield 0.01, {**specs, name: replace(one, axes=(size, *one.axes[1:]))}
                for more, expression in numbers.expressions(size):
                    more += 0.1 if fixed else 0.0
                    if isinstance(bound, str) and bound not in letters_of(expression):
                        if bound.isidentifier():
                            yield 0.02 + more, exchange(specs, {bound: expression})
                        new = replace(one, axes=(expression, *one.axes[1:]))
                        yield 0.1 + more, {**specs, name: new}

    def _merge_any(self, specs: Specs) -> Iterator[tuple[float, Specs]]:
        """Some two lengths have to be equal; the message does not say which."""
        letters = [(name, letter) for name, one in specs.items() for letter in one.letters()]
        for (name, a), (other, b) in itertools.combinations(letters, 2):
            if name != other and a != b:
                yield 0.13, exchange(specs, {b: a})

    def _unpacked(
        self, specs: Specs, message: str, names: list[str]
    ) -> Iterator[tuple[float, Specs]]:
        """What is taken apart: a vector of so many numbers, or weights and biases by layer."""
        match = re.search(r"expected (\d+)", message)
        count = int(match.group(1)) if match else 0
        for name in names if 0 < count < 10 else ():
            one = specs[name]
            if one.kind not in ("normal", "positive", "unit", "sizes"):
                continue
            kind = "normal" if one.kind == "sizes" else one.kind
            yield 0.1, {**specs, name: Wanted(kind, (count,))}
            if one.kind == "normal" and len(one.axes) > 1:
                yield 0.3, {**specs, name: replace(one, axes=(count, *one.axes[1:]))}
            if count == 2:
                for bias_is_column in (self._columns, not self._columns):
                    layers = self._weights(bias_is_column)
                    cost = 0.2 if bias_is_column == self._columns else 0.25
                    yield cost, {**specs, name: Wanted("list", parts=layers)}

    def _weights(self, columns: bool) -> tuple[tuple[int, Wanted], ...]:
        """Weights and biases of two layers, the second on top of the first."""
        sizes = [self._letter() for _ in range(3)]
        layers = []
        for place, (below, above) in enumerate(itertools.pairwise(sizes)):
            weights = Wanted("normal", (above, below) if columns else (below, above))
            bias = Wanted("normal", (above, 1) if columns else (above,))
            layers.append((place, Wanted("list", parts=((0, weights), (1, bias)))))
        return tuple(layers)

    def _flat(
        self, specs: Specs, numbers: Lengths, shape: Sequence[int], names: list[str]
    ) -> Iterator[tuple[float, Specs]]:
        """A vector of all parameters, whose slices become tables and vectors."""
        known = [numbers.expressions(n) for n in shape if n > 0]
        if len(shape) != 2 or len(known) != 2 or not all(known):
            return
        (_, a), (_, b) = known[0][0], known[1][0]
        rest = ("", f" + {a}", f" + {b}", f" + {a} + {b}")
        for name in names or list(specs):
            one = specs[name]
            if one.kind != "normal" or len(one.axes) != 1:
                continue
            for more, (times, beside) in enumerate(itertools.product((1, 2), rest)):
                table = f"{a} * {b}" if times == 1 else f"{times} * {a} * {b}"
                yield 0.3 + 0.02 * more, {**specs, name: replace(one, axes=(table + beside,))}

    def _stated(
        self, specs: Specs, numbers: Lengths, argument: str, text: str
    ) -> Iterator[tuple[float, Specs]]:
        """The code itself says what shape it wants: numbers, or letters such as (N, D)."""
        for name, one in specs.items():
            if name.rpartition("/")[2] != argument:
                continue
            axes: list[Axis] = []
            for part in (p.strip() for p in text.split(",")):
                if part.isdigit():
                    found = numbers.expressions(int(part))
                    axes.append(found[0][1] if found else int(part))
                elif part:
                    axes.append(self._letter())
            yield 0.03, {**specs, name: replace(one, axes=tuple(axes))}

    def _longer(self, specs: Specs, numbers: Lengths, size: int) -> Iterator[tuple[float, Specs]]:
        """An axis is as long as another one, over which the code runs."""
        for letter in numbers.plain(size):
            for name, one in specs.items():
                axes = one.axes[:2] if one.kind != "labels" else one.axes[1:2]
                for place, axis in enumerate(axes):
                    if isinstance(axis, str) and axis.isidentifier() and axis != letter:
                        near = 0.0 if name in self._direct else 0.02
                        yield 0.14 + near + 0.03 * place, exchange(specs, {letter: axis})

    def _larger(self, specs: Specs) -> Iterator[tuple[float, Specs]]:
        """One array is at least as large as another: an image and a kernel."""
        wide = [(n, one) for n, one in specs.items() if one.kind == "normal" and len(one.axes) > 1]
        for name, one in wide:
            for other, kernel in wide:
                if other == name:
                    continue
                change = {
                    a: f"{a} + {b}"
                    for a, b in zip(one.axes[-2:], kernel.axes[-2:], strict=True)
                    if isinstance(a, str) and a.isidentifier() and a not in letters_of(b)
                }
                if change:
                    yield 0.1, exchange(specs, change)
            for other, kernel in specs.items():
                if kernel.kind != "length" or not isinstance(kernel.axes[0], str):
                    continue
                b = kernel.axes[0]
                change = {
                    a: f"{a} + {b}"
                    for a in one.axes[-2:]
                    if isinstance(a, str) and a.isidentifier() and a != b
                }
                if change and re.search(_KERNEL, other.rpartition("/")[2]):
                    yield 0.1, exchange(specs, change)
                    for letter, longer in change.items() if len(change) > 1 else ():
                        yield 0.12, exchange(specs, {letter: longer})

    def _key(self, specs: Specs, key: str, names: list[str]) -> Iterator[tuple[float, Specs]]:
        for name in names or list(specs):
            one = specs[name]
            if one.kind == "dict" and key not in dict(one.parts):
                part = self._beginnings.start(key, None)
                yield 0.02, {**specs, name: replace(one, parts=(*one.parts, (key, part)))}

    def _integers(
        self, specs: Specs, names: list[str], *, index: bool, slices: bool
    ) -> Iterator[tuple[float, Specs]]:
        for name in names or list(specs):
            one = specs[name]
            if one.kind != "normal" or self._beginnings.hint(name).shape:
                continue
            label = Wanted("labels", (self._letter(), *(one.axes[:1] or ())))
            far = 0.0 if name in self._direct or not self._direct else 0.5
            if name.startswith("init/"):  # no class is made from labels
                yield 0.02 + far, {**specs, name: Wanted("length", (self._letter(),))}
                continue
            if slices:
                yield 0.04 + far, {**specs, name: Wanted("length", (self._letter(),))}
            if index:
                yield 0.05 + far, {**specs, name: label}
                if len(one.axes) > 1:
                    wide = Wanted("labels", (self._letter(), *one.axes))
                    yield 0.8, {**specs, name: wide}
                yield 1.0, {**specs, name: Wanted("labels", (self._letter(),))}
            yield (
                (1.0 if index else 0.3),
                {**specs, name: Wanted("length", (self._letter(),))},
            )
            if not index:
                yield 1.2, {**specs, name: label}

    def _other_ranks(
        self, specs: Specs, names: list[str], cost: float, message: str
    ) -> Iterator[tuple[float, Specs]]:
        up = re.search(
            r"too many indices|not have enough dim|tuple index|out of bounds for array|"
            r"not enough values|has no len|not subscriptable|no attribute|iteration over a 0-d|"
            r"at least two-dim|object is not iterable|2-d|must be 2|-dimensional",
            message,
        )
        for name in names or list(specs):
            one = specs[name]
            if one.kind == "labels" and len(one.axes) == 2:  # words of a window, not one word
                yield 0.5, {**specs, name: replace(one, axes=(*one.axes, self._letter()))}
            if one.kind not in ("normal", "positive", "unit"):
                continue
            hint = self._beginnings.hint(name)
            if hint.shape is not None and one.axes:
                continue
            for step, rank in enumerate(self._beginnings.ranks(name, hint)):
                if rank == len(one.axes):
                    continue
                axes = tuple(self._letter() for _ in range(rank))
                better = up is not None and rank == len(one.axes) + 1
                more = 0.3 if better else cost + 0.3 * step
                more += 0.0 if name in self._direct or not self._direct else 0.2
                more += 0.0 if rank < 3 or rank <= max([hint.at_least, *hint.ranks]) else 1.0
                yield more, {**specs, name: replace(one, axes=axes)}
            if (
                "subscriptable" in message
                or "no attribute 'keys'" in message
                or "string" in message
            ):
                parts = tuple((key, self._beginnings.start(key, None)) for key in hint.keys)
                yield 0.6, {**specs, name: Wanted("dict", parts=parts)}
            if "no len" in message or "iter" in message or hint.iterated:
                axes = (
                    self._letter(),
                    self._letter(),
                    self._letter(),
                )
                yield cost + 1.0, {**specs, name: Wanted("sizes", axes)}

    def _other_values(self, specs: Specs, trouble: str) -> Iterator[tuple[float, Specs]]:
        """Results that are no numbers: logarithms and roots want other arguments."""
        free = [n for n, one in specs.items() if one.kind == "normal"]
        told = [n for n in free if {"unit", "positive?"} & set(self._beginnings.hint(n).kinds)]
        for name in told or free:
            kinds = self._beginnings.hint(name).kinds
            for kind in ("unit", "positive"):
                likely = kind in kinds or (kind == "positive" and "positive?" in kinds)
                yield (0.3 if likely else 0.9), {**specs, name: replace(specs[name], kind=kind)}
        if len(free) > 1:
            for kind in ("positive", "unit"):
                changed = {n: replace(specs[n], kind=kind) for n in free}
                yield 1.5, {**specs, **changed}
