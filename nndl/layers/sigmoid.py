"""Logistic sigmoid."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._guards import array, upstream
from .._validate import FloatArray

__all__ = ["sigmoid_backward", "sigmoid_forward"]


def sigmoid(x: FloatArray, *, out: FloatArray | None = None) -> FloatArray:
    """Return 1 / (1 + e⁻ˣ), in `out` where it is given, which may be x itself.

    Where e⁻ˣ overflows the quotient is 0; σ(x) is below the smallest normal number there.

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    with np.errstate(over="ignore"):
        z = np.exp(np.negative(x, out=out), out=out)
    result: FloatArray = np.divide(1, np.add(z, 1, out=out), out=out)
    return result


def sigmoid_forward(x: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Squash every entry into (0, 1): out = σ(x) = 1 / (1 + e⁻ˣ).

    σ(−x) = 1 − σ(x): the slope below is a product of the two.

    Parameters
    ----------
    x : array of any shape

    Returns
    -------
    out : array of the shape of x
    cache : array
        x.

    Raises
    ------
    ValueError
        If x does not hold real numbers.

    Examples
    --------
    >>> sigmoid_forward([0.0, np.log(3)])[0]
    array([0.5 , 0.75])
    """
    x = array("x (...)", x)
    out = sigmoid(x)
    return out, x


def sigmoid_backward(dout: ArrayLike, cache: FloatArray) -> FloatArray:
    """Return dx of :func:`sigmoid_forward`.

    With e = e⁻ˣ, σ = (1 + e)⁻¹ has the derivative (1 + e)⁻² e = σ · e / (1 + e), and
    e / (1 + e) = 1 − σ(x) = σ(−x), which keeps its digits where σ is close to one. Thus
    dx = dout · σ(x) σ(−x).

    Raises a ValueError if ``dout`` does not have the shape of x.

    References
    ----------
    Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors" (1986).
    """
    x = cache
    dout = upstream(dout, x.shape)
    return dout * sigmoid(x) * sigmoid(-x)
