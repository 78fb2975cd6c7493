"""Values for the cases of the step debugger.

Values are smooth, of order one, away from kinks and ties, with two decimals so that they can be
read; axes have unequal lengths so that a wrong axis or a transpose is visible; upstream
derivatives have both signs.
"""

from __future__ import annotations

import numpy as np

from .values import Array

__all__ = ["PLAIN", "Rng", "generator", "labels", "positive", "signed", "unit"]

Rng = np.random.Generator
PLAIN = 1_000_000


class _Plain(np.random.Generator):
    """Its values are multiples of a quarter: the shown case can be checked by hand."""


def generator(seed: int, *sizes: int) -> Rng:
    """Return the generator of a case; seeds from `PLAIN` on give multiples of a quarter."""
    bits = np.random.default_rng([seed, *sizes]).bit_generator
    return _Plain(bits) if seed >= PLAIN else Rng(bits)


def _quarters(rng: Rng, low: int, high: int, shape: tuple[int, ...]) -> Array:
    value: Array = rng.integers(low, high + 1, shape) / 4
    return value


def signed(rng: Rng, *shape: int) -> Array:
    """Values in ±[0.3, 2), two decimals, distinct for practical purposes."""
    if isinstance(rng, _Plain):
        return np.asarray(_quarters(rng, 1, 8, shape) * rng.choice([-1.0, 1.0], shape))
    size = rng.uniform(0.3, 2.0, shape) * rng.choice([-1.0, 1.0], shape)
    value: Array = np.round(size, 2) + rng.integers(1, 10, shape) / 1000
    return value


def positive(rng: Rng, *shape: int) -> Array:
    """Values in [0.4, 2)."""
    if isinstance(rng, _Plain):
        return _quarters(rng, 2, 8, shape)
    return np.round(rng.uniform(0.4, 2.0, shape), 2) + rng.integers(1, 10, shape) / 1000


def unit(rng: Rng, *shape: int) -> Array:
    """Values in (0, 1)."""
    if isinstance(rng, _Plain):
        return _quarters(rng, 1, 3, shape)
    return np.round(rng.uniform(0.1, 0.9, shape), 3)


def labels(rng: Rng, n: int, classes: int) -> Array:
    """Integer labels in [0, classes), not all equal."""
    y = rng.integers(0, classes, n)
    if n > 1 and classes > 1 and len(set(y.tolist())) == 1:
        y[0] = (y[0] + 1) % classes
    return y
