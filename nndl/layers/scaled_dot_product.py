"""Scaled dot-product attention."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._guards import attention_inputs, upstream
from .._validate import BoolArray, FloatArray

__all__ = ["sdpa_backward", "sdpa_forward"]

SdpaCache = tuple[FloatArray, FloatArray, FloatArray, FloatArray]  # q, k, v, p


def sdpa_forward(
    q: ArrayLike, k: ArrayLike, v: ArrayLike, mask: ArrayLike | None = None
) -> tuple[FloatArray, SdpaCache]:
    """Average the values by how well their keys fit a query: out = softmax(q kᵀ / √d) v.

    Of independent entries with variance one the product q kᵀ has variance d; the scale keeps the
    softmax from saturating.

    Parameters
    ----------
    q : array (..., T, d)
        Queries.
    k : array (..., S, d)
        Keys.
    v : array (..., S, e)
        Values. The leading axes of the three are the same.
    mask : array of truth values, optional
        True where a query attends to a key; anything that broadcasts to (..., T, S). A query that
        attends to nothing gives zero.

    Returns
    -------
    out : array (..., T, e)
    cache : tuple

    Raises
    ------
    ValueError
        If the shapes do not fit, or the mask holds no truth values.

    References
    ----------
    Vaswani et al., "Attention Is All You Need" (2017), section 3.2.1.

    Examples
    --------
    >>> out, _ = sdpa_forward([[1.0]], [[0.0], [0.0]], [[2.0], [4.0]])  # both keys fit as well
    >>> out
    array([[3.]])
    """
    q, k, v, mask = attention_inputs(q, k, v, mask)
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.dtype.type(q.shape[-1]))
    p = _masked_softmax(scores, mask)
    return p @ v, (q, k, v, p)


def sdpa_backward(dout: ArrayLike, cache: SdpaCache) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return dq, dk, dv of :func:`sdpa_forward`.

    out = p v is a product of matrices: dv = pᵀ dout and dp = dout vᵀ. Row by row p is a softmax of
    the scores s, so that ds_j = p_j (dp_j − Σ_k dp_k p_k); where the mask hides a key, p is zero
    and so is ds. And s = q kᵀ / √d gives dq = ds k / √d and dk = dsᵀ q / √d.

    Raises a ValueError if ``dout`` does not have the shape of ``out``.

    References
    ----------
    Dao et al., "FlashAttention" (2022), appendix B.2, has these equations.
    """
    q, k, v, p = cache
    dout = upstream(dout, (*p.shape[:-1], v.shape[-1]))
    dv = p.swapaxes(-1, -2) @ dout
    dp = dout @ v.swapaxes(-1, -2)
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True))
    ds /= np.sqrt(ds.dtype.type(q.shape[-1]))
    return ds @ k, ds.swapaxes(-1, -2) @ q, dv


def _masked_softmax(scores: FloatArray, mask: BoolArray | None) -> FloatArray:
    """Return the softmax over the last axis of the scores that the mask keeps."""
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    largest = scores.max(axis=-1, keepdims=True, initial=np.finfo(scores.dtype).min)
    exponentials = np.exp(scores - largest)
    # The sum holds exp(0) = 1, unless the query attends to nothing and all are zero.
    total = np.maximum(exponentials.sum(axis=-1, keepdims=True), 1)
    p: FloatArray = exponentials / total
    return p
