"""Huber's loss."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._guards import as_dtype, predictions_and_targets
from .._validate import FloatArray, number

__all__ = ["huber_loss"]


def huber_loss(
    x: ArrayLike, y: ArrayLike, delta: float = 1.0
) -> tuple[np.floating[Any], FloatArray]:
    """Mean of Huber's loss over all entries, and its gradient.

    With r = x − y, a term is ½ r² where |r| ≤ δ and δ (|r| − ½ δ) beyond: quadratic for small
    errors, linear for outliers. The two meet at |r| = δ in value, ½ δ², and in slope, δ.

    The slope is r inside, and δ or −δ outside: s = max(−δ, min(r, δ)), so that dx = s / n for n
    entries, and both forms of a term are s (r − ½ s).

    Parameters
    ----------
    x : array of any shape
        Predictions.
    y : array of the shape of x
        Targets.
    delta : float
        δ, where the loss turns linear; above zero.

    Returns
    -------
    loss : floating scalar
        Zero when there are no entries.
    dx : array of the shape of x

    Raises
    ------
    ValueError
        If the shapes differ or delta is not above zero.

    References
    ----------
    Huber, "Robust Estimation of a Location Parameter" (1964).

    Examples
    --------
    >>> loss, dx = huber_loss([0.5, 4.0], [0.0, 0.0], delta=2.0)
    >>> float(loss), dx  # (0.125 + 6) / 2
    (3.0625, array([0.25, 1.  ]))
    """
    x, y, dtype = predictions_and_targets(x, y)
    delta = number("delta", delta, "> 0")
    n = max(x.size, 1)
    r = x - y
    slope = np.clip(r, -delta, delta)
    loss = (slope * (r - 0.5 * slope)).sum() / n
    dx = slope / n
    return dtype.type(loss), *as_dtype(dtype, dx)
