"""Repairs of inputs: what a message of numpy says of lengths, ranks and kinds that do not fit."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..spec.lengths import Axis
from . import fitting
from .beginnings import Beginnings
from .inputs import LABELS, NUMBERS, Wanted
from .letters import Lengths, Specs, exchange, numbers_in
from .multiples import multiples
from .names import TARGETS
from .source import Function
from .suspects import suspects

Again = Callable[[str], tuple[str, dict[str, int]]]
"""The same trial with other lengths, for an error of a type: its message then, and the lengths."""

_STATED = r"(\w+)\W*(?: must have| has to have| should have) shape \(([\w, ]*)\)"
_UNEQUAL = (
    r"size (\d+) is different from (\d+)",
    r"not aligned: (\d+) \(dim \d+\) != (\d+)",
    r"has size (\d+) and the array at index \d+ has size (\d+)",
    r"dimension is (\d+) but .*? dimension is (\d+)",
    r"does not match.*?size (\d+).*?size (\d+)",
)
"""Messages that name two lengths which have to be equal."""
_TOO_SMALL = (
    "negative dimensions|zero-size|empty|need at least one array|size 0 into .*newaxis"
    "|cannot be larger than input array"  # of sliding_window_view
)
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
        self._assertion = ""

    def of(
        self, specs: Specs, sizes: Mapping[str, int], reply: Mapping[str, Any], again: Again
    ) -> Iterator[tuple[float, Specs]]:
        """Repairs of what a trial said."""
        if "error" not in reply:
            yield from self._other_values(specs)
            return
        error = reply["error"]
        message, kind = str(error["message"]), str(error["type"])
        self._assertion = _assertion(self._functions, error) if kind == "AssertionError" else ""
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
        yield from self._lengths(message, kind, specs, numbers, names)
        yield from self._contents(message, kind, specs, names)
        stated = re.search(_STATED, message)
        if stated:
            yield from self._stated(specs, numbers, stated.group(1), stated.group(2))
        yield from self._types(message, kind, specs, names)

    def _lengths(
        self, message: str, kind: str, specs: Specs, numbers: Lengths, names: list[str]
    ) -> Iterator[tuple[float, Specs]]:
        """Lengths that a message says do not fit."""
        shapes = re.findall(_TUPLE, message)
        if "remapped shapes" in message:  # of einsum: the operands with their axes in order
            operands = re.findall(r"->\(([\w, ]*)\)", message)
            shapes = [text.replace("newaxis", "1") for text in operands]
        unequal = next(filter(None, (re.search(one, message) for one in _UNEQUAL)), None)
        reshaped = re.search(r"reshape array of size (\d+) into shape \(([\d, ]*)\)", message)
        grouped = re.search(r"cannot reshape array of .* into shape \(([\d,]*),newaxis", message)
        past = re.search(r"index (-?\d+) is out of bounds for axis \d+ with size (\d+)", message)
        if unequal:
            yield from fitting.equal(specs, numbers, int(unequal.group(1)), int(unequal.group(2)))
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
            pairs = itertools.combinations(map(numbers_in, shapes), 2)
            for one, other in pairs if "remapped" in message else [(first, second)]:
                yield from fitting.broadcast(specs, numbers, one, other, columns=self._columns)
            yield from fitting.gates(specs, numbers, [*first, *second])
        elif past and kind == "IndexError":
            size = int(past.group(2))
            yield from fitting.as_far_as(specs, numbers, int(past.group(1)), size, self._direct)
            yield from fitting.bound(specs, numbers, size)
            yield from fitting.longer(specs, numbers, size, self._direct)
        elif "squeeze out" in message:
            for name in names or list(specs):
                last = specs[name].axes[-1:] if specs[name].kind == "normal" else ()
                if len(specs[name].axes) > 1 and last != (1,):
                    yield 0.05 if name in self._direct else 0.2, exchange(specs, {last[0]: 1})
        elif re.search(_TOO_SMALL, message):
            yield from fitting.larger(specs)
        elif kind == "LinAlgError" and "square" in message:
            for name in names or list(specs):
                axes = specs[name].axes
                if len(axes) >= 2 and axes[-1] != axes[-2]:
                    yield 0.6, exchange(specs, {axes[-1]: axes[-2]})
        elif reshaped:
            have, shape = int(reshaped.group(1)), numbers_in(reshaped.group(2))
            yield from fitting.divided(specs, numbers, shape)
            yield from fitting.next_part(specs, numbers, have, shape, names)
            yield from fitting.equal(specs, numbers, have, int(np.prod(shape) or 1))
            for a, b in itertools.product(numbers.axes_of(have), shape):
                yield from fitting.equal(specs, numbers, a, b, 1.0)
            yield from fitting.flat(specs, numbers, shape, names)
            yield from fitting.windows(specs)
        elif grouped:
            yield from fitting.grouped(specs, numbers, numbers_in(grouped.group(1)))
        elif "equal division" in message or "%" in self._assertion or "divisib" in message:
            yield from multiples(specs, self._assertion or message, self._functions)
            yield from fitting.windows(specs)
            yield from fitting.parts(specs)
        elif self._assertion:
            yield from self._asserted(specs, names)
        elif "shape-mismatch" in message:
            yield from fitting.merge_any(specs)

    def _asserted(self, specs: Specs, names: list[str]) -> Iterator[tuple[float, Specs]]:
        """How many axes an assertion wants: ``assert x.shape == (self.d,)``."""
        stated = re.search(r"(\w+)\.shape == \(([^()]*)\)$", self._assertion)
        if stated is None:
            return
        rank = len([part for part in stated.group(2).split(",") if part.strip()])
        own = [n for n in specs if n.rpartition("/")[2] == stated.group(1)]
        for name in own or names:
            if specs[name].kind == "normal" and len(specs[name].axes) != rank:
                axes = tuple(self._letter() for _ in range(rank))
                yield 0.05, {**specs, name: replace(specs[name], axes=axes)}

    def _contents(
        self, message: str, kind: str, specs: Specs, names: list[str]
    ) -> Iterator[tuple[float, Specs]]:
        """What arrays, dicts and lists hold."""
        if kind in ("LinAlgError", "ValueError") and "positive definite" in message:
            numbers_ = [n for n, one in specs.items() if one.kind == "normal" and not one.axes]
            if numbers_:  # variances and scales of a kernel
                above = {n: replace(specs[n], kind="positive") for n in numbers_}
                yield 0.05, {**specs, **above}
            for name in names or list(specs):
                if len(specs[name].axes) == 2:
                    yield 0.6, {**specs, name: replace(specs[name], kind="spd")}
        elif kind == "AssertionError" or "-1" in message:
            for name in names or list(specs):
                told = self._beginnings.hint(name).labelled
                label = told or name.rpartition("/")[2].lower() in TARGETS
                for other in ("signs", "bits") if label and specs[name].kind == "normal" else ():
                    cost = 0.02 if other == told else 0.12
                    yield cost, {**specs, name: replace(specs[name], kind=other)}
        elif kind == "KeyError":
            yield from self._key(specs, message.strip("'\""), names)
        elif kind == "ValueError" and "values to unpack" in message:
            yield from self._unpacked(specs, message, names)
        if re.search(r"p < 0|probabilit|between 0 and 1|\[0, ?1\]", message):
            for name in names or list(specs):
                if specs[name].kind == "normal":
                    yield 0.1, {**specs, name: replace(specs[name], kind="unit")}

    def _types(
        self, message: str, kind: str, specs: Specs, names: list[str]
    ) -> Iterator[tuple[float, Specs]]:
        """Dicts, integers and single numbers where something else was given."""
        yield from _wanted(message, specs)
        if "must be a dict" in message or "must be a dictionary" in message:
            for name, one in specs.items():
                if name.rpartition("/")[2] in message and one.kind != "dict":
                    keys = self._beginnings.hint(name).keys
                    yield 0.05, {**specs, name: self._dict(keys)}
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

    def _dict(self, keys: Sequence[Any]) -> Wanted:
        return Wanted("dict", parts=tuple((k, self._beginnings.start(k, None)) for k in keys))

    def _unpacked(
        self, specs: Specs, message: str, names: list[str]
    ) -> Iterator[tuple[float, Specs]]:
        """What is taken apart: a vector of so many numbers, or weights and biases by layer."""
        match = re.search(r"expected (\d+)", message)
        count = int(match.group(1)) if match else 0
        deeper = [] if names else [n for n in specs if self._beginnings.hint(n).shape is None]
        for name in (*names, *deeper) if 0 < count < 10 else ():
            one = specs[name]
            if one.kind not in (*NUMBERS, "sizes"):
                continue
            if deeper:  # in what another function made of an argument
                yield 0.2, {**specs, name: Wanted("normal", (count,))}
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
            entries = self._beginnings.hint(name).entries
            if one.kind == "normal" and len(one.axes) == 1 and 1 < entries < 10:
                axes = tuple(self._letter() for _ in range(entries))
                yield 0.05, {**specs, name: Wanted("sizes", axes)}  # lengths of layers
            if one.kind != "normal":
                continue
            if self._beginnings.hint(name).shape:
                if index:  # whatever is said of its axes, its entries are places
                    yield 0.3, {**specs, name: Wanted("labels", (self._letter(), *one.axes))}
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
            yield 1.0 if index else 0.3, {**specs, name: Wanted("length", (self._letter(),))}
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
            if one.kind not in (*NUMBERS, *LABELS):
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
            if any(word in message for word in ("subscriptable", "no attribute 'keys'", "string")):
                yield 0.6, {**specs, name: self._dict(hint.keys)}
            if "no len" in message or "iter" in message or hint.iterated:
                axes = tuple(self._letter() for _ in range(3))
                yield cost + 1.0, {**specs, name: Wanted("sizes", axes)}

    def _other_values(self, specs: Specs) -> Iterator[tuple[float, Specs]]:
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


_NUMBER = r"(?:real |finite |single |scalar |positive )*(?:number|scalar|float)\b"
_ABOVE = r"positive|> ?0|(?:greater|larger) than (?:0|zero)"


def _wanted(message: str, specs: Specs) -> Iterator[tuple[float, Specs]]:
    """What the code's own check says of an argument: "alpha must be a number", "> 0"."""
    for name, one in specs.items():
        plain = re.escape(name.rpartition("/")[2])
        told = re.search(rf"\b{plain}\b (?:must|has to|should) be (?:an? )?(.*)", message)
        if told is None or one.kind not in NUMBERS:
            continue
        above = "positive" if re.match(_ABOVE, told.group(1)) else one.kind
        if one.axes and re.match(_NUMBER, told.group(1)):
            yield 0.03, {**specs, name: Wanted(above)}
        elif above != one.kind:
            yield 0.03, {**specs, name: replace(one, kind=above)}


def _assertion(functions: Sequence[Function], error: Mapping[str, Any]) -> str:
    """What a failing assertion asserts; "" when its line is in none of these functions."""
    for function in functions:
        for node in function.walk():
            if isinstance(node, ast.Assert) and node.lineno == int(error.get("line", 0)):
                return ast.unparse(node.test)
    return ""
