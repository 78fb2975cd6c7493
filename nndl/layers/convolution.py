"""Convolution of images, as the formulas say it; :mod:`.convolution_fast` computes the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._guards import convolution_inputs, upstream
from .._validate import FloatArray
from .._windows import offsets, padded, windows

__all__ = ["conv_backward_naive", "conv_forward_naive"]

ConvCache = tuple[FloatArray, FloatArray, int, int]  # x, w, stride, pad


def conv_forward_naive(
    x: ArrayLike, w: ArrayLike, b: ArrayLike, conv_param: Mapping[str, Any]
) -> tuple[FloatArray, ConvCache]:
    """Slide each filter over the image: out[n, f, p, q] = Σ_cij w[f, c, i, j] x[n, c, …] + b[f].

    The entry of x that meets w[f, c, i, j] at (p, q) is x[n, c, p·stride + i, q·stride + j], of the
    image with ``pad`` zeros on every side. The filter is not flipped: it is a cross-correlation.

    Parameters
    ----------
    x : array (N, C, H, W)
    w : array (F, C, HH, WW)
    b : array (F,)
    conv_param : dict
        ``stride``, at least 1, and ``pad``, at least 0.

    Returns
    -------
    out : array (N, F, H', W')
        H' = 1 + (H + 2 pad − HH) / stride, and W' likewise.
    cache : tuple

    Raises
    ------
    ValueError
        If the shapes do not fit, or H' or W' is not a whole number.

    References
    ----------
    CS231n, notes on "Convolutional Neural Networks"; Dumoulin and Visin, "A guide to convolution
    arithmetic for deep learning" (2016).

    Examples
    --------
    >>> x, w = np.arange(9.0).reshape(1, 1, 3, 3), np.array([[[[0.0, 1.0], [0.0, 0.0]]]])
    >>> conv_forward_naive(x, w, [10.0], {"stride": 1, "pad": 0})[0]  # one to the right
    array([[[[11., 12.], [14., 15.]]]])
    """
    x, w, b, stride, pad = convolution_inputs(x, w, b, conv_param)
    patches = windows(padded(x, pad), w.shape[2:], stride)  # (N, C, H', W', HH, WW), a view
    out = np.tensordot(patches, w, axes=([1, 4, 5], [1, 2, 3])) + b  # (N, H', W', F)
    return np.ascontiguousarray(out.transpose(0, 3, 1, 2)), (x, w, stride, pad)


def conv_backward_naive(
    dout: ArrayLike, cache: ConvCache
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return dx, dw, db of :func:`conv_forward_naive`.

    Write x̃ for the image with its zeros and s for the stride. Each product of the sum,
    w[f, c, i, j] x̃[n, c, p s + i, q s + j], has either factor as its derivative by the other:

    - w[f, c, i, j] is used at every place: dw = Σ_npq dout[n, f, p, q] x̃[n, c, p s + i, q s + j];
    - x̃ is used wherever a window covers it: with the gradient of the window at (p, q),
      Σ_f dout[n, f, p, q] w[f, c, i, j], each is added to dx̃[n, c, p s + i, q s + j], and the
      border of zeros is cut off at the end: dx = dx̃[…, pad : pad + H, pad : pad + W];
    - b[f] is added at every place: db = Σ_npq dout[n, f, p, q].

    For a stride of 1 this dx̃ is dout, with a border of its own, convolved with the filter turned by
    180 degrees.

    Raises a ValueError if ``dout`` does not fit.

    References
    ----------
    Dumoulin and Visin (2016), chapter 4, on the transposed convolution; Goodfellow, Bengio and
    Courville, "Deep Learning" (2016), section 9.5.
    """
    x, w, stride, pad = cache
    image = padded(x, pad)
    patches = windows(image, w.shape[2:], stride)
    dout = upstream(dout, (len(x), len(w), *patches.shape[2:4]))

    dw = np.tensordot(dout, patches, axes=([0, 2, 3], [0, 2, 3]))
    db = dout.sum(axis=(0, 2, 3))
    dpatches = np.tensordot(dout, w, axes=(1, 0))  # (N, H', W', C, HH, WW)
    dimage = np.zeros(image.shape, dpatches.dtype)
    for i, j, rows, columns in offsets(w.shape[2:], dout.shape[2:], stride):
        dimage[:, :, rows, columns] += dpatches[..., i, j].transpose(0, 3, 1, 2)
    dx = dimage[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]
    return dx, dw, db
