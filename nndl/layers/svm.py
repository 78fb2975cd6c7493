"""Multiclass hinge loss."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._guards import as_dtype, scores_and_labels
from .._validate import FloatArray

__all__ = ["svm_loss"]


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

    Examples
    --------
    >>> loss, dx = svm_loss([[3.0, 2.5, 0.0]], [0])
    >>> float(loss)  # the second class is within 1 of the right one
    0.5
    >>> dx
    array([[-1.,  1.,  0.]])
    """
    x, y, dtype = scores_and_labels(x, y)
    N, rows = max(len(x), 1), np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, None] + 1)
    margins[rows, y] = 0
    loss = margins.sum() / N

    dx = (margins > 0).astype(x.dtype)
    dx[rows, y] = -dx.sum(axis=1)
    dx /= N
    return dtype.type(loss), *as_dtype(dtype, dx)
