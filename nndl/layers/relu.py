"""Rectified linear unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._guards import array, upstream
from .._validate import FloatArray

__all__ = ["relu_backward", "relu_forward"]


def relu_forward(x: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Set negative entries to zero: out = max(x, 0), elementwise.

    Parameters
    ----------
    x : array of any shape

    Returns
    -------
    out : array of the shape of x
    cache : array
        x, for :func:`relu_backward`.

    Raises
    ------
    ValueError
        If x does not hold real numbers.

    Examples
    --------
    >>> relu_forward([-1.0, 0.0, 2.0])[0]
    array([0., 0., 2.])
    """
    x = array("x (...)", x)
    out = np.maximum(x, 0)
    return out, x


def relu_backward(dout: ArrayLike, cache: FloatArray) -> FloatArray:
    """Return dx of :func:`relu_forward`.

    Each output depends on one input. max(x, 0) has the slope 1 where x > 0 and 0 where x < 0. At
    x = 0 it has none: every slope in [0, 1] is a subgradient, and this function takes 0. Thus
    dx = dout · [x > 0].

    Parameters
    ----------
    dout : array of the shape of x
        Upstream derivative.
    cache : array
        From :func:`relu_forward`.

    Returns
    -------
    dx : array of the shape of x

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of x.

    References
    ----------
    Goodfellow, Bengio and Courville, "Deep Learning" (2016), section 6.3.
    """
    x = cache
    dout = upstream(dout, x.shape)
    return dout * (x > 0)
