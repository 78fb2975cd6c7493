"""Convolution of images in matrix products that BLAS is fast at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from .._guards import convolution_inputs, upstream
from .._validate import FloatArray
from .._windows import along, padded
from .convolution import ConvCache

__all__ = ["conv_backward_fast", "conv_forward_fast"]


def conv_forward_fast(
    x: ArrayLike, w: ArrayLike, b: ArrayLike, conv_param: Mapping[str, Any]
) -> tuple[FloatArray, ConvCache]:
    """Compute what :func:`nndl.layers.conv_forward_naive` does, one product for each filter row.

    The patches are taken along the width alone: strips[n, (c, j), r, q] = x̃[n, c, r, q s + j], WW
    times the image and not HH · WW times. Row i of the filters meets the rows i, i + s, i + 2s, …
    of the strips, which for s = 1 is a view, so that

        out[n] = Σ_i w[:, :, i, :] strips[n, :, i + s p, :],  (F, C·WW)(C·WW, H'·W').

    Parameters, results and errors are those of :func:`nndl.layers.conv_forward_naive`; the sums are
    the same, in another order. Against patches of both axes this takes a third of the time for
    filters of 7 × 7 and a seventh of the memory (benchmarks: speed, convolution).

    References
    ----------
    Cho and Brand, "MEC: Memory-efficient Convolution for Deep Neural Network" (2017).
    """
    x, w, b, stride, pad = convolution_inputs(x, w, b, conv_param)
    strips, out_shape = _strips(padded(x, pad), w, stride)
    out = np.empty((*out_shape[:2], out_shape[2] * out_shape[3]), x.dtype)
    out[:] = b[:, None]
    for i in range(w.shape[2]):
        out += _row(w, i) @ _meets(strips, i, out_shape, stride)
    return out.reshape(out_shape), (x, w, stride, pad)


def conv_backward_fast(
    dout: ArrayLike, cache: ConvCache
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return dx, dw, db of :func:`conv_forward_fast`.

    out[n] is a sum of matrix products W_i S_i over the filter rows, so, as in an affine layer,

    - dW_i = Σ_n dout[n] S_iᵀ;
    - dS_i = W_iᵀ dout[n], added to the rows of dstrips that S_i was taken from;

    and strips[n, (c, j), r, q] is a copy of x̃[n, c, r, q s + j], to which its derivative is added.

    Raises a ValueError if ``dout`` does not fit.

    References
    ----------
    As the forward pass; :func:`nndl.layers.conv_backward_naive` has the derivation by entries.
    """
    x, w, stride, pad = cache
    image = padded(x, pad)
    strips, out_shape = _strips(image, w, stride)
    dout = upstream(dout, out_shape)

    dw = np.empty(w.shape, np.result_type(dout, w))
    dstrips = np.zeros(strips.shape, dw.dtype)
    N, F, rows, columns = out_shape
    flat = dout.reshape(N, F, rows * columns)
    for i in range(w.shape[2]):
        products = flat @ _meets(strips, i, out_shape, stride).transpose(0, 2, 1)
        dw[:, :, i] = products.sum(axis=0).reshape(F, w.shape[1], w.shape[3])
        drow = _row(w, i).T @ flat
        dstrips[:, :, along(i, rows, stride)] += drow.reshape(N, strips.shape[1], rows, columns)

    dimage = np.zeros(image.shape, dw.dtype)
    by_column = dstrips.reshape(N, w.shape[1], w.shape[3], image.shape[2], columns)
    for j in range(w.shape[3]):
        dimage[:, :, :, along(j, columns, stride)] += by_column[:, :, j]
    dx = dimage[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]
    return dx, dw, dout.sum(axis=(0, 2, 3))


def _strips(image: FloatArray, w: FloatArray, stride: int) -> tuple[FloatArray, tuple[int, ...]]:
    """Return the patches along the width (N, C·WW, H, W'), and the shape of out."""
    every = sliding_window_view(image, w.shape[3], axis=3)[:, :, :, ::stride]  # (N, C, H, W', WW)
    columns = every.shape[3]
    strips = every.transpose(0, 1, 4, 2, 3).reshape(
        len(image), w.shape[1] * w.shape[3], image.shape[2], columns
    )
    rows = 1 + (image.shape[2] - w.shape[2]) // stride
    return strips, (len(image), len(w), rows, columns)


def _row(w: FloatArray, i: int) -> FloatArray:
    """Return row i of all filters as a matrix (F, C·WW)."""
    return w[:, :, i].reshape(len(w), -1)


def _meets(strips: FloatArray, i: int, out_shape: tuple[int, ...], stride: int) -> FloatArray:
    """Return what row i of the filters meets, (N, C·WW, H'·W')."""
    _, _, rows, columns = out_shape
    found = strips[:, :, along(i, rows, stride)]
    return found.reshape(*found.shape[:2], rows * columns)
