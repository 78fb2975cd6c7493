"""Extrapolation of difference quotients to step zero, with an error estimate.

Everything here is pure: it takes steps and values at points that were evaluated elsewhere, all of
them at once if need be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .bounded import Array, quiet
from .precision import UNIT_FLOAT64

_SAFETY = 2.0  # on the difference of neighbours in the tableau


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A numerical derivative and its error.

    Parameters
    ----------
    value : ndarray of float64
        The derivative; 0-d for a directional derivative of a scalar function.
    error : ndarray of float64, same shape
        Absolute error estimate, in the units of `value`; infinite where nothing is known. It is an
        estimate, not a bound: it takes the function to be smooth along the points.
    """

    value: Array
    error: Array


def central_steps(
    scale: float = 1.0, *, unit: float = UNIT_FLOAT64, count: int | None = None
) -> Array:
    """Choose steps for `richardson`: powers of two, halving, the largest first.

    Parameters
    ----------
    scale : float
        Absolute length, along the direction, over which the function is smooth. Rounded down to a
        power of two.
    unit : float
        Unit roundoff of the function's arithmetic. float64 starts at scale / 8 and takes six steps;
        anything coarser starts at scale / 4 and takes four.
    count : int, optional
        Number of steps, at least two.

    Returns
    -------
    ndarray of float64, shape (count,)
        Absolute steps.

    Raises
    ------
    ValueError
        When `scale` is not positive and finite, or `count` is below two.

    Examples
    --------
    >>> central_steps(1.0)
    array([0.125     , 0.0625    , 0.03125   , 0.015625  , 0.0078125 , 0.00390625])
    >>> central_steps(10.0, unit=2.0**-24)
    array([2.  , 1.  , 0.5 , 0.25])
    """
    if not (np.isfinite(scale) and scale > 0.0):
        raise ValueError(f"scale is {scale!r}; give a positive finite length")
    fine = unit <= UNIT_FLOAT64
    number = (6 if fine else 4) if count is None else count
    if number < 2:
        raise ValueError(f"count is {count!r}; two steps are the least that can be compared")
    start = 2.0 ** (np.floor(np.log2(scale)) - (3 if fine else 2))
    return np.asarray(start * 2.0 ** -np.arange(number, dtype=np.float64))


def points(x: Array, v: Array, steps: Array) -> tuple[Array, Array]:
    """Build all points x + h v and x - h v, stacked along a new first axis.

    Parameters
    ----------
    x, v : ndarray of float64, same shape
        Point and direction.
    steps : ndarray of float64, shape (k,)
        Steps, in units of `v`.

    Returns
    -------
    plus, minus : ndarray of float64, shape (k, ...)

    Examples
    --------
    >>> points(np.array([1.0]), np.array([2.0]), np.array([0.5, 0.25]))
    (array([[2. ], [1.5]]), array([[0. ], [0.5]]))
    """
    moves = np.multiply.outer(steps, v)
    return x + moves, x - moves


@quiet
def richardson(
    values_plus: ArrayLike, values_minus: ArrayLike, steps: ArrayLike, noise: ArrayLike
) -> Estimate:
    r"""Extrapolate central differences to step zero and keep the best entry of the tableau.

    :math:`T_{i0} = (f(x + h_i v) - f(x - h_i v)) / 2h_i` has an error in even powers of h, which
    Neville's scheme removes one after another,

    .. math:: T_{ij} = T_{i,j-1} + \frac{T_{i,j-1} - T_{i-1,j-1}}{(h_{i-j} / h_i)^2 - 1}.

    Ridders takes the larger of the distances of :math:`T_{ij}` to the two entries it was made from
    as its error; here twice that is added to the rounding of the evaluations, carried through the
    same scheme, and the entry with the smallest sum is the answer.

    Parameters
    ----------
    values_plus, values_minus : array, shape (k, ...)
        Function values at x + h_i v and x - h_i v.
    steps : array, shape (k,)
        Absolute steps in units of v, positive, all different, in any order.
    noise : float or array, shape (...)
        Absolute error that a single value may have.

    Returns
    -------
    Estimate, shape (...)
        With a single step the error is infinite.

    Raises
    ------
    ValueError
        When the first axes differ, or the steps are not positive and different.

    References
    ----------
    C. J. F. Ridders (1982), Accurate computation of F'(x) and F'(x) F''(x), Advances in Engineering
    Software 4, 75-76. L. F. Richardson (1911), Phil. Trans. R. Soc. A 210, 307-357.

    Examples
    --------
    >>> h = central_steps(1.0)
    >>> slope = richardson(1 / (1 + h), 1 / (1 - h), h, noise=2.0**-52)
    >>> f"measured {abs(slope.value + 1):.0e}, estimated {slope.error:.0e}"
    'measured 5e-15, estimated 1e-13'
    """
    plus, minus, h = _checked(values_plus, values_minus, steps)
    return _extrapolate((plus - minus) / (2.0 * h), h, h * h, np.asarray(noise, dtype=np.float64))


