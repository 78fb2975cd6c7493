"""Hold an array against the truth and its rounding bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reference.bounded import SAFETY, Bounded

from ..spec.case import Array
from ..spec.row import Bounds

_HALF_SHORT = 2.0**-24  # rounding unit of float32
_NO_ROUNDING = 2.0**39  # a thousand times the ratio of float32's rounding unit to float64's


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Where an array is wrong. ``got`` has the shape that was wanted unless the shape is wrong."""

    sentence: str
    index: tuple[int, ...] | None
    got: Array
    wanted: Array
    tolerance: Array | None
    shape_is_wrong: bool = False


def same_but_for_ones(got: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether a shape has the wanted axes and at most some of length one more: (1, M) for (M,).

    An axis too few is wrong: a squeeze loses the batch of one.
    """
    if len(got) < len(wanted):
        return False
    return [side for side in got if side != 1] == [side for side in wanted if side != 1]


def allowed(truth: Bounded) -> npt.NDArray[np.float64]:
    """Tolerance: four times the rounding bound."""
    return np.asarray(SAFETY * truth.error)


def difference(got: Array, truth: Bounded) -> Difference | None:
    """Compare elementwise; None when every entry lies within its tolerance.

    Axes of length one do not count as a wrong shape: that is a convention, and named as one by
    the caller.
    """
    wanted = truth.value
    if got.shape != wanted.shape:
        if not same_but_for_ones(got.shape, wanted.shape):
            return wrong_shape(got, wanted)
        got = got.reshape(wanted.shape)
    tolerance = allowed(truth)
    with np.errstate(invalid="ignore", over="ignore"):
        off = np.abs(got - wanted)
        # An infinite bound says that nothing is known of the entry, not even that it is finite.
        right = (off <= tolerance) | (got == wanted) | (tolerance == np.inf)
    if right.all():
        return None
    return _furthest(got, wanted, tolerance, off, right)


def wrong_shape(got: Array, wanted: Array) -> Difference:
    """The difference of two arrays of different shapes."""
    return Difference(
        sentence=f"has shape {got.shape}, wanted {wanted.shape}",
        index=None,
        got=got,
        wanted=wanted,
        tolerance=None,
        shape_is_wrong=True,
    )


def is_single(value: Array) -> bool:
    """Whether an array holds no more than float32 does, whatever its dtype."""
    with np.errstate(over="ignore"):
        return bool((value.astype(np.float32) == value).all())


def _furthest(got: Array, wanted: Array, tolerance: Array, off: Array, right: Array) -> Difference:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        excess = np.where(right, -1.0, off / np.where(tolerance > 0, tolerance, 1e-300))
    excess = np.where(np.isnan(excess), np.inf, excess)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(excess)), got.shape))
    count = int(right.size - np.count_nonzero(right))
    where = f"[{', '.join(map(str, index))}]" if index else ""
    many = f" ({count} of {right.size} entries are off)" if right.size > 1 else ""
    same = f"{got[index]:.10g}" == f"{wanted[index]:.10g}"
    digits = 17 if same else 10  # nobody is told that 0.875 should be 0.875
    told = f"is {got[index]:.{digits}g}, wanted {wanted[index]:.{digits}g}"
    sentence = f"{where} {told}{many}".lstrip()
    return Difference(sentence=sentence, index=index, got=got, wanted=wanted, tolerance=tolerance)


def looks_like_float32(got: Array, truth: Bounded, bound32: Bounded, *, single: bool) -> bool:
    """Whether a difference is what computing in float32 would leave.

    Every entry must lie within float32's bound, and the entries that are off must be off by an
    amount of the order of float32's rounding unit: a single wrong entry at 1e-12 is no rounding.
    A gate that float32 alone would leave open (``x > 0`` of an x that it cannot tell from zero)
    excuses results of ``single`` precision and no others.
    """
    wanted = truth.value
    got = got.reshape(wanted.shape)
    off = np.abs(got - wanted)
    # Where nothing is known in float32, a finite value that is far off is no rounding either.
    near = (off <= 0.01 * np.abs(wanted)) | ~np.isfinite(got)
    known = np.isfinite(bound32.error)
    if not np.where(known, off <= SAFETY * bound32.error, near).all():
        return False
    open_gates = np.isfinite(bound32.error) & (bound32.error > _NO_ROUNDING * truth.error)
    in_short = single or got.dtype == np.float32
    if not in_short and (open_gates & (off > SAFETY * truth.error)).any():
        return False
    scale = np.maximum(np.abs(wanted), np.finfo(np.float64).tiny)
    with np.errstate(over="ignore", invalid="ignore"):  # beside a wanted zero
        relative = (off / scale)[off > 0]
    if relative.size == 0 or float(np.median(relative)) < 1e-3 * _HALF_SHORT:
        return False
    # A systematic error of the right size (an eps in another place) has one sign throughout.
    return bool(relative.size >= min(3, got.size) or (got.astype(np.float32) == got).all())


def exact(truth: Bounds) -> Bounds:
    """The same truth with no tolerance for rounding; intervals of subgradients stay."""
    return {
        name: Bounded(
            bounded.value,
            np.where(bounded.error < 1e-10 * (1.0 + np.abs(bounded.value)), 0.0, bounded.error),
            bounded.precision,
        )
        for name, bounded in truth.items()
    }


def exact_to_last_bits(truth: Bounds) -> Bounds:
    """The same truth with a few rounding units of each value itself for rounding.

    For a value that may be half the square of a norm: the sum of squares is exact, the root
    that is squared again is not.
    """
    return {
        name: Bounded(
            bounded.value,
            np.minimum(bounded.error, 2.0 * bounded.precision.unit * np.abs(bounded.value)),
            bounded.precision,
        )
        for name, bounded in truth.items()
    }


def is_number(value: Any) -> bool:
    """Whether something is a number or an array of numbers: no flag, text or None."""
    if isinstance(value, (bool, str)) or value is None:
        return False
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fiub"
    return isinstance(value, (int, float, np.number))
