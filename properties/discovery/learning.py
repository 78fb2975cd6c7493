"""Trial calls: what a function accepts is learned from what numpy says of what it does not."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..spec.lengths import length
from .beginnings import Beginnings
from .freeing import is_free, letters_apart, with_more_letters
from .hint import Hint
from .inputs import LABELS, NUMBERS, Wanted, case_sizes, draw, entries, learning_sizes
from .letters import Specs, all_letters, canonical, exchange, ones
from .ranks import Ranks
from .repairs import Again, Repairs
from .source import Function

Reply = Mapping[str, Any]
Try = Callable[[Mapping[str, Any]], Reply]
"""Calls the forward with values by name; gives the reply of the child."""

_BUDGET = 260
_SECONDS = 4.0
"""Of the processor, in the child."""
_MOST_ENTRIES = 20_000_000
"""Of all arguments together."""
_DEEPER = 0.12
"""What a repair may cost and still be followed at once."""


_EMPTY: Reply = {"error": {"type": "ValueError", "message": "the output is empty"}}
"""What is said of a window that is longer than what it slides over."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why no inputs were found: the last thing that the code said to the likeliest inputs."""

    stage: str
    message: str
    specs: Specs
    type: str = ""

    def said_of(self, forward: Function) -> str:
        """The same in words."""
        place = {"init": "its constructor", "forward": forward.name}.get(self.stage, "it")
        kind = f"{self.type}: " if self.type else ""
        return f"no inputs were found that {place} accepts ({kind}{self.message})"


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
    gradient
        Whether it is the gradient of a cost.
    told
        Arguments that somebody declares or that the target's own calls give.
    clock
        Seconds that trials have taken; of the processor, so that a busy machine finds the same.
    """

    def __init__(
        self,
        attempt: Try,
        functions: Sequence[Function],
        hints: Mapping[str, Hint],
        *,
        columns: bool = False,
        scalar: bool = False,
        gradient: bool = False,
        told: Container[str] = (),
        seed: int = 0,
        clock: Callable[[], float] = time.process_time,
    ) -> None:
        self._beginnings = Beginnings(hints)
        self.ranks = Ranks(self._beginnings, told)
        self.start, self.hint = self._beginnings.start, self._beginnings.hint
        self._repairs = Repairs(self._beginnings, functions, columns=columns)
        self._clock = clock
        self._attempt, self._scalar, self._seed = attempt, scalar, seed
        self._gradient = gradient
        self._size = 1
        self._put_off: set[str] = set()
        self._empty: set[str] = set()
        self._equal: set[str] = set()
        self._ranks: list[dict[str, int]] = []
        self._told: set[str] = set()
        self._told_ones = 0
        self._queue: list[tuple[float, int, int, float, Specs]] = []
        self._known: dict[str, float] = {}
        self._done: set[str] = set()
        self._depth = 0
        self._widened = False
        self.dearest = np.inf
        self.most_ones = np.inf
        self._single: set[str] = set()
        self._counter = itertools.count()
        self.refused: Refused | None = None
        self.tried = 0

    def search(self, starts: Sequence[tuple[float, Specs]]) -> Iterator[tuple[Specs, float]]:
        """Give inputs that work, with their cost, as long as there is budget."""
        started = self._clock()
        queue = self._queue
        for cost, specs in starts:
            self._told = self._told or {x for x in all_letters(specs) if not is_free(x)}
            self._told_ones = ones(specs)
            self._ranks.append({name: len(one.axes) for name, one in specs.items()})
            self._push(cost, specs)
            if (self._scalar or self._gradient) and self.ranks.one_number_each(specs):
                # Before lengths are merged for the sake of tables.
                self._push_all(cost - 0.2, self.ranks.weights_as_vectors(specs))
        while queue and self.tried < _BUDGET and self._clock() - started < _SECONDS:
            _, depth, _, cost, specs = heapq.heappop(queue)
            key = canonical(specs)
            if cost > self.dearest or key in self._done:
                continue
            if ones(specs) > self.most_ones and key not in self._single:
                continue
            if entries(specs, learning_sizes(all_letters(specs))) > _MOST_ENTRIES:
                continue
            self._done.add(key)
            reply, sizes = self._accepted(specs)
            if reply == _EMPTY:
                if key not in self._empty:  # what is found meanwhile is better
                    self._empty.add(key)
                    self._again_later(specs, cost + 0.3, depth)
                else:
                    reply = None
            if reply is None:
                self._depth = depth + 1
                if self._scalar and self._size != 1 and key not in self._put_off:
                    self._put_off.add(key)
                    self._lower(specs, cost)
                    continue
                freer = specs if key in self._equal else self._freer(specs)
                if freer is specs or canonical(freer) in self._done:
                    yield specs, cost
                    continue
                self._equal.add(key)  # the backward may want equal lengths
                self._again_later(specs, cost + 0.05, depth)
                self._done.add(canonical(freer))
                yield freer, cost
                continue
            if self.refused is None or not self._was_closer:
                error = reply.get("error", {})
                self.refused = Refused(
                    str(error.get("stage", "forward")),
                    str(error.get("message", reply.get("trouble", ""))),
                    specs,
                    str(error.get("type", "")),
                )
                self._was_closer = False
            for more, changed in self._repairs.of(specs, sizes, reply, self._again(specs, sizes)):
                self._push(cost + more, changed, depth + 1)

    def _freer(self, specs: Specs) -> Specs:
        apart = letters_apart(specs, self._ranks, self._beginnings.letter)
        if apart is None:
            return specs

        def repaired(free: Specs) -> list[tuple[float, Specs]] | None:
            reply, sizes = self._accepted(free)
            if reply is None:
                return None
            return list(self._repairs.of(free, sizes, reply, self._again(free, sizes)))

        freer = with_more_letters(apart, len(all_letters(specs)), repaired)
        return self.ranks.with_summed_biases(freer or specs)

    def _push(self, cost: float, specs: Specs, depth: int = 0) -> None:
        """Queue inputs: cheap repairs are followed to their end before dearer ones are tried."""
        if ones(specs) > self._told_ones and self._told - set(all_letters(specs)):
            return  # a length that somebody names is not one for the code to run
        specs = self.ranks.with_summed_biases(specs)
        key = canonical(specs)
        if cost < self._known.get(key, np.inf) and key not in self._done and len(key) < 4000:
            self._known[key] = cost
            order = cost - _DEEPER * depth
            heapq.heappush(self._queue, (order, depth, next(self._counter), cost, specs))

    def _push_all(self, cost: float, others: Iterable[tuple[float, Specs]], depth: int = 0) -> None:
        for more, specs in others:
            self._push(cost + more, specs, depth)

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
            fewer = exchange(specs, {letter: 1})
            self._single.add(canonical(fewer))
            self._push(cost + 0.05, fewer, self._depth)
        if self._widened:
            return
        self._widened = True
        if self._size == 1:
            self._push_all(cost, self.ranks.weights_as_vectors(specs), self._depth)
        vectors = {
            name: replace(one, axes=one.axes[:1])
            for name, one in specs.items()
            if one.kind in (*NUMBERS, *LABELS) and len(one.axes) == 2 and name.startswith("arg/")
        }
        if self._size == 1 and not lower:  # a loss: its means differ between vectors and tables
            tables = {one.axes for one in specs.values() if len(one.axes) > 1}
            free = all(self.ranks.is_free(name) for name in vectors)
            lower_all = len(tables) == 1 and free
        else:
            lower_all = lower
        alone = sum(name.startswith("arg/") for name in specs) == 1
        if lower_all and len(vectors) > (0 if alone else 1):
            self._push(cost + 0.15, {**specs, **vectors}, self._depth)
            self._push(
                cost + 0.16, self.ranks.with_single_biases({**specs, **vectors}), self._depth
            )
        if not scalars:
            self._push_all(cost + 0.15, self.ranks.all_alike(specs), self._depth)
        for name, one in specs.items():
            if one.kind not in (*NUMBERS, *LABELS):
                continue
            hint = self._beginnings.hint(name)
            rank = len(one.axes)
            if self.ranks.is_bias(name):
                if scalars and self._size == 1 and rank == 1 and hint.shape is None:
                    self._push(cost + 0.15, {**specs, name: replace(one, axes=())}, self._depth)
                continue
            if hint.shape is not None or (hint.ranks and rank in hint.ranks):
                continue
            if self.ranks.is_batch(name, specs):
                continue
            square = rank == 2 and one.axes[0] == one.axes[1]  # nothing says so but that it runs
            for other in (rank - 1, rank + 1) if lower or square else (rank + 1,):
                if (0 if scalars else 1) <= other <= 2 and other >= hint.at_least:
                    axes = tuple(self._beginnings.letter() for _ in range(other))
                    changed: Specs = {**specs, name: replace(one, axes=axes)}
                    if (rank, other) == (2, 1):
                        changed = self.ranks.with_plain_biases(changed)
                    self._push(cost + 0.15, changed, self._depth)

    def consider(self, specs: Specs, cost: float, others: Sequence[Specs]) -> None:
        """Consider others in the place of some inputs, because their gradients say so."""
        for changed in others:
            self._single.add(canonical({**specs, **changed}))
            self._push(cost + 0.05, {**specs, **changed}, self._depth)

    def merge(self, specs: Specs, cost: float, pairs: Sequence[tuple[str, str]]) -> None:
        """Consider equal lengths where the code lets different ones pass that it takes for one.

        A slice that is too long, or a length that is one, hides it; the gradients then have
        shapes of no input.
        """
        for a, b in pairs:
            self._push(cost + 0.1, exchange(specs, {b: a}), self._depth)

    def learn(
        self, specs: Specs, cost: float, error: Mapping[str, Any], sizes: Mapping[str, int]
    ) -> None:
        """Learn from what the backward said to inputs that the forward takes."""
        for more, changed in self._repairs.of(
            specs, sizes, {"error": error}, self._again(specs, sizes)
        ):
            if more < 3.0:
                self._push(cost + 0.1 * more, changed, self._depth)
        tables = [n for n, o in specs.items() if o.kind == "normal" and len(o.axes) == 2]
        free = {
            n: replace(specs[n], axes=specs[n].axes[:1]) for n in tables if self.ranks.is_free(n)
        }
        if len(free) > 1:
            self._push(cost + 0.3, {**specs, **free}, self._depth)
        for name, one in specs.items():
            table = name[:4] == "arg/" and one.kind == "normal" and len(one.axes) == 2
            if table and self.ranks.is_free(name):  # the backward does not take tables
                fewer = {**specs, name: replace(one, axes=one.axes[:1])}
                self._push(cost + 0.25, fewer, self._depth)
            hint = self._beginnings.hint(name)
            if table and hint.shape is None and not (hint.at_least or hint.ranks or hint.factor):
                self._push(cost + 0.3, {**specs, name: replace(one, axes=())}, self._depth)
            for axis in reversed(one.axes) if len(one.axes) == 2 and one.kind == "normal" else ():
                rest = [a for a in one.axes if a != axis and a != 1]
                if is_free(axis) and name[:4] == "arg/" and rest:
                    self._push(cost + 0.2, exchange(specs, {axis: 1}), self._depth)

    def _again_later(self, specs: Specs, cost: float, depth: int) -> None:
        key = canonical(specs)
        self._done.discard(key)
        self._known.pop(key, None)
        self._push(cost, specs, depth)

    def _lower(self, specs: Specs, cost: float) -> None:
        """A cost that comes out as an array: first try vectors where tables were given."""
        self._again_later(specs, cost + 0.3, self._depth)
        self._push_all(cost + 0.04, self.ranks.lower(specs), self._depth)

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
            if reply.get("size", 1) == 0 and any(o.kind == "length" for o in specs.values()):
                return _EMPTY, sizes
        return None, {}

    def _again(self, specs: Specs, sizes: Mapping[str, int]) -> Again:
        """The same trial with other lengths: what the same message says then."""

        def again(kind: str) -> tuple[str, dict[str, int]]:
            letters = list(sizes)
            numbers = np.arange(8, 9 + 4 * len(letters))
            pool = np.random.default_rng(len(letters)).permutation(numbers)
            other = {letter: int(n) for letter, n in zip(letters, pool, strict=False)}
            same = [letter for letter in letters if other[letter] == sizes[letter]]
            other |= {letter: int(numbers[-1]) + 1 + i for i, letter in enumerate(same)}
            self.tried += 1
            values = draw(specs, other, np.random.default_rng(self._seed))
            reply = self._attempt(
                {n: _largest_labels(specs[n], v, other) for n, v in values.items()}
            )
            error = reply.get("error", {})
            return (str(error["message"]) if error.get("type") == kind else ""), other

        return again


def _largest_labels(one: Wanted, value: Any, sizes: Mapping[str, int]) -> Any:
    """Labels that reach their bound, so that a bound that is too high is heard of."""
    if one.kind != "labels" or not one.axes:
        return value
    top = max(length(one.axes[0], sizes) - 1, 0)
    if np.ndim(value) == 0:
        return int(top)
    value[...] = top
    return value
