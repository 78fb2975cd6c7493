"""Weights of the paths of a sum, recovered from wrong values.

A gradient is often a sum of paths whose weights a mistake changes: got = Σ cᵢ termᵢ. Least squares
finds the weights of each case; weights that are the same number, or the same function of the sizes,
in every case name the mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .relations import Pairing, constant_origin

_EXACT = 1e-8


def combination(cases: Sequence[Pairing], sizes: Sequence[Mapping[str, int]]) -> str | None:
    """Say which paths have a wrong weight, or None where weights do not explain every case."""
    sizes = [case.sizes for case in cases]
    cases_with = [case for case in cases if len(case.terms) > 1 and case.got.size]
    if len(cases_with) < 2 or any(case.got.shape != case.wanted.shape for case in cases):
        return None
    names = tuple(cases[0].terms)
    if any(tuple(case.terms) != names for case in cases):
        return None
    fitted = [_fit(case) for case in cases]
    clear = [(f, s) for f, s in zip(fitted, sizes, strict=True) if f is not None]
    if len(clear) < 2 or any(f is not None and f.size == 0 for f in fitted):
        return None
    wrong: list[str] = []
    for i, name in enumerate(names):
        weights = [float(f[i]) for f, _ in clear if f is not None]
        origin = constant_origin(weights, [s for _, s in clear])
        if origin is None:
            return None
        if any(abs(weight - 1.0) > 1e-6 for weight in weights):
            wrong.append(_say(name, origin))
    return "; ".join(wrong) or None


def _say(name: str, origin: str) -> str:
    if origin == "0":
        return f"{name} is missing"
    if origin == "−1":
        return f"{name} has the wrong sign"
    return f"{name} has the factor {origin} too much"


def _fit(case: Pairing) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    """The weights; None where the case cannot tell, empty where no weights explain it."""
    nothing = np.zeros(0)
    got = np.asarray(case.got, dtype=np.float64).ravel()
    if not np.isfinite(got).all():
        return nothing
    columns = np.stack([np.asarray(term, np.float64).ravel() for term in case.terms.values()], 1)
    if not np.isfinite(columns).all():
        return nothing
    size = np.linalg.norm(columns, axis=0)
    if columns.shape[0] <= columns.shape[1] or not (size > 0).all():
        return None
    scaled = columns / size
    if np.linalg.cond(scaled) > 1e4:
        return None
    weights, *_ = np.linalg.lstsq(scaled, got, rcond=None)
    left = np.abs(scaled @ weights - got).max()
    if left > _EXACT * max(np.abs(got).max(), np.abs(columns).max()) + 4.0 * np.max(case.tolerance):
        return nothing
    return np.asarray(weights / size)
