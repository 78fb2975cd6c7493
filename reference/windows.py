"""Sliding windows of images, and their adjoint."""

from __future__ import annotations

import numpy as np

from .bounded import Array, Bounded


def places(side: int, window: int, stride: int, name: str, *, rest: bool = False) -> int:
    """Count the places of a window along a side.

    Raises
    ------
    ValueError
        When the window is longer than the side, or with `rest` false does not end at its end.

    Examples
    --------
    >>> places(7, 3, 2, "height")
    3
    """
    if stride < 1 or window > side or (not rest and (side - window) % stride):
        raise ValueError(
            f"a window of {window} at stride {stride} does not fit into a {name} of {side}"
        )
    return (side - window) // stride + 1


def windows(x: Bounded, height: int, width: int, stride: int) -> Bounded:
    """Lay out all windows of x (N, C, H, W) as (N, C, H', W', height, width)."""

    def slide(array: Array) -> Array:
        view = np.lib.stride_tricks.sliding_window_view(array, (height, width), axis=(2, 3))
        return view[:, :, ::stride, ::stride]

    return x.moved(slide)


def add_up(each: Bounded, shape: tuple[int, ...], stride: int) -> Bounded:
    """Add each window's entries up where they came from: the adjoint of `windows`."""
    rows, columns, height, width = each.shape[2:]
    precision = each.precision

    def scatter(array: Array) -> Array:
        total = np.zeros(shape)
        for i in range(height):
            for j in range(width):
                down, right = (
                    slice(i, i + stride * rows, stride),
                    slice(j, j + stride * columns, stride),
                )
                total[:, :, down, right] += array[..., i, j]
        return total

    rounds = np.maximum(scatter(np.ones(each.shape)) - 1.0, 0.0) * precision.unit
    error = scatter(each.error) + rounds * scatter(each.size)
    return Bounded(scatter(each.value), error, precision)