@quiet
def one_sided_slopes(
    value: ArrayLike,
    values_plus: ArrayLike,
    values_minus: ArrayLike,
    steps: ArrayLike,
    noise: ArrayLike,
) -> tuple[Estimate, Estimate]:
    r"""Extrapolate the one-sided differences at a kink to step zero.

    :math:`(f(x + hv) - f(x)) / h` and :math:`(f(x) - f(x - hv)) / h` have errors in all powers of
    h. For a convex function, as ReLU and hinge, the first is the larger; every subgradient along v
    lies between the two.

    Parameters
    ----------
    value : float or array, shape (...)
        Function value at x.
    values_plus, values_minus, steps, noise
        As in `richardson`.

    Returns
    -------
    left, right : Estimate, shape (...)

    Raises
    ------
    ValueError
        As `richardson`.

    Examples
    --------
    >>> h = central_steps(1.0)
    >>> left, right = one_sided_slopes(0.0, abs(h), abs(-h), h, noise=0.0)
    >>> float(left.value), float(right.value)
    (-1.0, 1.0)
    """
    plus, minus, h = _checked(values_plus, values_minus, steps)
    centre = np.asarray(value, dtype=np.float64)
    # Both values of a difference have the noise, and the step is h instead of 2 h.
    twice = 2.0 * np.asarray(noise, dtype=np.float64)
    return (
        _extrapolate((centre - minus) / h, h, h, twice),
        _extrapolate((plus - centre) / h, h, h, twice),
    )


def _checked(plus: ArrayLike, minus: ArrayLike, steps: ArrayLike) -> tuple[Array, Array, Array]:
    """Values and steps as arrays, the largest step first, steps shaped to broadcast."""
    a, b = np.asarray(plus, dtype=np.float64), np.asarray(minus, dtype=np.float64)
    h = np.asarray(steps, dtype=np.float64)
    if h.ndim != 1 or a.shape[:1] != h.shape or b.shape != a.shape:
        raise ValueError(
            f"values have shapes {a.shape} and {b.shape}, steps {h.shape}; "
            "the first axis of both values must run over the steps"
        )
    order = np.argsort(-h)
    h = h[order]
    if not (len(h) and h[-1] > 0.0 and (np.diff(h) < 0.0).all()):
        raise ValueError(f"steps are {h.tolist()}; give positive steps, all different")
    return a[order], b[order], h.reshape(-1, *([1] * (a.ndim - 1)))


def _extrapolate(slopes: Array, h: Array, powers: Array, noise: Array) -> Estimate:
    """Neville's scheme in `powers` of the steps; the entry with the smallest error wins."""
    best = slopes[-1]
    best_error = np.full(best.shape, np.inf)
    column = slopes
    rounding = np.broadcast_to(noise, best.shape) / h
    for order in range(1, len(slopes)):
        ratio = powers[:-order] / powers[order:]
        finer, coarser = column[1:], column[:-1]
        entry = finer + (finer - coarser) / (ratio - 1.0)
        rounding = (ratio * rounding[1:] + rounding[:-1]) / (ratio - 1.0)
        distance = np.maximum(np.abs(entry - finer), np.abs(entry - coarser))
        error = np.fmin(_SAFETY * distance + rounding, np.inf)
        winner = np.expand_dims(np.argmin(error, axis=0), 0)
        candidate = np.take_along_axis(error, winner, 0)[0]
        better = candidate < best_error
        best = np.where(better, np.take_along_axis(entry, winner, 0)[0], best)
        best_error = np.where(better, candidate, best_error)
        column = entry
    return Estimate(np.asarray(best), np.asarray(best_error))
