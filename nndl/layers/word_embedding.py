"""Word embedding: a row of a matrix for each word."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._guards import embedding_inputs, upstream
from .._validate import FloatArray, IntArray

__all__ = ["word_embedding_backward", "word_embedding_forward"]

EmbeddingCache = tuple[IntArray, tuple[int, ...]]  # words, shape of W


def word_embedding_forward(x: ArrayLike, W: ArrayLike) -> tuple[FloatArray, EmbeddingCache]:
    """Look up a vector for every word: out[n, t] = W[x[n, t]].

    Parameters
    ----------
    x : integer array (N, T)
        Words, as indices in [0, V).
    W : array (V, D)
        A vector for each word of the vocabulary.

    Returns
    -------
    out : array (N, T, D)
    cache : tuple

    Raises
    ------
    ValueError
        If x holds no integers or one out of range, or the shapes do not fit.

    References
    ----------
    Bengio, Ducharme, Vincent and Jauvin, "A Neural Probabilistic Language Model" (2003).

    Examples
    --------
    >>> word_embedding_forward([[1, 1]], [[1.0, 2.0], [3.0, 4.0]])[0]
    array([[[3., 4.], [3., 4.]]])
    """
    x, W = embedding_inputs(x, W)
    return W[x], (x, W.shape)


def word_embedding_backward(dout: ArrayLike, cache: EmbeddingCache) -> FloatArray:
    """Return dW of :func:`word_embedding_forward`; words have no derivative.

    out[n, t] is a copy of row x[n, t] of W, so that a row collects the upstream derivatives of all
    places where its word stands: dW[v] = Σ over the (n, t) with x[n, t] = v of dout[n, t]. A word
    that stands nowhere gets zero. ``dW[x] += dout`` would keep one of several places alone, so this
    is np.add.at.

    Parameters
    ----------
    dout : array (N, T, D)
    cache : tuple
        From :func:`word_embedding_forward`.

    Returns
    -------
    dW : array (V, D)

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of ``out``.

    References
    ----------
    CS231n, assignment 3, on ``word_embedding_backward``; lookup is a product with one-hot rows,
    out = E W, of which dW = Eᵀ dout.
    """
    x, shape = cache
    dout = upstream(dout, (*x.shape, shape[1]))
    dW = np.zeros(shape, dout.dtype)
    np.add.at(dW, x, dout)
    return dW
