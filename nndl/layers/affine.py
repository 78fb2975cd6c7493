"""Affine layer: multiply by a matrix, add a bias."""

from __future__ import annotations

from numpy.typing import ArrayLike

from .._guards import arrays, upstream
from .._validate import FloatArray

__all__ = ["affine_backward", "affine_forward"]

AffineCache = tuple[FloatArray, FloatArray, FloatArray]


def affine_forward(x: ArrayLike, w: ArrayLike, b: ArrayLike) -> tuple[FloatArray, AffineCache]:
    """Multiply each example by a matrix and add a bias: out = flatten(x) w + b.

    Parameters
    ----------
    x : array (N, d_1, ..., d_k)
        A batch of examples; each is flattened into D = d_1 · … · d_k features.
    w : array (D, M)
        Weights.
    b : array (M,)
        Biases.

    Returns
    -------
    out : array (N, M)
    cache : tuple
        (x, w, b), for :func:`affine_backward`.

    Raises
    ------
    ValueError
        If the shapes do not fit together or an argument is not real.

    Examples
    --------
    >>> out, cache = affine_forward([[1.0, 2.0]], [[3.0], [4.0]], [0.5])
    >>> out
    array([[11.5]])
    """
    x, w, b = arrays("x (N, d_1, ..., d_k), w (D, M), b (M,)", x, w, b)
    out = x.reshape(len(x), len(w)) @ w + b
    return out, (x, w, b)


def affine_backward(
    dout: ArrayLike, cache: AffineCache
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return dx, dw, db of :func:`affine_forward`.

    Write X for the flattened x, so that out_nm = Σ_d X_nd w_dm + b_m. Then

    - ∂L/∂X_nd = Σ_m dout_nm ∂out_nm/∂X_nd = Σ_m dout_nm w_dm:  dX = dout wᵀ, (N, M)(M, D);
    - ∂L/∂w_dm = Σ_n dout_nm X_nd:                              dw = Xᵀ dout, (D, N)(N, M);
    - ∂L/∂b_m  = Σ_n dout_nm, as b is added to every example:   db = Σ_n dout_n.

    Parameters
    ----------
    dout : array (N, M)
        Upstream derivative.
    cache : tuple
        From :func:`affine_forward`.

    Returns
    -------
    dx : array (N, d_1, ..., d_k)
    dw : array (D, M)
    db : array (M,)

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of ``out``.

    References
    ----------
    CS231n, "Derivatives, Backpropagation, and Vectorization" (J. Johnson, 2017).
    """
    x, w, b = cache
    dout = upstream(dout, (len(x), len(b)))
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), len(w)).T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db
