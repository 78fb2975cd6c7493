"""Lengths that are equal and need not be: the same ranks with more letters."""

from __future__ import annotations

import heapq
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..spec.lengths import Axis, letters_of
from .inputs import LABELS, NUMBERS
from .letters import Specs, all_letters, canonical

_TRIES, _CHEAP = 12, 0.15
"""How many inputs are tried, and what a repair of them may cost."""


def letters_apart(
    specs: Specs, ranks: Sequence[dict[str, int]], letter: Callable[[], str]
) -> Specs | None:
    """A letter of its own for every axis of arrays; None where nothing asks for it.

    What had to be equal for the ranks that were tried first need not be for others, and a table
    need not be square because a trial went well on one. Lengths that somebody names, or that
    labels and whole numbers depend on, stay.

    Parameters
    ----------
    ranks
        How many axes the arguments had at first.
    letter
        Gives a fresh letter.
    """
    arrays = {name for name, one in specs.items() if one.kind in (*NUMBERS, *LABELS)}
    square = any(len(set(specs[name].axes)) < len(specs[name].axes) for name in arrays)
    if not square and {name: len(one.axes) for name, one in specs.items()} in ranks:
        return None
    taken = {x for name, one in specs.items() if name not in arrays for x in one.letters()}
    axes = {axis for name in arrays for axis in specs[name].axes}
    taken |= {x for axis in axes if not is_free(axis) for x in letters_of(axis)}

    def fresh(axis: Axis) -> Axis:
        return letter() if is_free(axis) and axis not in taken else axis

    apart = {
        name: replace(one, axes=tuple(map(fresh, one.axes))) if name in arrays else one
        for name, one in specs.items()
    }
    return None if apart == specs else apart


def with_more_letters(
    apart: Specs, count: int, repaired: Callable[[Specs], Sequence[tuple[float, Specs]] | None]
) -> Specs | None:
    """The first inputs that are accepted with more letters than there were; None without any.

    Parameters
    ----------
    count
        How many there were.
    repaired
        Tries inputs: None when they are accepted, else others with what the change costs.
    """
    order = itertools.count()
    queue = [(0.0, next(order), apart)]
    known: set[str] = set()
    for _ in range(_TRIES):
        if not queue:
            return None
        cost, _, specs = heapq.heappop(queue)
        others = repaired(specs)
        if others is None:
            return specs
        for more, other in others:
            key = canonical(other)
            if more < _CHEAP and key not in known and len(all_letters(other)) > count:
                known.add(key)
                heapq.heappush(queue, (cost + more, next(order), other))
    return None


def is_free(axis: Axis) -> bool:
    """Whether nobody has named a length."""
    return re.fullmatch(r"s\d+", str(axis)) is not None
