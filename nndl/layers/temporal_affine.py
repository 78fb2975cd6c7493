"""Affine layer at every time step."""

from __future__ import annotations

from numpy.typing import ArrayLike

from .._guards import arrays, upstream
from .._validate import FloatArray

__all__ = ["temporal_affine_backward", "temporal_affine_forward"]

TemporalCache = tuple[FloatArray, FloatArray]  # x, w


def temporal_affine_forward(
    x: ArrayLike, w: ArrayLike, b: ArrayLike
) -> tuple[FloatArray, TemporalCache]:
    """Multiply every time step by the same matrix and add a bias: out[n, t] = x[n, t] w + b.

    Parameters
    ----------
    x : array (N, T, D)
    w : array (D, M)
    b : array (M,)

    Returns
    -------
    out : array (N, T, M)
    cache : tuple

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> temporal_affine_forward([[[1.0], [2.0]]], [[3.0]], [0.5])[0]
    array([[[3.5], [6.5]]])
    """
    x, w, b = arrays("x (N, T, D), w (D, M), b (M,)", x, w, b)
    return x @ w + b, (x, w)


def temporal_affine_backward(
    dout: ArrayLike, cache: TemporalCache
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return dx, dw, db of :func:`temporal_affine_forward`.

    Every (n, t) is an example of an affine layer, whose derivation holds with the sum over examples
    as a sum over n and t: dx[n, t] = dout[n, t] wᵀ, dw = Σ_nt x[n, t]ᵀ dout[n, t] (an outer
    product each), db = Σ_nt dout[n, t].

    Raises a ValueError if ``dout`` does not have the shape of ``out``.

    References
    ----------
    CS231n, assignment 3; "Derivatives, Backpropagation, and Vectorization" (J. Johnson, 2017).
    """
    x, w = cache
    N, T, D = x.shape
    M = w.shape[1]
    dout = upstream(dout, (N, T, M))
    dx = dout @ w.T
    dw = x.reshape(N * T, D).T @ dout.reshape(N * T, M)
    db = dout.sum(axis=(0, 1))
    return dx, dw, db
