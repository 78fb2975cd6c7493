"""Windows of images, as views: no entry is copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ._validate import FloatArray


def padded(x: FloatArray, pad: int) -> FloatArray:
    """Return images (N, C, H, W) with zeros on every side."""
    return np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))


def windows(x: FloatArray, size: Sequence[int], stride: int) -> FloatArray:
    """Return all windows of images (N, C, H, W), as a view (N, C, H', W', HH, WW).

    Examples
    --------
    >>> windows(np.arange(12.0).reshape(1, 1, 3, 4), (2, 2), 2)[0, 0, 0, 1]
    array([[2., 3.], [6., 7.]])
    """
    every: FloatArray = sliding_window_view(x, tuple(size), axis=(2, 3))
    return every[:, :, ::stride, ::stride]


def offsets(
    size: Sequence[int], out: Sequence[int], stride: int
) -> Iterator[tuple[int, int, slice, slice]]:
    """Yield each place (i, j) of a window, with the rows and columns where it meets the image.

    One place of all windows at once: ``x[:, :, rows, columns]`` has the shape (N, C, H', W').
    """
    for i, j in np.ndindex(*size):
        yield i, j, along(i, out[0], stride), along(j, out[1], stride)


def along(start: int, count: int, stride: int) -> slice:
    """Return a slice of `count` places, `stride` apart."""
    return slice(start, start + stride * (count - 1) + 1, stride)
