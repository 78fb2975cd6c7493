"""A wrong value beside the right one, and what may be said of the two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Pairing:
    """One case: the wrong value, the right one, and what is known of its surroundings.

    sizes : lengths of named axes, such as {"N": 5, "D": 3}.
    named : arrays of the computation by name, candidates for a missing or superfluous factor.
    terms : arrays of which one may be missing from a sum, such as the adjoint along one path.
    previous : earlier values of the same variable, and other values it may have been confused with.
    masks : boolean arrays by name.
    tolerance : absolute tolerance of an entry; scalar or array.
    """

    got: Array
    wanted: Array
    sizes: Mapping[str, int] = field(default_factory=dict)
    named: Mapping[str, Array] = field(default_factory=dict)
    terms: Mapping[str, Array] = field(default_factory=dict)
    previous: Mapping[str, Array] = field(default_factory=dict)
    masks: Mapping[str, Array] = field(default_factory=dict)
    tolerance: float | Array = 0.0


@dataclass(frozen=True, slots=True)
class Relation:
    """What a wrong value has to do with the right one.

    name : short and stable, such as "ratio", "transpose", "missing term".
    sentence : for a person; `evidence` says on how many entries and cases it holds.
    confidence : 0 to 1, higher for relations that hold by accident less often.
    ratio : got / wanted where it is one number in all cases.
    """

    name: str
    sentence: str
    evidence: str
    confidence: float
    ratio: float | None = None


Finder = Callable[[Sequence[Pairing]], Iterator[Relation]]


def as_float(case: Pairing) -> Pairing:
    return Pairing(
        np.asarray(case.got, dtype=float),
        np.asarray(case.wanted, dtype=float),
        case.sizes,
        case.named,
        case.terms,
        case.previous,
        case.masks,
        case.tolerance,
    )


def close(a: Array, b: Array, case: Pairing) -> NDArray[np.bool_]:
    size = max(float(np.max(np.abs(b), initial=0.0)), float(np.max(np.abs(a), initial=0.0)))
    slack = np.max(case.tolerance) if np.size(case.tolerance) else 0.0
    close: NDArray[np.bool_] = np.abs(a - b) <= 4 * slack + 1e-8 * size
    return close


def same(a: Array, b: Array, case: Pairing) -> bool:
    return a.shape == b.shape and bool(np.all(close(a, b, case)))


def everywhere(cases: Sequence[Pairing]) -> str:
    entries = sum(case.wanted.size for case in cases)
    word = "case" if len(cases) == 1 else "cases"
    return f"holds for all {entries} entries of {len(cases)} {word}"


def digits(value: float) -> str:
    return f"{value:.4g}"
