"""Generic relations between a wrong value and the right one.

Pure functions over several cases. A case is a pair (got, wanted) with the lengths of its named
axes and, where they are known, named arrays that occur in the computation. A relation is reported
only when it explains every case; with one case alone many relations hold by accident, so callers
should give two or more of unequal shapes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import multiples, places, shapes
from .factors import constant_origin, origin_value, ratio_of
from .pairing import Finder, Pairing, Relation, as_float, same

__all__ = [
    "Pairing",
    "Relation",
    "constant_origin",
    "origin_value",
    "ratio_of",
    "relate",
    "relations",
]


def relate(cases: Sequence[Pairing]) -> Relation | None:
    """Return the most telling relation that explains all cases, or None."""
    return next(iter(relations(cases)), None)


def relations(cases: Sequence[Pairing]) -> list[Relation]:
    """Return every relation that explains all cases, the most telling first."""
    cases = [as_float(case) for case in cases]
    if not cases or all(same(c.got, c.wanted, c) for c in cases):
        return []
    found: list[Relation] = []
    with np.errstate(all="ignore"):
        for finder in _FINDERS:
            found += list(finder(cases))
    return sorted(found, key=lambda one: -one.confidence)


_FINDERS: tuple[Finder, ...] = (
    multiples.ratio,
    shapes.transpose,
    shapes.kept,
    shapes.summed,
    places.terms,
    multiples.factor,
    multiples.added,
    shapes.permuted,
    places.masked,
    places.offset,
    places.other,
    multiples.magnitude,
    multiples.axis_ratio,
)
