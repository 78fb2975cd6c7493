"""When a wrong value is the value of a formula."""

from __future__ import annotations

import numpy as np

from reference.bounded import SAFETY

from ..spec.case import Array
from ..spec.observation import Observation

_ROUNDING = 1e-10  # of the largest entry: formulas that are equal on paper
_SHARE = 1e-3  # of an error, that a formula may leave unexplained


def tolerance(observation: Observation, argument: str) -> float | Array:
    """Rounding allowed in a comparison with a formula that is not the reference's."""
    truth = observation.truth.get(argument)
    if truth is None:
        return 0.0
    error = truth.error
    got = observation.got.get(argument)
    if got is None or error.shape != got.shape:
        return float(np.max(error, initial=0.0))
    return np.asarray(SAFETY * error)


def equal(got: Array, predicted: Array, slack: float | Array) -> bool:
    """Whether two arrays agree but for rounding and axes of length one.

    Non-finite entries agree with their like.
    """
    if got.shape != predicted.shape:
        if _sides(got) != _sides(predicted):
            return False
        predicted = predicted.reshape(got.shape)
    with np.errstate(all="ignore"):
        size = float(np.max(np.abs(predicted), initial=0.0, where=np.isfinite(predicted)))
        close = np.abs(got - predicted) <= slack + _ROUNDING * size
        same = (got == predicted) | (np.isnan(got) & np.isnan(predicted))
    return bool(np.all(close | same))


def explains(o: Observation, argument: str, predicted: Array) -> bool:
    """Whether a formula gives what was got, and not only what is almost the truth.

    Where an entry is wrong, the formula must account for the error itself: a formula that hardly
    differs from the right one would agree with any small error.
    """
    got = o.got[argument]
    if not equal(got, predicted, tolerance(o, argument)):
        return False
    truth = o.truth.get(argument)
    if truth is None or truth.value.shape != got.shape:
        return True
    predicted = predicted.reshape(got.shape)
    with np.errstate(all="ignore"):
        off = np.abs(got - truth.value)
        left = np.abs(got - predicted)
        accounted = left <= _SHARE * off + SAFETY * truth.error
    return bool(np.all(accounted | ~np.isfinite(off)))


def _sides(array: Array) -> list[int]:
    """Lengths of the axes but those of length one, which an observation may have lost."""
    return [side for side in array.shape if side != 1]
