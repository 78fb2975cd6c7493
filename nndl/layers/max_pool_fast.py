"""Max pooling without a copy of the windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._guards import pooling_inputs
from .._validate import FloatArray
from .._windows import offsets
from .max_pool import PoolCache, max_pool_backward_naive

__all__ = ["max_pool_backward_fast", "max_pool_forward_fast"]


def max_pool_forward_fast(
    x: ArrayLike, pool_param: Mapping[str, Any]
) -> tuple[FloatArray, PoolCache]:
    """Compute what :func:`nndl.layers.max_pool_forward_naive` does, place by place of the window.

    Each place is compared for all windows at once, with strided views and a running maximum; a
    place wins where it is larger than all before it. Parameters, results and errors are those of
    :func:`nndl.layers.max_pool_forward_naive`, to the last bit.
    """
    x, size, stride = pooling_inputs(x, pool_param)
    out_shape = [1 + (x.shape[2] - size[0]) // stride, 1 + (x.shape[3] - size[1]) // stride]
    places = offsets(size, out_shape, stride)
    _, _, rows, columns = next(places)
    out = x[:, :, rows, columns].copy()
    winner = np.zeros(out.shape, np.min_scalar_type(size[0] * size[1]))
    for i, j, rows, columns in places:
        here = x[:, :, rows, columns]
        place = winner.dtype.type(i * size[1] + j)  # larger than those before, as maximum needs
        np.maximum(winner, (here > out) * place, out=winner)
        np.maximum(out, here, out=out)
    return out, (x, winner, (size, stride))


def max_pool_backward_fast(dout: ArrayLike, cache: PoolCache) -> FloatArray:
    """Return dx of :func:`max_pool_forward_fast`.

    The output of a window is its winner, so that ∂out[n, c, p, q] / ∂x is one at that entry and
    zero at all others: an entry collects the upstream derivatives of the windows that it wins,
    dx[n, c, p s + i, q s + j] += dout[n, c, p, q] for the winner (i, j) of (p, q). The winners are
    known, whichever pass found them, so this is :func:`nndl.layers.max_pool_backward_naive`.

    Raises a ValueError if ``dout`` does not fit.

    References
    ----------
    CS231n, notes on "Convolutional Neural Networks", section "Pooling Layer", on its backward pass.
    """
    return max_pool_backward_naive(dout, cache)
