"""Trial calls: what a function accepts is learned from what numpy says of what it does not."""

from __future__ import annotations

import ast
import heapq
import itertools
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .hints import Hint, guess_rank, is_bias
from .inputs import (
    Axis,
    Wanted,
    case_sizes,
    draw,
    learning_sizes,
    length,
    letters_of,
    shown,
)
from .names import TARGETS
from .source import Function

Specs = Mapping[str, Wanted]
Reply = Mapping[str, Any]
Try = Callable[[Mapping[str, Any]], Reply]
"""Calls the forward with values by name; gives the reply of the child."""

_BUDGET = 260
_SECONDS = 6.0
_DEEPER = 0.12
"""What a repair may cost and still be followed at once."""
_STATED = r"(\w+)\W*(?: must have| has to have| should have) shape \(([\w, ]*)\)"
_MASKS = ("mask", "masks", "r_mask", "weights_mask")
_KERNEL = "size|kernel|filter|^k|pool|stride|width|window"
_TUPLE = r"\(([\d, ]*)\)"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why no inputs were found: the last thing that the code said to the likeliest inputs."""

    stage: str
    message: str
    line: int
    specs: Specs
    type: str = ""


class Learner:
    """Searches for inputs that a forward accepts, the likeliest first.

    Parameters
    ----------
    attempt
        Calls the forward.
    functions
        The functions whose code uses the arguments, for the place of an error.
    hints
        What is known of the arguments.
    columns
        Whether examples stand in columns, so that a bias is a column.
    scalar
        Whether the name of the forward says that it gives one number, as a cost does.
    """

    def __init__(
        self,
        attempt: Try,
        functions: Sequence[Function],
        hints: Mapping[str, Hint],
        *,
        columns: bool = False,
        scalar: bool = False,
        seed: int = 0,
    ) -> None:
        self._attempt, self._functions, self._hints = attempt, functions, hints
        self._columns, self._scalar, self._seed = columns, scalar, seed
        self._size = 1
        self._put_off: set[str] = set()
        self._fresh = itertools.count(1)
        self._queue: list[tuple[float, int, int, float, Specs]] = []
        self._known: dict[str, float] = {}
        self._done: set[str] = set()
        self._depth = 0
        self._widened = False
        self.dearest = np.inf
        self.most_ones = np.inf
        self._single: set[str] = set()
        self._direct: set[str] = set()
        self._counter = itertools.count()
        self.refused: Refused | None = None
        self.tried = 0

    def letter(self) -> str:
        """Give a letter that stands for no length yet."""
        return f"s{next(self._fresh)}"

    def search(self, starts: Sequence[tuple[float, Specs]]) -> Iterator[tuple[Specs, float]]:
        """Give inputs that work, with their cost, as long as there is budget."""
        started = time.monotonic()
        queue = self._queue
        for cost, specs in starts:
            self._push(cost, specs)
        while queue and self.tried < _BUDGET and time.monotonic() - started < _SECONDS:
            _, depth, _, cost, specs = heapq.heappop(queue)
            key = _canonical(specs)
            if cost > self.dearest or key in self._done:
                continue
            if ones(specs) > self.most_ones and key not in self._single:
                continue
            self._done.add(key)
            reply, sizes = self._accepted(specs)
            if reply is None:
                self._depth = depth + 1
                if self._scalar and self._size != 1 and key not in self._put_off:
                    self._put_off.add(key)
                    self._lower(specs, cost)
                    continue
                yield specs, cost
                continue
            if self.refused is None or not self._was_closer:
                error = reply.get("error", {})
                self.refused = Refused(
                    str(error.get("stage", "forward")),
                    str(error.get("message", reply.get("trouble", ""))),
                    int(error.get("line", 0)),
                    specs,
                    str(error.get("type", "")),
                )
                self._was_closer = False
            for more, changed in self._repairs(specs, sizes, reply):
                self._push(cost + more, changed, depth + 1)

    def _push(self, cost: float, specs: Specs, depth: int = 0) -> None:
        """Queue inputs: cheap repairs are followed to their end before dearer ones are tried."""
        key = _canonical(specs)
        if cost < self._known.get(key, np.inf) and key not in self._done and len(key) < 4000:
            self._known[key] = cost
            order = cost - _DEEPER * depth
            heapq.heappush(self._queue, (order, depth, next(self._counter), cost, specs))

    def widen(
        self,
        specs: Specs,
        cost: float,
        single: Sequence[str] = (),
        *,
        scalars: bool = False,
        lower: bool = True,
    ) -> None:
        """Consider other ranks of inputs that work, because the gradients have other shapes.

        A bias keeps its rank: with one row for each example, a sum over the examples that was
        forgotten would not show.

        Parameters
        ----------
        single
            Letters that may be one: gradients that nobody summed along them.
        scalars
            Whether a vector may as well be a number.
        lower
            Whether ranks may be lower too; that can hide a wrong axis.
        """
        for letter in single:
            fewer = _exchange(specs, {letter: 1})
            self._single.add(_canonical(fewer))
            self._push(cost + 0.05, fewer, self._depth)
        if self._widened:
            return
        self._widened = True
        if self._size == 1:
            self._weights_as_vectors(specs, cost)
        vectors = {
            name: replace(one, axes=one.axes[:1])
            for name, one in specs.items()
            if one.kind == "normal" and len(one.axes) == 2 and name.startswith("arg/")
        }
        if self._size == 1 and not lower:  # a loss: its means differ between vectors and tables
            tables = {one.axes for one in specs.values() if len(one.axes) > 1}
            free = all(self._free(name) for name in vectors)
            lower_all = len(tables) == 1 and free
        else:
            lower_all = lower
        if lower_all and len(vectors) > 1:
            self._push(cost + 0.15, {**specs, **vectors}, self._depth)
        for name, one in specs.items():
            if one.kind not in ("normal", "positive", "unit"):
                continue
            hint = self._hints.get(name, Hint())
            rank = len(one.axes)
            if is_bias(name.rpartition("/")[2]):
                if scalars and self._size == 1 and rank == 1 and hint.shape is None:
                    self._push(cost + 0.15, {**specs, name: replace(one, axes=())}, self._depth)
                continue
            if hint.shape is not None or (hint.ranks and rank in hint.ranks):
                continue
            for other in (rank - 1, rank + 1) if lower else (rank + 1,):
                if (0 if scalars else 1) <= other <= 2 and other >= hint.at_least:
                    axes = tuple(self.letter() for _ in range(other))
                    self._push(cost + 0.15, {**specs, name: replace(one, axes=axes)}, self._depth)

    def _free(self, name: str) -> bool:
        """Whether nothing says that an argument has two axes."""
        hint = self._hints.get(name, Hint())
        return hint.shape is None and hint.at_least < 2 and 2 not in hint.ranks

    def _weights_as_vectors(self, specs: Specs, cost: float) -> None:
        """One number for each example: weights and labels may be vectors where tables work too."""
        fewer, weights = {}, 0
        for name, one in specs.items():
            plain = name.rpartition("/")[2].lower()
            weight = re.match(r"(w|theta|beta|coefs?|weights?)\d?$", plain) is not None
            free = self._hints.get(name, Hint()).shape is None and one.kind == "normal"
            if free and len(one.axes) == 2 and (weight or plain in TARGETS):
                fewer[name] = replace(one, axes=one.axes[:1])
                weights += weight
        if not weights:
            return
        scalars = {
            name: replace(one, axes=())
            for name, one in specs.items()
            if is_bias(name.rpartition("/")[2])
            and one.kind == "normal"
            and self._hints.get(name, Hint()).shape is None
        }
        self._push(cost + 0.1, {**specs, **fewer, **scalars}, self._depth)
        self._push(cost + 0.12, {**specs, **fewer}, self._depth)

    def learn(
        self, specs: Specs, cost: float, error: Mapping[str, Any], sizes: Mapping[str, int]
    ) -> None:
        """Learn from what the backward said to inputs that the forward takes."""
        for more, changed in self._repairs(specs, sizes, {"error": error}):
            if more < 3.0:
                self._push(cost + 0.1 * more, changed, self._depth)
        for name, one in specs.items():
            for axis in reversed(one.axes) if len(one.axes) == 2 and one.kind == "normal" else ():
                rest = [a for a in one.axes if a != axis and a != 1]
                if isinstance(axis, str) and axis.isidentifier() and name[:4] == "arg/" and rest:
                    self._push(cost + 0.2, _exchange(specs, {axis: 1}), self._depth)

    def _lower(self, specs: Specs, cost: float) -> None:
        """A cost that comes out as an array: first try vectors where tables were given."""
        self._done.discard(_canonical(specs))
        self._known.pop(_canonical(specs), None)
        self._push(cost + 0.3, specs, self._depth)
        for name, one in specs.items():
            hint = self._hints.get(name, Hint())
            plain = one.kind in ("normal", "positive", "unit") and hint.shape is None
            if plain and len(one.axes) == 1 and is_bias(name.rpartition("/")[2]):
                self._push(cost + 0.04, {**specs, name: replace(one, axes=())}, self._depth)
            if one.kind == "labels" and len(one.axes) == 2:
                fewer = replace(one, axes=one.axes[:1])
                self._push(cost + 0.04, {**specs, name: fewer}, self._depth)
            if plain and len(one.axes) == 2 and hint.at_least < 2 and 2 not in hint.ranks:
                fewer = replace(one, axes=(self.letter(),))
                self._push(cost + 0.04, {**specs, name: fewer}, self._depth)

    _was_closer = False

    def _accepted(self, specs: Specs) -> tuple[Reply | None, dict[str, int]]:
        """Try primes, then two other sets of lengths; None when all of them went well."""
        letters = all_letters(specs)
        rng = np.random.default_rng(self._seed)
        trials = [learning_sizes(letters)]
        trials += [case_sizes(letters, index, rng, least=2) for index in (0, 1)]
        for index, sizes in enumerate(trials):
            values = draw(specs, sizes, rng)
            if index == 0:
                values = {n: _largest_labels(specs[n], v, sizes) for n, v in values.items()}
            self.tried += 1
            reply = self._attempt(values)
            if "error" in reply or "trouble" in reply:
                return reply, sizes
            self._size = int(reply.get("size", 1)) if index == 0 else self._size
        return None, {}

    # repairs

    def _repairs(
        self, specs: Specs, sizes: Mapping[str, int], reply: Reply
    ) -> Iterator[tuple[float, Specs]]:
        if "error" not in reply:
            yield from self._other_values(specs, str(reply["trouble"]))
            return
        error = reply["error"]
        message, kind = str(error["message"]), str(error["type"])
        names = self._suspects(error, specs)
        numbers = _Lengths(specs, sizes, message, lambda: self._again(specs, sizes, kind))
        found = False
        for more, changed in self._by_message(message, kind, specs, numbers, names):
            found = True
            yield more, changed
        yield from self._other_ranks(specs, names, 1.2 if not found else 2.4, message)

    def _again(
        self, specs: Specs, sizes: Mapping[str, int], kind: str
    ) -> tuple[str, dict[str, int]]:
        """The same trial with other lengths: what the same message says then."""
        letters = list(sizes)
        numbers = np.arange(8, 9 + 4 * len(letters))
        pool = np.random.default_rng(len(letters)).permutation(numbers)
        other = {letter: int(n) for letter, n in zip(letters, pool, strict=False)}
        same = [letter for letter in letters if other[letter] == sizes[letter]]
        other |= {letter: int(numbers[-1]) + 1 + i for i, letter in enumerate(same)}
        self.tried += 1
        values = draw(specs, other, np.random.default_rng(self._seed))
        reply = self._attempt({n: _largest_labels(specs[n], v, other) for n, v in values.items()})
        error = reply.get("error", {})
        return (str(error["message"]) if error.get("type") == kind else ""), other

    def _by_message(
        self, message: str, kind: str, specs: Specs, numbers: _Lengths, names: list[str]
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
            first, second = (_numbers(shapes[0]), _numbers(shapes[1]))
            if "non-broadcastable" in message and len(first) == len(second):
                for a, b in zip(first, second, strict=True):
                    for letter in numbers.plain(b) if a == 1 and b != 1 else ():
                        yield 0.05, _exchange(specs, {letter: 1})
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
                    yield 0.6, _exchange(specs, {axes[-1]: axes[-2]})
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
                have, want = int(match.group(1)), int(np.prod(_numbers(match.group(2))) or 1)
                yield from self._equal(specs, numbers, have, want)
                for a in numbers.axes_of(have):
                    for b in _numbers(match.group(2)):
                        yield from self._equal(specs, numbers, a, b, 1.0)
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
                    keys = self._hints.get(name, Hint()).keys
                    parts = tuple((key, self.start(key, None)) for key in keys)
                    yield 0.05, {**specs, name: Wanted("dict", parts=parts)}
        if "integer" in message and kind in ("TypeError", "IndexError"):
            yield from self._integers(
                specs, names, index="index" in message or "indices" in message
            )
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
        self, specs: Specs, numbers: _Lengths, a: int, b: int, cost: float = 0.02
    ) -> Iterator[tuple[float, Specs]]:
        """Make two lengths the same, in every way in which their letters allow it."""
        for one, other in ((a, b), (b, a)):
            for letter in numbers.plain(one):
                for more, expression in numbers.expressions(other):
                    if letter not in letters_of(expression):
                        yield cost + more, _exchange(specs, {letter: expression})
        if numbers.plain(a) or numbers.plain(b):
            return
        for more, left in numbers.expressions(a):
            for extra, right in numbers.expressions(b):
                mine, theirs = set(letters_of(left)), set(letters_of(right))
                if len(mine - theirs) == 1 and len(theirs - mine) == 1:
                    change = {(mine - theirs).pop(): (theirs - mine).pop()}
                    if _renamed(left, change) == _renamed(right, {}):
                        yield cost + more + extra, _exchange(specs, change)
                terms, others = str(left).split(" + "), str(right).split(" + ")
                plain = all(t.isidentifier() for t in (*terms, *others))
                if plain and len(terms) == len(others) == 2 and not mine & theirs:
                    for order in (others, others[::-1]):
                        both = dict(zip(terms, order, strict=True))
                        yield cost + more + extra, _exchange(specs, both)

    def _broadcast(
        self, specs: Specs, numbers: _Lengths, first: list[int], second: list[int]
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
                yield 1.3, _exchange(specs, {letter: 1})
            return
        if len(first) == len(second):
            for a, b in zip(first, second, strict=True):
                for letter in {*numbers.plain(a), *numbers.plain(b)} if a != b else ():
                    yield 1.0, _exchange(specs, {letter: 1})

    def _gates(
        self, specs: Specs, numbers: _Lengths, lengths: Sequence[int]
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
                    yield 0.125 + 0.01 * count, _exchange(specs, {long: f"{count} * {letter}"})

    def _bound(self, specs: Specs, numbers: _Lengths, size: int) -> Iterator[tuple[float, Specs]]:
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
                            yield 0.02 + more, _exchange(specs, {bound: expression})
                        new = replace(one, axes=(expression, *one.axes[1:]))
                        yield 0.1 + more, {**specs, name: new}

    def _merge_any(self, specs: Specs) -> Iterator[tuple[float, Specs]]:
        """Some two lengths have to be equal; the message does not say which."""
        letters = [(name, letter) for name, one in specs.items() for letter in one.letters()]
        for (name, a), (other, b) in itertools.combinations(letters, 2):
            if name != other and a != b:
                yield 0.13, _exchange(specs, {b: a})

    def _stated(
        self, specs: Specs, numbers: _Lengths, argument: str, text: str
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
                    axes.append(self.letter())
            yield 0.03, {**specs, name: replace(one, axes=tuple(axes))}

    def _longer(self, specs: Specs, numbers: _Lengths, size: int) -> Iterator[tuple[float, Specs]]:
        """An axis is as long as another one, over which the code runs."""
        for letter in numbers.plain(size):
            for name, one in specs.items():
                axes = one.axes[:2] if one.kind != "labels" else one.axes[1:2]
                for place, axis in enumerate(axes):
                    if isinstance(axis, str) and axis.isidentifier() and axis != letter:
                        near = 0.0 if name in self._direct else 0.02
                        yield 0.14 + near + 0.03 * place, _exchange(specs, {letter: axis})

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
                    yield 0.1, _exchange(specs, change)
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
                    yield 0.1, _exchange(specs, change)
                    for letter, longer in change.items() if len(change) > 1 else ():
                        yield 0.12, _exchange(specs, {letter: longer})

    def _key(self, specs: Specs, key: str, names: list[str]) -> Iterator[tuple[float, Specs]]:
        for name in names or list(specs):
            one = specs[name]
            if one.kind == "dict" and key not in dict(one.parts):
                part = self.start(key, None)
                yield 0.02, {**specs, name: replace(one, parts=(*one.parts, (key, part)))}

    def _integers(
        self, specs: Specs, names: list[str], *, index: bool
    ) -> Iterator[tuple[float, Specs]]:
        for name in names or list(specs):
            one = specs[name]
            if one.kind != "normal" or self._hints.get(name, Hint()).shape:
                continue
            label = Wanted("labels", (self.letter(), *(one.axes[:1] or ())))
            far = 0.0 if name in self._direct or not self._direct else 0.5
            if index:
                yield 0.05 + far, {**specs, name: label}
                if len(one.axes) > 1:
                    wide = Wanted("labels", (self.letter(), *one.axes))
                    yield 0.8, {**specs, name: wide}
                yield 1.0, {**specs, name: Wanted("labels", (self.letter(),))}
            yield (1.0 if index else 0.3), {**specs, name: Wanted("length", (self.letter(),))}
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
            if one.kind not in ("normal", "positive", "unit"):
                continue
            hint = self._hints.get(name, Hint())
            if hint.shape is not None and one.axes:
                continue
            for step, rank in enumerate(self._ranks(name, hint)):
                if rank == len(one.axes):
                    continue
                axes = tuple(self.letter() for _ in range(rank))
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
                parts = tuple((key, self.start(key, None)) for key in hint.keys)
                yield 0.6, {**specs, name: Wanted("dict", parts=parts)}
            if "no len" in message or "iter" in message or hint.iterated:
                axes = (self.letter(), self.letter(), self.letter())
                yield cost + 1.0, {**specs, name: Wanted("sizes", axes)}

    def _ranks(self, name: str, hint: Hint) -> list[int]:
        ranks = list(dict.fromkeys([*hint.ranks, *guess_rank(name), 1, 2, 3, 0]))
        return [rank for rank in ranks if rank >= hint.at_least]

    def _other_values(self, specs: Specs, trouble: str) -> Iterator[tuple[float, Specs]]:
        """Results that are no numbers: logarithms and roots want other arguments."""
        free = [n for n, one in specs.items() if one.kind == "normal"]
        told = [n for n in free if {"unit", "positive?"} & set(self._hints.get(n, Hint()).kinds)]
        for name in told or free:
            kinds = self._hints.get(name, Hint()).kinds
            for kind in ("unit", "positive"):
                likely = kind in kinds or (kind == "positive" and "positive?" in kinds)
                yield (0.3 if likely else 0.9), {**specs, name: replace(specs[name], kind=kind)}
        if len(free) > 1:
            for kind in ("positive", "unit"):
                changed = {n: replace(specs[n], kind=kind) for n in free}
                yield 1.5, {**specs, **changed}

    # beginnings

    def start(self, name: str, hint: Hint | None) -> Wanted:
        """Give what an argument most likely is."""
        hint = hint or Hint()
        if hint.said is not None:
            return hint.said
        if hint.shape is not None:
            axes = tuple(int(p) if p.isdigit() else p.replace(" ", "") for p in hint.shape)
            if "labels" in hint.kinds:
                return Wanted("labels", (self.letter(), *axes))
            kind = "bits" if name.lower() in _MASKS else "normal"
            return Wanted("onehot" if "onehot" in hint.kinds else kind, axes)
        if hint.options and not hint.keys and "dict" not in hint.kinds:
            return Wanted("constant", constant=hint.options[0])
        if hint.keys or "dict" in hint.kinds:
            keys = hint.keys or ["W1", "b1", "W2", "b2"]
            return Wanted("dict", parts=tuple((k, self.start(k, None)) for k in keys))
        if name.lower() in _MASKS:
            return Wanted("bits", tuple(self.letter() for _ in range(max(hint.at_least, 2))))
        if name.lower() in ("rate", "keep_prob", "drop_prob", "dropout", "dropout_rate", "drop"):
            return Wanted("unit")
        for kind in hint.kinds:
            if kind == "label":
                return Wanted("labels", (self.letter(),))
            if kind == "length":
                return Wanted("length", (self.letter(),))
            if kind == "sizes":
                return Wanted("sizes", (self.letter(), self.letter(), self.letter()))
            if kind == "labels" and not hint.ranks:
                return Wanted("labels", (self.letter(), self.letter()))
            if kind in ("spd", "regular"):
                letter = self.letter()
                return Wanted(kind, (letter, letter))
            if kind == "flag":
                return Wanted("constant", constant=False)
        if hint.column and hint.at_least == 2:
            return Wanted("normal", (self.letter(), 1))
        ranks = self._ranks(name, hint)
        rank = next((r for r in ranks if r >= hint.at_least), 2)
        if not hint.ranks and hint.at_least and guess_rank(name)[0] < hint.at_least:
            rank = hint.at_least
        kind = "unit" if "unit" in hint.kinds else "normal"
        return Wanted(kind, tuple(self.letter() for _ in range(rank)))

    # places

    def _suspects(self, error: Mapping[str, Any], specs: Specs) -> list[str]:
        """Arguments that the line of an error depends on; none when that is not known."""
        line = int(error.get("line", 0))
        self._direct = set()
        for function in self._functions:
            node = function.node
            if node is None or function.name != error.get("function"):
                continue
            if not node.lineno <= line <= (node.end_lineno or node.lineno):
                continue
            used = _names_at(node, line)
            reach = _reaching(node, used)
            reach |= {text.removeprefix("self.") for text in reach if text[:5] == "self."}
            plain = {name.rpartition("/")[2]: name for name in specs}
            self._direct = {plain[n] for n in plain if n in used}
            return [plain[n] for n in plain if n in reach]
        return []


class _Lengths:
    """Which letters the lengths in a message stand for."""

    def __init__(
        self,
        specs: Specs,
        sizes: Mapping[str, int],
        message: str,
        again: Callable[[], tuple[str, dict[str, int]]],
    ) -> None:
        self._specs, self._sizes, self._message, self._again = specs, sizes, message, again
        self._other: tuple[dict[int, int], dict[str, int]] | None = None

    def _fits(self, number: int, axis: Axis) -> bool:
        """Whether an expression holds with other lengths too."""
        if self._other is None:
            message, sizes = self._again()
            mine = [int(n) for n in re.findall(r"\d+", self._message)]
            theirs = [int(n) for n in re.findall(r"\d+", message)]
            same = re.sub(r"\d+", "#", self._message) == re.sub(r"\d+", "#", message)
            self._other = (dict(zip(mine, theirs, strict=True)) if same else {}), sizes
        numbers, sizes = self._other
        return number not in numbers or length(axis, sizes) == numbers[number]

    def plain(self, number: int) -> list[str]:
        """Letters of exactly this length."""
        return [letter for letter, n in self._sizes.items() if n == number and number != 1]

    def axes_of(self, size: int) -> list[int]:
        return [n for n in self._sizes.values() if size % n == 0]

    def expressions(self, number: int) -> list[tuple[float, Axis]]:
        """Letters, multiples, sums and products that give this length, with their cost."""
        found: list[tuple[float, Axis]] = [(0.0, letter) for letter in self.plain(number)]
        if not number:
            return []
        if found or number == 1:
            return found or [(0.4, 1)]
        letters = list(self._sizes.items())
        for a, x in letters:
            for b, y in letters:
                if a < b and x + y == number:
                    together = any({a, b} <= set(one.letters()) for one in self._specs.values())
                    found.append((0.03 if together else 0.02, f"{a} + {b}"))
                if a < b and x * y == number:
                    found.append((0.02, f"{a} * {b}"))
            found += [(0.02, f"{k} * {a}") for k in (2, 3, 4) if k * x == number]
            for k in (1, 2):
                if x + k == number:
                    found.append((0.1, f"{a} + {k}"))
                if x - k == number and x - k > 0:
                    found.append((0.15, f"{a} - {k}"))
        for (a, x), (b, y), (c, z) in itertools.combinations(letters, 3):
            if x * y * z == number:
                found.append((0.05, f"{a} * {b} * {c}"))
        found = [one for one in found if self._fits(number, one[1])]
        if not found and number and self._fits(number, number):
            found.append((0.02, number))  # a length that the code itself has
        return found


def all_letters(specs: Specs) -> list[str]:
    """Give all letters, those that are only bounds of labels last."""
    axes = [letter for one in specs.values() if one.kind != "labels" for letter in one.letters()]
    bounds = [letter for one in specs.values() for letter in one.letters()]
    return list(dict.fromkeys([*axes, *bounds]))


def _renamed(axis: Axis, change: Mapping[str, str]) -> list[str]:
    """The terms of a length, in order, with letters exchanged."""
    return sorted(change.get(term, term) for term in str(axis).split())


def _exchange(specs: Specs, change: Mapping[Any, Axis]) -> Specs:
    plain = {str(key): value for key, value in change.items()}
    return {name: one.renamed(plain) for name, one in specs.items()}


def ones(specs: Specs) -> int:
    """How many axes have the length one, along which nothing can be seen."""
    return sum(axis == 1 for one in specs.values() for axis in one.axes)


def _canonical(specs: Specs) -> str:
    order = {letter: f"l{i}" for i, letter in enumerate(all_letters(specs))}
    return shown(_exchange(specs, order)) + repr(list(specs))


def pretty(specs: Specs) -> Specs:
    """Give the letters their usual names, in the order in which they come."""
    letters = all_letters(specs)
    plain = [*"NDMHCKPQRSTUVABEFG", *(f"{c}{i}" for i in range(1, 9) for c in "NDMH")]
    usual = iter([c for c in plain if c not in letters])
    return _exchange(specs, {old: next(usual) for old in letters if re.fullmatch(r"s\d+", old)})


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part.strip()]


def _largest_labels(one: Wanted, value: Any, sizes: Mapping[str, int]) -> Any:
    """Labels that reach their bound, so that a bound that is too high is heard of."""
    if one.kind != "labels" or not one.axes:
        return value
    top = max(length(one.axes[0], sizes) - 1, 0)
    if np.ndim(value) == 0:
        return int(top)
    value[...] = top
    return value


def _names_at(node: ast.AST, line: int) -> set[str]:
    found = set()
    for part in ast.walk(node):
        at = getattr(part, "lineno", 0)
        if isinstance(part, (ast.Name, ast.arg)) and at == line:
            found.add(part.id if isinstance(part, ast.Name) else part.arg)
        elif isinstance(part, ast.Attribute) and at == line:
            found.add(ast.unparse(part))
    return found


def _reaching(node: ast.AST, used: set[str]) -> set[str]:
    """Names that the values of these names were computed from."""
    writes: dict[str, set[str]] = {}
    for part in ast.walk(node):
        if isinstance(part, (ast.Assign, ast.AugAssign, ast.For)):
            targets = part.targets if isinstance(part, ast.Assign) else [part.target]
            value = part.iter if isinstance(part, ast.For) else part.value
            reads = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}
            reads |= {ast.unparse(n) for n in ast.walk(value) if isinstance(n, ast.Attribute)}
            for target in targets:
                for leaf in ast.walk(target):
                    if isinstance(leaf, ast.Name):
                        writes.setdefault(leaf.id, set()).update(reads)
    reach, todo = set(used), list(used)
    while todo:
        for name in writes.get(todo.pop(), ()):
            if name not in reach:
                reach.add(name)
                todo.append(name)
    return reach
