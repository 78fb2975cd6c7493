"""Inputs to compare checkers on: one fixed case a row, and random shapes of normal values."""

from __future__ import annotations

from functools import cache

import numpy as np

from properties.benchmarks.sampling import draw
from properties.layers import ALL
from properties.spec.case import Case
from properties.spec.row import LayerSpec, ObjectSpec, Purpose

_TRIED = 30  # draws that the fixed case is the largest of

# Other checkers ask for one output; what has ways can be planted into.
ROWS: dict[str, LayerSpec] = {
    spec.name: spec
    for spec in ALL
    if not isinstance(spec, ObjectSpec) and len(spec.outputs) == 1 and spec.ways is not None
}


@cache
def random_shapes(row: str, number: int) -> Case:
    """A case of random shape and options, with normal values."""
    strategy = ROWS[row].cases(Purpose.ORDINARY)
    assert strategy is not None
    attempt = 0
    while True:
        case = draw(strategy, f"random shapes:{row}:{number}:{attempt}")
        if case.family == "normal":
            return case
        attempt += 1


@cache
def fixed(row: str) -> Case:
    """One case of normal values: as in a notebook, not a small one."""
    return max((random_shapes(row, number) for number in range(_TRIED)), key=_size)


def _size(case: Case) -> int:
    return sum(np.size(value) for value in case.args.values() if isinstance(value, np.ndarray))
