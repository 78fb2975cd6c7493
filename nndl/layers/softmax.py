"""Softmax over the last axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._guards import array, upstream
from .._validate import FloatArray

__all__ = ["softmax_backward", "softmax_forward"]


def softmax_forward(x: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Turn scores into probabilities: out_j = exp(x_j) / Σ_k exp(x_k), along the last axis.

    The result is the same when a number is subtracted from all scores; with their maximum no
    exponential overflows.

    Parameters
    ----------
    x : array of shape (..., C)

    Returns
    -------
    out : array of the shape of x
    cache : array
        out.

    Raises
    ------
    ValueError
        If x does not hold real numbers or has no axis of length at least one.

    Examples
    --------
    >>> softmax_forward([[0.0, np.log(3)]])[0]
    array([[0.25, 0.75]])
    """
    x = array("x (..., C)", x)
    if x.shape[-1] == 0:
        raise ValueError(f"x must have scores for at least one class, got shape {x.shape}")
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    out = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return out, out


def softmax_backward(dout: ArrayLike, cache: FloatArray) -> FloatArray:
    """Return dx of :func:`softmax_forward`.

    Take one row of probabilities p. ln p_k = x_k − ln Σ_j exp(x_j) has the derivative [k = j] − p_j
    with respect to x_j, so ∂p_k/∂x_j = p_k ([k = j] − p_j): every score moves every probability.
    Summed over k with the weights dout_k, dx_j = p_j (dout_j − Σ_k dout_k p_k). Each row of dx sums
    to zero.

    Raises a ValueError if ``dout`` does not have the shape of x.

    References
    ----------
    Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs" (1990),
    equation 11.
    """
    p = cache
    dout = upstream(dout, p.shape)
    dx: FloatArray = p * (dout - (dout * p).sum(axis=-1, keepdims=True))
    return dx
