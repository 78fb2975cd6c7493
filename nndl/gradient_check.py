"""Numerical derivatives under the names that the course's notebooks use.

Central differences of one step, elementwise: an error of order h² from the curvature and of order
u/h from rounding, about 1e-10 at h = 1e-5 for values near one in double precision. For a verdict
with an error estimate, run ``nndl check``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._validate import FloatArray, number

__all__ = ["eval_numerical_gradient", "eval_numerical_gradient_array", "rel_error"]


def eval_numerical_gradient(
    f: Callable[[FloatArray], Any], x: FloatArray, verbose: bool = True, h: float = 1e-5
) -> FloatArray:
    """Return the derivative of a scalar function by central differences.

    Parameters
    ----------
    f : callable
        Takes x, returns a scalar. It may also ignore its argument and use the array `x` from
        elsewhere, as ``lambda W: net.loss(X, y)[0]`` does: x is moved in place, one entry at a
        time, and put back.
    x : floating array
        Where to differentiate.
    verbose : bool
        Print each derivative with its index.
    h : float
        Step.

    Returns
    -------
    gradient : array of the shape of x

    Raises
    ------
    ValueError
        If x is no writeable floating array or h is not positive.
    """
    x, h = _movable(x), number("h", h, "> 0")
    gradient = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        with _moved(x, index, h):
            above = f(x)
        with _moved(x, index, -h):
            below = f(x)
        gradient[index] = (above - below) / (2 * h)
        if verbose:
            print(index, gradient[index])
    return gradient


def eval_numerical_gradient_array(
    f: Callable[[FloatArray], ArrayLike], x: FloatArray, df: ArrayLike, h: float = 1e-5
) -> FloatArray:
    """Return the derivative of Σ f(x) · df by central differences: a vector-Jacobian product.

    Parameters
    ----------
    f : callable
        Takes x, returns an array of the shape of `df`.
    x : floating array
        Where to differentiate; moved in place, one entry at a time, and put back.
    df : array
        Upstream derivative.
    h : float
        Step.

    Returns
    -------
    gradient : array of the shape of x

    Raises
    ------
    ValueError
        If x is no writeable floating array or h is not positive.

    Examples
    --------
    >>> eval_numerical_gradient_array(lambda v: 3 * v, np.array([1.0, 2.0]), [1.0, -1.0]).round(6)
    array([ 3., -3.])
    """
    x, h = _movable(x), number("h", h, "> 0")
    upstream = np.asarray(df)
    gradient = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        with _moved(x, index, h):
            above = np.array(f(x))  # a copy, as f may return a view of x
        with _moved(x, index, -h):
            below = np.array(f(x))
        gradient[index] = np.sum((above - below) * upstream) / (2 * h)
    return gradient


def rel_error(x: ArrayLike, y: ArrayLike) -> float:
    """Return max |x − y| / max(1e-8, |x| + |y|); 0 for empty arrays.

    Examples
    --------
    >>> rel_error([1.0, 2.0], [1.0, 2.0002]) < 1e-4
    True
    """
    x, y = np.asarray(x), np.asarray(y)
    ratio = np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))
    return float(np.max(ratio, initial=0.0))


def _movable(x: NDArray[Any]) -> FloatArray:
    if not (isinstance(x, np.ndarray) and x.dtype.kind == "f" and x.flags.writeable):
        what = x.dtype if isinstance(x, np.ndarray) else type(x).__name__
        raise ValueError(f"x must be a writeable array of a floating dtype, got {what}")
    return x


@contextmanager
def _moved(x: FloatArray, index: tuple[int, ...], step: float) -> Iterator[None]:
    """Move one entry of x, and put it back even when the function raises."""
    kept = x[index]
    x[index] = kept + step
    try:
        yield
    finally:
        x[index] = kept
