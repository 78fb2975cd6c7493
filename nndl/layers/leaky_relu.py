"""Rectified linear unit with a slope below zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._guards import array, upstream
from .._validate import FloatArray, number

__all__ = ["leaky_relu_backward", "leaky_relu_forward"]


def leaky_relu_forward(
    x: ArrayLike, alpha: float = 0.01
) -> tuple[FloatArray, tuple[FloatArray, float]]:
    """Scale negative entries by alpha: out = x where x > 0, and alpha · x elsewhere.

    The small slope keeps a unit trainable whose input is negative for every example.

    Parameters
    ----------
    x : array of any shape
    alpha : float
        Slope below zero.

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
    >>> leaky_relu_forward([-2.0, 3.0], alpha=0.5)[0]
    array([-1.,  3.])
    """
    x, alpha = array("x (...)", x), number("alpha", alpha)
    out = np.where(x > 0, x, alpha * x)
    return out, (x, alpha)


def leaky_relu_backward(dout: ArrayLike, cache: tuple[FloatArray, float]) -> FloatArray:
    """Return dx of :func:`leaky_relu_forward`.

    Each output depends on one input, with slope 1 where x > 0 and alpha where x < 0. At x = 0 every
    slope between the two is a subgradient; this function takes alpha. Thus
    dx = dout · (1 where x > 0, else alpha).

    Raises a ValueError if ``dout`` does not have the shape of x.

    References
    ----------
    Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models" (2013).
    """
    x, alpha = cache
    dout = upstream(dout, x.shape)
    return np.where(x > 0, dout, alpha * dout)
