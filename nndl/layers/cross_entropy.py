"""Cross-entropy of the softmax."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._guards import as_dtype, scores_and_labels
from .._validate import FloatArray, IntArray

__all__ = ["softmax_loss"]


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

    Examples
    --------
    >>> loss, dx = softmax_loss([[0.0, 0.0]], [1])
    >>> float(loss), dx  # ln 2
    (0.6931471805599453, array([[ 0.5, -0.5]]))
    """
    x, y, dtype = scores_and_labels(x, y)
    N = max(len(x), 1)
    losses, gradients = cross_entropies(x, y)
    return dtype.type(losses.sum() / N), *as_dtype(dtype, gradients / N)


def cross_entropies(x: FloatArray, y: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return −log p_y (N,) of each example, and p − [j = y] (N, C)."""
    rows, best = np.arange(len(x)), x.argmax(axis=1)
    # exp(-inf) = 0 is the right limit. Scores that are not finite give a loss of inf or nan, which
    # tells that a net has diverged as well as a warning does.
    with np.errstate(all="ignore"):
        shifted = x - x[rows, best][:, None]
        others = np.exp(shifted)
        others[rows, best] = 0
        rest = others.sum(axis=1)  # the sum of exponentials is 1 + rest
        losses = np.log1p(rest) - shifted[rows, y]

        gradients = others
        gradients[rows, best] = 1
        gradients[rows, y] = 0
        gradients[rows, y] = -gradients.sum(axis=1)
        gradients /= (1 + rest)[:, None]
    return losses, gradients
