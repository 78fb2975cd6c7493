"""Cross-entropy over the time steps that a mask keeps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._guards import as_dtype, temporal_scores
from .._validate import FloatArray
from .cross_entropy import cross_entropies

__all__ = ["temporal_softmax_loss"]


def temporal_softmax_loss(
    x: ArrayLike, y: ArrayLike, mask: ArrayLike, verbose: bool = False
) -> tuple[np.floating[Any], FloatArray]:
    """Cross-entropy of a sequence of words, in nats, and its gradient.

    L = −(1/N) Σ_nt mask_nt log p_nt,y with the softmax p_nt of the scores x[n, t]. The sum is over
    the time steps that the mask keeps; the examples divide it, not the steps.

    As for one step, the derivative of −log p_y with respect to the scores is p − [j = y]. So
    dx[n, t] = mask_nt (p_nt − [j = y_nt]) / N, which is zero where the mask is.

    Parameters
    ----------
    x : array (N, T, V)
        Scores of the V words.
    y : integer array (N, T)
        The right words, in [0, V).
    mask : array (N, T)
        Truth values, or weights: 0 for a step that does not count.
    verbose : bool
        Print the shape of dx.

    Returns
    -------
    loss : floating scalar of x's dtype
        Zero for an empty batch.
    dx : array (N, T, V)

    Raises
    ------
    ValueError
        If the shapes do not fit, or y holds no integers in [0, V).

    References
    ----------
    CS231n, assignment 3; Vinyals et al., "Show and Tell" (2015), equation 7.
    """
    x, y, mask, dtype = temporal_scores(x, y, mask)
    N = max(len(x), 1)
    losses, gradients = cross_entropies(x.reshape(y.size, x.shape[2]), y.reshape(y.size))
    loss = (mask * losses.reshape(y.shape)).sum() / N
    dx = mask[:, :, None] * gradients.reshape(x.shape) / N
    if verbose:
        print("dx:", dx.shape)
    return dtype.type(loss), *as_dtype(dtype, dx)
