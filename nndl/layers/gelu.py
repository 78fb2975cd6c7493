"""Gaussian error linear unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._guards import array, upstream
from .._validate import FloatArray
from .sigmoid import sigmoid

__all__ = ["gelu_backward", "gelu_forward"]

CUBIC = 0.044715
ROOT = 0.7978845608028654  # √(2/π)


def gelu_forward(x: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Weigh every entry by a Gaussian distribution function, in the tanh form.

    out = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), which is within 5e-4 of x Φ(x). As
    1 + tanh(v/2) = 2 σ(v), it is x σ(v) with v = 2 √(2/π) (x + 0.044715 x³); written so, no digits
    cancel where x is far below zero. Numpy has no error function for the other form.

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
    >>> [round(float(value), 6) for value in gelu_forward([-1.0, 0.0, 2.0])[0]]
    [-0.158808, 0.0, 1.954598]
    """
    x = array("x (...)", x)
    v, _ = _inner(x)
    out = x * sigmoid(v)
    return out, x


def gelu_backward(dout: ArrayLike, cache: FloatArray) -> FloatArray:
    """Return dx of :func:`gelu_forward`.

    By the product and the chain rule (x σ(v))' = σ(v) + x σ(v) σ(−v) v', with
    v' = 2 √(2/π) (1 + 3 · 0.044715 x²). Thus dx = dout · σ(v) (1 + x σ(−v) v').

    Raises a ValueError if ``dout`` does not have the shape of x.

    References
    ----------
    Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016), section 2.
    """
    x = cache
    dout = upstream(dout, x.shape)
    v, slope = _inner(x)
    return dout * sigmoid(v) * (1 + x * sigmoid(-v) * slope)


def _inner(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return v and its derivative; where |x| > 100 the layer is linear and x³ might overflow."""
    x = np.clip(x, -100, 100)
    v = 2 * ROOT * (x + CUBIC * x**3)
    slope = 2 * ROOT * (1 + 3 * CUBIC * x**2)
    return v, slope
