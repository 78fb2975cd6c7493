"""Binary cross-entropy of the sigmoid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._guards import as_dtype, predictions_and_targets
from .._validate import FloatArray
from .sigmoid import sigmoid

__all__ = ["bce_with_logits_loss"]


def bce_with_logits_loss(x: ArrayLike, y: ArrayLike) -> tuple[np.floating[Any], FloatArray]:
    """Mean binary cross-entropy of σ(x) in nats, and its gradient.

    L = −(1/n) Σ (y_i log σ(x_i) + (1 − y_i) log(1 − σ(x_i))) over the n entries.

    With log σ(x) = −ln(1 + e⁻ˣ) and 1 − σ(x) = σ(−x), a term is ln(1 + eˣ) − x y, whose derivative
    is σ(x) − y: dx = (σ(x) − y) / n. The logarithm is max(x, 0) + ln(1 + e^−|x|), which never
    overflows; and σ(x) − y = (1 − y) σ(x) − y σ(−x), which does not cancel where σ is close to y.

    Parameters
    ----------
    x : array of any shape
        Logits; any finite ones.
    y : array of the shape of x
        Targets in [0, 1].

    Returns
    -------
    loss : floating scalar
        Zero when there are no entries.
    dx : array of the shape of x

    Raises
    ------
    ValueError
        If the shapes differ or a target is not in [0, 1].

    References
    ----------
    Cox, "The Regression Analysis of Binary Sequences" (1958); Goodfellow, Bengio and Courville,
    "Deep Learning" (2016), section 6.2.2.2.

    Examples
    --------
    >>> loss, dx = bce_with_logits_loss([0.0], [1.0])
    >>> float(loss), dx  # ln 2
    (0.6931471805599453, array([-0.5]))
    """
    x, y, dtype = predictions_and_targets(x, y, targets_in_0_1=True)
    n = max(x.size, 1)
    loss = (np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x)))).sum() / n
    dx = ((1 - y) * sigmoid(x) - y * sigmoid(-x)) / n
    return dtype.type(loss), *as_dtype(dtype, dx)
