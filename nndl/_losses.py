"""The losses at the end of a net: value and gradient with respect to the scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._validate import FloatArray, class_scores, working_dtype


def svm_loss(x: ArrayLike, y: ArrayLike) -> tuple[np.floating[Any], FloatArray]:
    """Multiclass hinge loss and its gradient.

    L = (1/N) Σ_n Σ_{j ≠ y_n} max(0, m_nj) with the margins m_nj = x_nj − x_n,y_n + 1.

    A margin that is positive has slope +1 in x_nj and −1 in x_n,y_n. So dx_nj = [m_nj > 0] / N
    for the wrong classes, and dx_n,y_n = −(number of positive margins of n) / N. At a margin of
    exactly zero, 0 is a subgradient and is taken.

    Parameters
    ----------
    x : array (N, C)
        Scores.
    y : integer array (N,)
        Labels in [0, C).

    Returns
    -------
    loss : floating scalar of x's dtype
        Zero for an empty batch.
    dx : array (N, C)

    Raises
    ------
    ValueError
        If the shapes do not fit, or the labels are no integers in [0, C).

    References
    ----------
    Weston and Watkins, "Support Vector Machines for Multi-Class Pattern Recognition" (1999).
    """
    scores, labels = class_scores(x, y)
    n_examples = max(len(scores), 1)
    rows = np.arange(len(scores))
    work = scores.astype(working_dtype(scores), copy=False)
    margins = np.maximum(0, work - work[rows, labels][:, None] + 1)
    margins[rows, labels] = 0
    loss = scores.dtype.type(margins.sum() / n_examples)

    dx = (margins > 0).astype(scores.dtype)
    dx[rows, labels] = -dx.sum(axis=1)
    dx /= n_examples
    return loss, dx


def softmax_loss(x: ArrayLike, y: ArrayLike) -> tuple[np.floating[Any], FloatArray]:
    """Mean cross-entropy of the softmax in nats, and its gradient.

    With p_nj = exp(x_nj) / Σ_k exp(x_nk), L = −(1/N) Σ_n log p_n,y_n.

    Since log p_n,y = x_n,y − log Σ_k exp(x_nk), and the derivative of the last term with respect
    to x_nj is p_nj, dx_nj = (p_nj − [j = y_n]) / N.

    Parameters
    ----------
    x : array (N, C)
        Scores; any finite ones.
    y : integer array (N,)
        Labels in [0, C).

    Returns
    -------
    loss : floating scalar of x's dtype
        Zero for an empty batch.
    dx : array (N, C)

    Raises
    ------
    ValueError
        If the shapes do not fit, or the labels are no integers in [0, C).

    Notes
    -----
    p does not change when the largest score of a row is subtracted from it, and then no
    exponential can overflow. Two more details keep the digits of small numbers: the sum of
    exponentials is 1 + rest with the 1 left out, for log1p; and p_y − 1 is computed as minus the
    sum of the other probabilities, which does not cancel where p_y is close to one.

    References
    ----------
    Blanchard, Higham and Higham, "Accurately computing the log-sum-exp and softmax functions",
    IMA J. Numer. Anal. 41 (2021).
    """
    scores, labels = class_scores(x, y)
    n_examples = max(len(scores), 1)
    rows = np.arange(len(scores))
    work = scores.astype(working_dtype(scores), copy=False)
    best = work.argmax(axis=1)
    highest = work[rows, best]
    # exp(-inf) = 0 is the right limit. Scores that are not finite give a loss of inf or nan, which
    # tells that a net has diverged as well as a warning does.
    with np.errstate(all="ignore"):
        exponentials = np.exp(work - highest[:, None])
        exponentials[rows, best] = 0
        rest = exponentials.sum(axis=1)
        exponentials[rows, best] = 1

        losses = np.log1p(rest) + (highest - work[rows, labels])
        loss = scores.dtype.type(losses.sum() / n_examples)

        dx = exponentials
        dx[rows, labels] = 0
        dx[rows, labels] = -dx.sum(axis=1)
        dx /= ((1 + rest) * n_examples)[:, None]
    return loss, dx.astype(scores.dtype, copy=False)
