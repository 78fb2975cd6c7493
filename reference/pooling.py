"""Max pooling of images."""

from __future__ import annotations

import numpy as np

from .bounded import SAFETY, Bounded, Operand, lift, quiet
from .precision import FLOAT64, Precision
from .windows import add_up, places, windows


@quiet
def forward(
    x: Operand, *, pool_height: int, pool_width: int, stride: int, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate the largest entry of each window, which is exact.

    Parameters
    ----------
    x : shape (N, C, H, W)
        Inputs.
    pool_height, pool_width, stride : int
        Sides and step of the windows; what is left over at the far borders is in no window.
    precision : Precision
        The judged arithmetic.

    Returns
    -------
    Bounded, shape (N, C, H', W')
        With H' = 1 + (H - pool_height) // stride.

    Raises
    ------
    ValueError
        When a window is larger than an image.

    Examples
    --------
    >>> forward(np.arange(4.0).reshape(1, 1, 2, 2), pool_height=2, pool_width=2, stride=2).value
    array([[[[3.]]]])
    """
    each = _windows(lift(x, precision), pool_height, pool_width, stride)
    # The largest of inexact numbers is off by no more than the least exact one of them.
    error = None if each._error is None else each.error.max(axis=(-2, -1))
    return Bounded(each.value.max(axis=(-2, -1)), error, precision)


@quiet
def vjp(
    dout: Operand,
    x: Operand,
    *,
    pool_height: int,
    pool_width: int,
    stride: int,
    precision: Precision = FLOAT64,
) -> Bounded:
    r"""Hand `dout` on to the largest entry of each window; what windows share adds up.

    At ties every convex combination of the winners is a subgradient: each of them gets the
    interval from 0 to `dout`, its middle as value and its half width as error.

    Parameters
    ----------
    dout : shape (N, C, H', W')
        Upstream derivative.
    x, pool_height, pool_width, stride, precision
        As in `forward`.

    Returns
    -------
    Bounded, shape of `x`

    Examples
    --------
    >>> dx = vjp([[[[4.0]]]], [[[[1.0, 2.0, 2.0]]]], pool_height=1, pool_width=3, stride=1)
    >>> dx.value, dx.error.round(12)
    (array([[[[0., 2., 2.]]]]), array([[[[0., 2., 2.]]]]))
    """
    given, d = lift(x, precision), lift(dout, precision)
    each = _windows(given, pool_height, pool_width, stride)
    room = SAFETY * each.error
    surely = (each.value - room).max(axis=(-2, -1), keepdims=True)
    may_win = each.value + room >= surely
    tied = may_win & (np.count_nonzero(may_win, axis=(-2, -1), keepdims=True) > 1)
    column = d.reshape(*d.shape, 1, 1)
    half = 0.5 * column.value
    value = np.where(tied, half, np.where(may_win, column.value, 0.0))
    own = np.where(tied, np.abs(half) + precision.tiny, 0.0)
    error = np.where(may_win, own + column.error, 0.0)
    return add_up(Bounded(value, error, precision), given.shape, stride)


def _windows(x: Bounded, height: int, width: int, stride: int) -> Bounded:
    places(x.shape[2], height, stride, "height", rest=True)
    places(x.shape[3], width, stride, "width", rest=True)
    return windows(x, height, width, stride)
