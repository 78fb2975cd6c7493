"""Numerical derivatives for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def numerical_gradient(
    f: Callable[[Array], Array], x: Array, dout: Array, h: float = 1e-3
) -> Array:
    """Return the derivative of Σ f(x) · dout by x, elementwise, to order h⁴."""
    gradient = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):

        def at(step: float, index: tuple[int, ...] = index) -> float:
            moved = x.copy()
            moved[index] += step
            return float(np.sum(f(moved) * dout))

        gradient[index] = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
    return gradient


def relative_error(x: Array, y: Array) -> float:
    """Return max |x − y| / max(1e-8, |x| + |y|), as the course does."""
    return float(np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))))
