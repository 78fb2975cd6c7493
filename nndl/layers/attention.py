"""Multi-head self-attention."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._guards import multi_head_inputs, upstream
from .._validate import FloatArray
from .scaled_dot_product import SdpaCache, sdpa_backward, sdpa_forward

__all__ = ["attention_backward", "attention_forward"]

AttentionCache = tuple[tuple[FloatArray, ...], FloatArray, SdpaCache]  # x and weights, joined heads


def attention_forward(
    x: ArrayLike,
    Wq: ArrayLike,
    Wk: ArrayLike,
    Wv: ArrayLike,
    Wo: ArrayLike,
    n_heads: int,
    causal: bool = False,
) -> tuple[FloatArray, AttentionCache]:
    """Let every time step look at all others, in several heads at once.

    The queries x Wq, keys x Wk and values x Wv are cut into n_heads blocks of d = D / n_heads
    neighbouring columns. Each head attends by itself, with the scale 1/√d; the results lie side by
    side again and are mixed by Wo: out = [head_1, …, head_h] Wo.

    Parameters
    ----------
    x : array (N, T, D)
    Wq, Wk, Wv, Wo : arrays (D, D)
    n_heads : int
        Divides D.
    causal : bool
        A step attends to itself and to what came before.

    Returns
    -------
    out : array (N, T, D)
    cache : tuple

    Raises
    ------
    ValueError
        If the shapes do not fit, or n_heads does not divide D.

    References
    ----------
    Vaswani et al., "Attention Is All You Need" (2017), section 3.2.2.
    """
    x, Wq, Wk, Wv, Wo, n_heads = multi_head_inputs(x, Wq, Wk, Wv, Wo, n_heads)
    T = x.shape[1]
    mask = np.tri(T, dtype=bool) if causal else None
    q, k, v = (_split(x @ W, n_heads) for W in (Wq, Wk, Wv))
    heads, sdpa_cache = sdpa_forward(q, k, v, mask)
    joined = _join(heads)
    return joined @ Wo, ((x, Wq, Wk, Wv, Wo), joined, sdpa_cache)


def attention_backward(
    dout: ArrayLike, cache: AttentionCache
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return dx, dWq, dWk, dWv, dWo of :func:`attention_forward`.

    From the end: out = joined Wo gives dWo = Σ_nt joinedᵀ dout and djoined = dout Woᵀ. Cutting and
    joining move entries and change none, so the heads get their columns of djoined, and
    :func:`nndl.layers.sdpa_backward` gives the derivatives of q, k and v. Each of q = x Wq,
    k = x Wk and v = x Wv is an affine layer: dWq = Σ_nt xᵀ dq, and so on. x is used three times, so
    that dx = dq Wqᵀ + dk Wkᵀ + dv Wvᵀ.

    Raises a ValueError if ``dout`` does not have the shape of x.

    References
    ----------
    Vaswani et al. (2017) for the graph; the steps are those of the layers that it is made of.
    """
    (x, Wq, Wk, Wv, Wo), joined, sdpa_cache = cache
    dout = upstream(dout, x.shape)
    dWo = _rows(joined).T @ _rows(dout)
    dheads = _split(dout @ Wo.T, sdpa_cache[0].shape[1])
    dq, dk, dv = (_join(d) for d in sdpa_backward(dheads, sdpa_cache))
    dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    dWq, dWk, dWv = (_rows(x).T @ _rows(d) for d in (dq, dk, dv))
    return dx, dWq, dWk, dWv, dWo


def _split(x: FloatArray, n_heads: int) -> FloatArray:
    """Return (N, T, D) as heads (N, n_heads, T, D / n_heads)."""
    N, T, D = x.shape
    return x.reshape(N, T, n_heads, D // n_heads).transpose(0, 2, 1, 3)


def _join(heads: FloatArray) -> FloatArray:
    """Return heads (N, n_heads, T, d) side by side, (N, T, n_heads · d)."""
    N, n_heads, T, d = heads.shape
    return heads.transpose(0, 2, 1, 3).reshape(N, T, n_heads * d)


def _rows(x: FloatArray) -> FloatArray:
    """Return (N, T, D) as the matrix (N · T, D)."""
    return x.reshape(x.shape[0] * x.shape[1], x.shape[2])
