"""Hinge loss of a linear classifier, example by example and all at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._guards import linear_classifier_inputs
from .._validate import FloatArray
from ..layers.svm import svm_loss

__all__ = ["svm_loss_naive", "svm_loss_vectorized"]


def svm_loss_naive(
    W: ArrayLike, X: ArrayLike, y: ArrayLike, reg: float
) -> tuple[np.floating[Any], FloatArray]:
    """Hinge loss of the scores X W with L2 regularisation, and its gradient, example by example.

    L = (1/N) Σ_n Σ_{j ≠ y_n} max(0, m_nj) + reg Σ W², with the scores s_n = x_n W and the margins
    m_nj = s_nj − s_n,y_n + 1.

    Column j of W is in s_nj alone, ∂s_nj/∂w_j = x_n. So each positive margin adds x_n to column j
    of the gradient and takes x_n from column y_n; the mean divides by N, and reg Σ W² adds
    2 reg W.

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
    CS231n, notes on "Optimization", section "Computing the gradient analytically".

    Examples
    --------
    >>> loss, dW = svm_loss_naive([[1.0, 0.5]], [[2.0]], [0], reg=0.0)
    >>> float(loss), dW
    (0.0, array([[0., 0.]]))
    """
    W, X, y, reg = linear_classifier_inputs(W, X, y, reg)
    N = max(len(X), 1)
    loss = reg * (W * W).sum()
    dW = 2 * reg * W
    for x, label in zip(X, y, strict=True):
        scores = x @ W
        margins = np.maximum(0, scores - scores[label] + 1)
        margins[label] = 0
        loss += margins.sum() / N
        dscores = (margins > 0).astype(W.dtype)
        dscores[label] = -dscores.sum()
        dW += np.outer(x, dscores) / N
    return loss, dW


def svm_loss_vectorized(
    W: ArrayLike, X: ArrayLike, y: ArrayLike, reg: float
) -> tuple[np.floating[Any], FloatArray]:
    """Compute what :func:`svm_loss_naive` does, all examples at once.

    S = X W, and the loss of the scores is :func:`nndl.layers.svm_loss`: a positive margin
    m_nj = s_nj − s_n,y + 1 gives 1/N to dS_nj and takes it from dS_n,y, so that
    dS_nj = [m_nj > 0] / N for j ≠ y_n, and dS_n,y = −Σ_j≠y dS_nj. S is an affine layer without a
    bias, and reg Σ W² has no factor ½: dW = Xᵀ dS + 2 reg W.

    Parameters, results and errors are those of :func:`svm_loss_naive`.

    References
    ----------
    CS231n, notes on "Optimization", section "Computing the gradient analytically".
    """
    W, X, y, reg = linear_classifier_inputs(W, X, y, reg)
    loss, dscores = svm_loss(X @ W, y)
    return loss + reg * (W * W).sum(), X.T @ dscores + 2 * reg * W
