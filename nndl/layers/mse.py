"""Mean squared error."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._guards import as_dtype, predictions_and_targets
from .._validate import FloatArray

__all__ = ["mse_loss"]


def mse_loss(x: ArrayLike, y: ArrayLike) -> tuple[np.floating[Any], FloatArray]:
    """Mean squared error over all entries, and its gradient.

    L = (1/n) Σ (x_i − y_i)² over the n entries. Each x_i is in one term, whose derivative is
    2 (x_i − y_i): dx = 2 (x − y) / n.

    Parameters
    ----------
    x : array of any shape
        Predictions.
    y : array of the shape of x
        Targets.

    Returns
    -------
    loss : floating scalar
        Zero when there are no entries.
    dx : array of the shape of x

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Legendre, "Nouvelles méthodes pour la détermination des orbites des comètes" (1805).

    Examples
    --------
    >>> loss, dx = mse_loss([1.0, 2.0], [1.0, 5.0])
    >>> float(loss), dx
    (4.5, array([ 0., -3.]))
    """
    x, y, dtype = predictions_and_targets(x, y)
    n = max(x.size, 1)
    residual = x - y
    loss = (residual * residual).sum() / n
    dx = 2 * residual / n
    return dtype.type(loss), *as_dtype(dtype, dx)
