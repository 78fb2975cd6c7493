"""Numerical derivatives that say how accurate they are.

Each derivative is an `Estimate`, a value with an error. The error is the larger of what the
extrapolation leaves open and of what the rounding of the evaluations can do, so that a caller has
three answers: right, wrong, or not to be told at this accuracy.

The pure functions `richardson` and `one_sided_slopes` (in `extrapolation`) take values at points
that were evaluated elsewhere; the functions here call the function themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .bounded import Array, quiet
from .extrapolation import Estimate, central_steps, one_sided_slopes, points, richardson
from .precision import UNIT_FLOAT64

__all__ = [
    "Estimate",
    "central_steps",
    "complex_step",
    "directional_derivative",
    "jacobian",
    "one_sided",
    "one_sided_slopes",
    "points",
    "richardson",
]

_EVALUATION = 16.0  # roundings, in units of the value, that an evaluation is taken to make


def directional_derivative(
    f: Callable[[Array], Any],
    x: ArrayLike,
    v: ArrayLike,
    *,
    steps: ArrayLike | None = None,
    noise: float | None = None,
    unit: float = UNIT_FLOAT64,
    batched: bool = False,
) -> Estimate:
    """Differentiate a scalar function along `v` by extrapolated central differences.

    Parameters
    ----------
    f : callable
        Takes an array of x's shape and returns a number; with `batched`, takes a stack of points
        along a new first axis and returns one number for each.
    x, v : array, same shape
        Point and direction; `v` is not normalised, and the derivative is in units of f per `v`.
    steps : array, optional
        Absolute steps in units of `v`; by default such that the largest component moves by about
        an eighth of max(1, |x|).
    noise : float, optional
        Absolute error of one evaluation; by default 16 roundings of the largest value seen, plus
        what rounding the points themselves does.
    unit : float
        Unit roundoff of f's arithmetic; 2**-24 when f works in float32.
    batched : bool
        Whether f takes all points in one call.

    Returns
    -------
    Estimate, 0-d

    Raises
    ------
    ValueError
        When shapes differ, `v` is zero, or f does not return a number for each point.

    Examples
    --------
    >>> x, v = np.array([0.5, 1.0]), np.array([1.0, -2.0])
    >>> slope = directional_derivative(lambda p: p[1] / (1 + p[0]), x, v)
    >>> exact = -1 / 1.5**2 - 2 / 1.5
    >>> f"measured {abs(slope.value - exact):.0e}, estimated {slope.error:.0e}"
    'measured 5e-15, estimated 7e-13'
    """
    at, along, h = _prepared(x, v, steps, unit)
    plus, minus = points(at, along, h)
    values = _evaluated(f, np.concatenate([plus, minus]), batched)
    first, second = values[: len(h)], values[len(h) :]
    if noise is None:
        noise = _noise(values, (first - second) / (2.0 * h), at, along, unit)
    return richardson(first, second, h, noise)


def one_sided(
    f: Callable[[Array], Any],
    x: ArrayLike,
    v: ArrayLike,
    *,
    steps: ArrayLike | None = None,
    noise: float | None = None,
    unit: float = UNIT_FLOAT64,
    batched: bool = False,
) -> tuple[Estimate, Estimate]:
    """Differentiate a scalar function along `v` from both sides, for kinks at `x`.

    Parameters
    ----------
    f, x, v, steps, noise, unit, batched
        As in `directional_derivative`. No other kink may lie within the largest step.

    Returns
    -------
    left, right : Estimate, 0-d
        ``(f(x) - f(x - h v)) / h`` and ``(f(x + h v) - f(x)) / h`` as h goes to zero.

    Raises
    ------
    ValueError
        As `directional_derivative`.

    Examples
    --------
    >>> left, right = one_sided(lambda p: max(p[0], 0.0), [0.0], [3.0])
    >>> float(left.value), float(right.value)
    (0.0, 3.0)
    """
    at, along, h = _prepared(x, v, steps, unit)
    plus, minus = points(at, along, h)
    values = _evaluated(f, np.concatenate([at[None], plus, minus]), batched)
    centre, first, second = values[0], values[1 : len(h) + 1], values[len(h) + 1 :]
    if noise is None:
        slopes = np.concatenate([(first - centre) / h, (centre - second) / h])
        noise = _noise(values, slopes, at, along, unit)
    return one_sided_slopes(centre, first, second, h, noise)


def complex_step(f: Callable[[Any], Any], x: ArrayLike, v: ArrayLike) -> Array:
    r"""Differentiate along `v` as :math:`\operatorname{Im} f(x + i h v) / h`, h = 2**-100.

    Nothing is subtracted, so the result has the accuracy of f itself. f has to be analytic and
    written so: no ``abs``, no ``max``, no comparison, plain transposes.

    Parameters
    ----------
    f : callable
        Takes a complex array of x's shape, returns a complex number or array.
    x, v : array, same shape
        Point and direction.

    Returns
    -------
    ndarray of float64, shape of f's result

    Raises
    ------
    ValueError
        When f's result is real: it has dropped the imaginary part.

    References
    ----------
    W. Squire, G. Trapp (1998), Using complex variables to estimate derivatives of real functions,
    SIAM Review 40, 110-112.

    Examples
    --------
    >>> slope = complex_step(lambda z: z * z * z, 1.0, 1.0)
    >>> f"measured {abs(slope - 3):.0e}"
    'measured 0e+00'
    """
    step = 2.0**-100
    point = np.asarray(x, dtype=np.float64) + 1j * step * np.asarray(v, dtype=np.float64)
    result = np.asarray(f(point))
    if not np.iscomplexobj(result):
        raise ValueError(
            f"f returned {result.dtype} for a complex argument; complex step needs a function "
            "that carries the imaginary part through"
        )
    return np.asarray(result.imag / step)


def jacobian(
    f: Callable[[Array], Any],
    x: ArrayLike,
    *,
    scale: float | None = None,
    noise: ArrayLike | None = None,
    unit: float = UNIT_FLOAT64,
) -> Estimate:
    r"""Evaluate all of :math:`\partial f_i / \partial x_j`, one input entry after the other.

    This is for localising a wrong entry; it costs twelve evaluations of f per entry of `x`.

    Parameters
    ----------
    f : callable
        Takes an array of x's shape, returns a number or an array.
    x : array
        Point.
    scale : float, optional
        Absolute length for `central_steps`; by default max(1, largest \|x\|).
    noise : float or array of f's shape, optional
        Absolute error of one evaluation; by default 16 roundings of the largest value seen and one
        of the entry of `x`.
    unit : float
        Unit roundoff of f's arithmetic.

    Returns
    -------
    Estimate, shape (f's shape, x's shape)

    Raises
    ------
    ValueError
        When `scale` is not positive and finite.

    Examples
    --------
    >>> slopes = jacobian(lambda p: np.array([p[0] * p[1], 1 / (4 + p[1])]), [2.0, 1.0])
    >>> exact = np.array([[1.0, 2.0], [0.0, -0.04]])
    >>> f"measured {abs(slopes.value - exact).max():.0e}, estimated {slopes.error.max():.0e}"
    'measured 3e-16, estimated 2e-13'
    """
    at = np.asarray(x, dtype=np.float64)
    h = central_steps(_length(at) if scale is None else scale, unit=unit)
    columns, errors = [], []
    shape = np.shape(f(at))
    for index in np.ndindex(at.shape):
        v = np.zeros(at.shape)
        v[index] = 1.0
        plus, minus = (
            np.array([np.asarray(f(p), dtype=np.float64) for p in side])
            for side in points(at, v, h)
        )
        level = noise
        if level is None:
            slopes = np.abs(plus - minus).max(axis=0) / (2.0 * h[-1])
            sizes = np.maximum(np.abs(plus), np.abs(minus)).max(axis=0)
            level = unit * (_EVALUATION * sizes + _length(at) * slopes)
        estimate = richardson(plus, minus, h, level)
        columns.append(estimate.value)
        errors.append(estimate.error)
    whole = (*shape, *at.shape)
    if not columns:
        return Estimate(np.zeros(whole), np.zeros(whole))
    return Estimate(
        np.stack(columns, axis=-1).reshape(whole), np.stack(errors, axis=-1).reshape(whole)
    )


def _length(x: Array) -> float:
    return max(1.0, float(np.abs(x).max(initial=0.0)))


def _prepared(
    x: ArrayLike, v: ArrayLike, steps: ArrayLike | None, unit: float
) -> tuple[Array, Array, Array]:
    at, along = np.asarray(x, dtype=np.float64), np.asarray(v, dtype=np.float64)
    longest = float(np.abs(along).max(initial=0.0))
    if at.shape != along.shape or not longest > 0.0:
        raise ValueError(
            f"x has shape {at.shape}, v {along.shape} and largest entry {longest}; "
            "give a direction of x's shape that is not zero"
        )
    if steps is None:
        return at, along, central_steps(_length(at) / longest, unit=unit)
    return at, along, np.asarray(steps, dtype=np.float64)


@quiet
def _evaluated(f: Callable[[Array], Any], stack: Array, batched: bool) -> Array:
    values = np.asarray(f(stack) if batched else [f(point) for point in stack], dtype=np.float64)
    if values.shape != (len(stack),):
        raise ValueError(
            f"f gave shape {values.shape} for {len(stack)} points; it must return one number each"
        )
    return values


@quiet
def _noise(values: Array, slopes: Array, x: Array, v: Array, unit: float) -> float:
    """Rounding of f's evaluation, and of the points: each entry of x + h v is off by u |x|."""
    evaluation = _EVALUATION * np.abs(values).max(initial=0.0)
    spread = np.sqrt(np.mean(v * v))
    return float(unit * (evaluation + 2.0 * _length(x) * np.abs(slopes).max(initial=0.0) / spread))
