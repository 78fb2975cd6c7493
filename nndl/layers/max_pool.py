"""Max pooling, as the formulas say it; :mod:`.max_pool_fast` computes the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._guards import PoolSize, pooling_inputs, upstream
from .._validate import FloatArray, IntArray
from .._windows import offsets, windows

__all__ = ["max_pool_backward_naive", "max_pool_forward_naive"]

PoolCache = tuple[FloatArray, IntArray, PoolSize]


def max_pool_forward_naive(
    x: ArrayLike, pool_param: Mapping[str, Any]
) -> tuple[FloatArray, PoolCache]:
    """Keep the largest entry of each window, channel by channel.

    out[n, c, p, q] = max_ij x[n, c, p·stride + i, q·stride + j]. Windows overlap where the stride
    is smaller than they are; rows and columns that no whole window reaches are left out.

    Parameters
    ----------
    x : array (N, C, H, W)
    pool_param : dict
        ``pool_height``, ``pool_width`` and ``stride``, each at least 1.

    Returns
    -------
    out : array (N, C, H', W')
        H' = 1 + ⌊(H − pool_height) / stride⌋, and W' likewise.
    cache : tuple

    Raises
    ------
    ValueError
        If x has another number of axes, or a window does not fit into it.

    References
    ----------
    CS231n, notes on "Convolutional Neural Networks", section "Pooling Layer".

    Examples
    --------
    >>> x = np.array([[[[1.0, 5.0, 2.0], [4.0, 3.0, 6.0]]]])
    >>> max_pool_forward_naive(x, {"pool_height": 2, "pool_width": 2, "stride": 1})[0]
    array([[[[5., 6.]]]])
    """
    x, size, stride = pooling_inputs(x, pool_param)
    patches = windows(x, size, stride)
    patches = patches.reshape(*patches.shape[:4], size[0] * size[1])  # (N, C, H', W', HH · WW)
    winner = patches.argmax(axis=4)
    out = patches.max(axis=4)
    return out, (x, winner, (size, stride))


def max_pool_backward_naive(dout: ArrayLike, cache: PoolCache) -> FloatArray:
    """Return dx of :func:`max_pool_forward_naive`.

    A small change of an entry moves out[n, c, p, q] as much, if it is the largest of that window,
    and not at all otherwise. So each entry collects the upstream derivatives of the windows that it
    wins: dx[n, c, p s + i, q s + j] += dout[n, c, p, q] for the winner (i, j) of (p, q). Where
    windows overlap, an entry may win several. Where entries tie, every way to share the derivative
    among them is a subgradient; the first one takes it all.

    Raises a ValueError if ``dout`` does not fit.

    References
    ----------
    CS231n, notes on "Convolutional Neural Networks", section "Pooling Layer", on its backward pass.
    """
    x, winner, (size, stride) = cache
    dout = upstream(dout, winner.shape)
    dx = np.zeros(x.shape, dout.dtype)
    for i, j, rows, columns in offsets(size, winner.shape[2:], stride):
        dx[:, :, rows, columns] += dout * (winner == i * size[1] + j)
    return dx
