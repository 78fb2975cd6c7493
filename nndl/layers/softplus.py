"""Softplus."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._guards import array, upstream
from .._validate import FloatArray
from .sigmoid import sigmoid

__all__ = ["softplus_backward", "softplus_forward"]


def softplus_forward(x: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Round off the corner of ReLU: out = ln(1 + eˣ).

    logaddexp(0, x) is that logarithm without an overflow.

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
    >>> float(softplus_forward([0.0])[0][0])
    0.6931471805599453
    """
    x = array("x (...)", x)
    out = np.logaddexp(0, x, dtype=x.dtype)
    return out, x


def softplus_backward(dout: ArrayLike, cache: FloatArray) -> FloatArray:
    """Return dx of :func:`softplus_forward`.

    The chain rule gives ln(1 + eˣ)' = eˣ / (1 + eˣ) = σ(x). Thus dx = dout · σ(x).

    Raises a ValueError if ``dout`` does not have the shape of x.

    References
    ----------
    Dugas et al., "Incorporating Second-Order Functional Knowledge for Better Option Pricing"
    (2001).
    """
    x = cache
    dout = upstream(dout, x.shape)
    return dout * sigmoid(x)
