"""Many images in one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from ._validate import FloatArray, check_ndim, number, real_arrays, whole_number

__all__ = ["visualize_grid"]


def visualize_grid(Xs: ArrayLike, ubound: float = 255.0, padding: int = 1) -> FloatArray:
    """Tile images into one, row by row, on a square grid.

    Each image is scaled by itself, from its smallest to its largest value, to [0, `ubound`]; a
    constant image becomes zero. So the weights of first-layer units can be looked at.

    Parameters
    ----------
    Xs : array (N, H, W, C)
        Images.
    ubound : float
        Largest value in the grid.
    padding : int
        Pixels between two images; they are zero, as are the places that no image fills.

    Returns
    -------
    grid : array (G·H + (G − 1)·padding, G·W + (G − 1)·padding, C), G = ⌈√N⌉

    Raises
    ------
    ValueError
        If there is no image, or the arguments are no images, bound and width.

    Examples
    --------
    >>> visualize_grid(np.arange(4.0).reshape(1, 2, 2, 1), ubound=3)[..., 0]
    array([[0., 1.],
           [2., 3.]])
    """
    (images,) = real_arrays(Xs=Xs)
    check_ndim("Xs", images, 4, "(N, H, W, C), N images")
    if images.size == 0:
        raise ValueError(f"Xs must hold at least one image with pixels, got shape {images.shape}")
    ubound = number("ubound", ubound, "> 0")
    padding = whole_number("padding", padding, 0)
    n_images, height, width, channels = images.shape
    side = math.isqrt(n_images - 1) + 1  # ⌈√N⌉

    low = images.min(axis=(1, 2, 3), keepdims=True)
    spread = images.max(axis=(1, 2, 3), keepdims=True) - low
    spread[spread == 0] = 1
    scaled = ubound * ((images - low) / spread)

    step_down, step_right = height + padding, width + padding
    shape = (side * step_down - padding, side * step_right - padding, channels)
    grid = np.zeros(shape, dtype=images.dtype)
    for i, image in enumerate(scaled):
        top, left = i // side * step_down, i % side * step_right
        grid[top : top + height, left : left + width] = image
    return grid
