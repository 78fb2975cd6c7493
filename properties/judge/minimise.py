"""Make the values of a failing case simple, entry by entry.

Hypothesis has made the shapes small by then; its seed stands for all values at once, so they
are made readable here: zeros, ones and small integers wherever the failure stays the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..spec.case import Array, Case

_TRIES = 200  # evaluations at most: a fifth of a second on a small case


def minimise(case: Case, fails: Callable[[Case], bool]) -> Case:
    """Return the simplest case found that still fails.

    Parameters
    ----------
    case
        A case on which ``fails`` is true.
    fails
        Whether a case fails in the same way.
    """
    left = _TRIES
    for candidate_of in (_whole_arrays, _entries):
        for make in candidate_of(case):
            if left == 0:
                return case
            candidate = make(case)
            if candidate is None:
                continue
            left -= 1
            if fails(candidate):
                case = candidate
    return case


Change = Callable[[Case], Case | None]


def _places(case: Case) -> list[str]:
    names = [
        name
        for name, value in case.args.items()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size
    ]
    return names if case.dout is None else ["dout", *case.douts, *names]


def _get(case: Case, place: str) -> Array:
    value: Any = case.dout if place == "dout" else {**case.args, **case.douts}[place]
    return np.asarray(value)


def _set(case: Case, place: str, value: Array) -> Case:
    if place == "dout":
        return replace(case, dout=value)
    if place in case.douts:
        return replace(case, douts={**case.douts, place: value})
    return case.with_args(**{place: value})


def _whole_arrays(case: Case) -> Iterator[Change]:
    for place in _places(case):
        for simplify in (np.zeros_like, np.ones_like, _to_integers, _to_eighths):
            yield _changing(place, simplify)


def _changing(place: str, simplify: Callable[[Array], Array]) -> Change:
    def change(case: Case) -> Case | None:
        before = _get(case, place)
        after = np.asarray(simplify(before))
        # Ones are simpler than anything but zeros.
        return (
            None if not before.any() or np.array_equal(before, after) else _set(case, place, after)
        )

    return change


def _to_integers(array: Array) -> Array:
    return np.round(array) + 0.0  # 0 instead of -0


def _to_eighths(array: Array) -> Array:
    return np.round(array * 8.0) / 8.0 + 0.0


def _entries(case: Case) -> Iterator[Change]:
    for place in _places(case):
        for index in range(_get(case, place).size):
            for value in (0.0, 1.0):
                yield _putting(place, index, value)


def _putting(place: str, index: int, value: float) -> Change:
    def change(case: Case) -> Case | None:
        before = _get(case, place)
        if before.flat[index] in (value, 0.0):
            return None
        after = before.copy()
        after.flat[index] = value
        return _set(case, place, after)

    return change
