"""Cross-entropy of a linear classifier, example by example and all at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._guards import linear_classifier_inputs
from .._validate import FloatArray
from ..layers.cross_entropy import softmax_loss

__all__ = ["softmax_loss_naive", "softmax_loss_vectorized"]


def softmax_loss_naive(
    W: ArrayLike, X: ArrayLike, y: ArrayLike, reg: float
) -> tuple[np.floating[Any], FloatArray]:
    """Cross-entropy of the scores X W with L2 regularisation, and its gradient, one by one.

    L = −(1/N) Σ_n log p_n,y_n + reg Σ W², with p_n the softmax of the scores x_n W.

    The derivative of an example's term with respect to its scores is p_n − [j = y_n], and the score
    of class j is x_n times column j of W. So each example adds x_nᵀ (p_n − [j = y_n]) / N to the
    gradient, and reg Σ W² adds 2 reg W.

    Parameters
    ----------
    W : array (D, C)
    X : array (N, D)
    y : integer array (N,)
        Labels in [0, C).
    reg : float
        Strength of the regularisation; without the factor ½.

    Returns
    -------
    loss : floating scalar
    dW : array (D, C)

    Raises
    ------
    ValueError
        If the shapes do not fit, the labels are no integers in [0, C), or reg is negative.

    References
    ----------
    CS231n, notes on "Linear Classification", section "Softmax classifier".
    """
    W, X, y, reg = linear_classifier_inputs(W, X, y, reg)
    N = max(len(X), 1)
    loss = reg * (W * W).sum()
    dW = 2 * reg * W
    for x, label in zip(X, y, strict=True):
        scores = x @ W
        scores -= scores.max()
        exponentials = np.exp(scores)
        loss += (np.log(exponentials.sum()) - scores[label]) / N
        dscores = exponentials / exponentials.sum()
        dscores[label] -= 1
        dW += np.outer(x, dscores) / N
    return loss, dW


def softmax_loss_vectorized(
    W: ArrayLike, X: ArrayLike, y: ArrayLike, reg: float
) -> tuple[np.floating[Any], FloatArray]:
    """Compute what :func:`softmax_loss_naive` does, all examples at once.

    S = X W, and the loss of the scores is :func:`nndl.layers.softmax_loss`: with p_n the softmax of
    s_n, ∂(−log p_n,y) / ∂s_nj = p_nj − [j = y_n], so that dS = (P − T) / N for the labels as unit
    vectors T. S is an affine layer without a bias, and reg Σ W² has no factor ½:
    dW = Xᵀ dS + 2 reg W.

    Parameters, results and errors are those of :func:`softmax_loss_naive`.

    References
    ----------
    CS231n, notes on "Linear Classification", section "Softmax classifier".
    """
    W, X, y, reg = linear_classifier_inputs(W, X, y, reg)
    loss, dscores = softmax_loss(X @ W, y)
    return loss + reg * (W * W).sum(), X.T @ dscores + 2 * reg * W
