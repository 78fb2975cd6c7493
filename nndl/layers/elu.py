"""Exponential linear unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._guards import array, upstream
from .._validate import FloatArray, number

__all__ = ["elu_backward", "elu_forward"]


def elu_forward(x: ArrayLike, alpha: float = 1.0) -> tuple[FloatArray, tuple[FloatArray, float]]:
    """Bend negative entries towards −alpha: out = x where x > 0, and alpha (eˣ − 1) elsewhere.

    expm1 keeps the digits of eˣ − 1 near zero; min(x, 0) keeps the half that is not used finite.

    Parameters
    ----------
    x : array of any shape
    alpha : float
        The limit at −∞ is −alpha.

    Returns
    -------
    out : array of the shape of x
    cache : tuple
        (x, alpha).

    Raises
    ------
    ValueError
        If x does not hold real numbers, or alpha is not a number.

    Examples
    --------
    >>> elu_forward([-np.log(2), 3.0], alpha=2.0)[0]
    array([-1.,  3.])
    """
    x, alpha = array("x (...)", x), number("alpha", alpha)
    out = np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))
    return out, (x, alpha)


def elu_backward(dout: ArrayLike, cache: tuple[FloatArray, float]) -> FloatArray:
    """Return dx of :func:`elu_forward`.

    (eˣ − 1)' = eˣ, so the slope is 1 where x > 0 and alpha eˣ below. At x = 0 the two meet for
    alpha = 1; for another alpha every slope between is a subgradient, and alpha is taken. Thus
    dx = dout · (1 where x > 0, else alpha eˣ).

    Raises a ValueError if ``dout`` does not have the shape of x.

    References
    ----------
    Clevert, Unterthiner and Hochreiter, "Fast and Accurate Deep Network Learning by Exponential
    Linear Units" (2016), section 3.
    """
    x, alpha = cache
    dout = upstream(dout, x.shape)
    return dout * np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))
