"""Convolution of images, as neural networks mean it: cross-correlation, no flip."""

from __future__ import annotations

import numpy as np

from .bounded import Array, Bounded, Operand, lift, quiet
from .precision import FLOAT64, Precision
from .windows import places, windows


@quiet
def forward(
    x: Operand,
    w: Operand,
    b: Operand,
    *,
    stride: int = 1,
    pad: int = 0,
    precision: Precision = FLOAT64,
) -> Bounded:
    r"""Evaluate :math:`y_{nfij} = b_f + \sum_{cuv} x_{nc,\,si+u-p,\,sj+v-p}\, w_{fcuv}`.

    The windows of an example are the rows of a matrix of patches, P; then Y = P Wᵀ + b.

    Parameters
    ----------
    x : shape (N, C, H, W)
        Inputs.
    w : shape (F, C, HH, WW)
        Filters.
    b : shape (F,)
        Biases.
    stride, pad : int
        Step s of the windows, and zeros p beside each border.
    precision : Precision
        The judged arithmetic; all formulas are equally stable.

    Returns
    -------
    Bounded, shape (N, F, H', W')
        With H' = 1 + (H + 2 pad - HH) / stride.

    Raises
    ------
    ValueError
        When the windows do not fit.

    References
    ----------
    V. Dumoulin, F. Visin (2016), A guide to convolution arithmetic for deep learning.

    Examples
    --------
    >>> import scipy.signal
    >>> rng = np.random.default_rng(0)
    >>> x, w = rng.normal(size=(1, 1, 5, 6)), rng.normal(size=(1, 1, 2, 3))
    >>> out = forward(x, w, np.zeros(1))
    >>> other = scipy.signal.correlate(x[0, 0], w[0, 0], "valid")
    >>> bool((abs(out.value[0, 0] - other) <= out.error[0, 0]).all())
    True
    """
    filters, bias = lift(w, precision), lift(b, precision).reshape(-1, 1, 1)
    products = _correlate(_padded(lift(x, precision), pad, pad), filters, stride)
    terms = np.prod(filters.shape[1:])
    # The bias may as well be the first term of the sum, and takes part in every rounding then.
    return (products + bias).allowing(terms * precision.unit * bias.size)


@quiet
def vjp(
    dout: Operand,
    x: Operand,
    w: Operand,
    b: Operand,
    *,
    stride: int = 1,
    pad: int = 0,
    precision: Precision = FLOAT64,
) -> tuple[Bounded, Bounded, Bounded]:
    r"""Pull `dout` back; both derivatives are correlations themselves.

    dx correlates `dout`, its entries `stride` apart and zeros in between and around, with the
    filters turned by half a turn; dw correlates the padded x with it; db is its sum.

    Parameters
    ----------
    dout : shape (N, F, H', W')
        Upstream derivative.
    x, w, b, stride, pad, precision
        As in `forward`.

    Returns
    -------
    dx, dw, db : Bounded
        With the shapes of `x`, `w`, `b`.

    Examples
    --------
    Every entry of x under a filter of ones gets the sum of what lies above it.

    >>> dx, _, _ = vjp(np.ones((1, 1, 1, 2)), np.ones((1, 1, 1, 3)), np.ones((1, 1, 1, 2)), [0.0])
    >>> dx.value
    array([[[[1., 2., 1.]]]])
    """
    d, images, filters = (lift(operand, precision) for operand in (dout, x, w))
    padded = _padded(images, pad, pad)
    high, wide = filters.shape[2:]
    spread = d.moved(lambda a: _spread(a, stride))
    full = _padded(spread, high - 1, wide - 1)
    turned = filters.moved(lambda a: a[:, :, ::-1, ::-1].swapaxes(0, 1))
    dx = _cropped(_correlate(full, turned, 1), pad)
    # (C, N, H, W) correlated with (F, N, ...): a sum over examples and places.
    crossed, above = (a.transpose(1, 0, 2, 3) for a in (padded, spread))
    dw = _correlate(crossed, above, 1).transpose(1, 0, 2, 3)
    return dx, dw, d.sum((0, 2, 3))


def _correlate(x: Bounded, w: Bounded, stride: int) -> Bounded:
    """Patches (N H' W', C HH WW) times filters (C HH WW, F), as images (N, F, H', W')."""
    n, c, high, wide = x.shape
    f, _, hh, ww = w.shape
    rows = places(high, hh, stride, "padded height")
    columns = places(wide, ww, stride, "padded width")
    patches = windows(x, hh, ww, stride).transpose(0, 2, 3, 1, 4, 5)
    products = patches.reshape(n * rows * columns, c * hh * ww) @ w.reshape(f, c * hh * ww).T
    return products.reshape(n, rows, columns, f).transpose(0, 3, 1, 2)


def _padded(x: Bounded, high: int, wide: int) -> Bounded:
    around = ((0, 0), (0, 0), (high, high), (wide, wide))
    return x.moved(lambda a: np.pad(a, around))


def _cropped(x: Bounded, pad: int) -> Bounded:
    high, wide = x.shape[2:]
    return x[:, :, pad : high - pad, pad : wide - pad]


def _spread(dout: Array, stride: int) -> Array:
    n, f, rows, columns = dout.shape
    apart = np.zeros((n, f, (rows - 1) * stride + 1, (columns - 1) * stride + 1))
    apart[:, :, ::stride, ::stride] = dout
    return apart
