"""Values for arguments: smooth, of order one, away from kinks and ties, with few digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

PLAIN = 1_000_000  # seeds from here on give multiples of a quarter, to be followed by hand


class Draws:
    """Values of one case; see `PLAIN`."""

    def __init__(self, seed: int, sizes: Sequence[int]) -> None:
        self.rng = np.random.default_rng([seed, *sizes])
        self.plain = seed >= PLAIN

    def _between(self, low: float, high: float, shape: Sequence[int]) -> Array:
        if self.plain:
            return self.rng.integers(int(np.ceil(4 * low)), int(4 * high) + 1, shape) / 4
        thousandths = self.rng.integers(1, 10, shape) / 1000
        return np.asarray(np.round(self.rng.uniform(low, high - 0.01, shape), 2) + thousandths)

    def signed(self, shape: Sequence[int]) -> Array:
        """Values in ±[0.25, 2], distinct for practical purposes."""
        size = self._between(0.25 if self.plain else 0.3, 2.0, shape)
        return np.asarray(size * self.rng.choice([-1.0, 1.0], shape))

    def positive(self, shape: Sequence[int]) -> Array:
        return self._between(0.4, 2.0, shape)

    def unit(self, shape: Sequence[int]) -> Array:
        return self._between(0.2 if self.plain else 0.1, 0.9, shape)

    def integers(self, shape: Sequence[int]) -> Array:
        return self.rng.integers(0, 5, shape)

    def mask(self, shape: Sequence[int]) -> Array:
        return self.rng.integers(0, 2, shape).astype(bool)

    def spd(self, shape: Sequence[int]) -> Array:
        n = shape[0] if shape else 1
        root = self.signed((n, n))
        return np.asarray(root @ root.T / n + np.eye(n))

    def symmetric(self, shape: Sequence[int]) -> Array:
        root = self.signed((shape[0], shape[0]))
        return np.asarray((root + root.T) / 2)

    def regular(self, shape: Sequence[int]) -> Array:
        return np.asarray(
            self.signed((shape[0], shape[0])) / (2 * shape[0]) + 1.5 * np.eye(shape[0])
        )

    def bits(self, shape: Sequence[int]) -> Array:
        return self.mask(shape).astype(float)

    def signs(self, shape: Sequence[int]) -> Array:
        return 2.0 * self.bits(shape) - 1.0

    def labels(self, shape: Sequence[int]) -> Array:
        """Labels in [0, classes), not all equal; `shape` begins with the classes."""
        classes, *rest = shape
        y = self.rng.integers(0, classes, rest)
        if y.size > 1 and classes > 1 and len(set(y.ravel().tolist())) == 1:
            y.flat[0] = (y.flat[0] + 1) % classes
        return y

    def label(self, shape: Sequence[int]) -> Array:
        """One integer in [0, classes)."""
        return np.asarray(self.rng.integers(0, shape[0]))

    def onehot(self, shape: Sequence[int]) -> Array:
        y = self.labels((shape[-1], int(np.prod(shape[:-1]))))
        return np.eye(shape[-1])[y].reshape(shape)

    def rows(self, shape: Sequence[int]) -> Array:
        value = self.positive(shape)
        return np.asarray(value / value.sum(axis=-1, keepdims=True))

    def onehot_columns(self, shape: Sequence[int]) -> Array:
        return self.onehot(shape[::-1]).T.copy()

    def columns(self, shape: Sequence[int]) -> Array:
        return self.rows(shape[::-1]).T.copy()


KINDS: dict[str, Callable[[Draws, Sequence[int]], Array]] = {
    "normal": Draws.signed,
    "labels": Draws.labels,
    "label": Draws.label,
    "positive": Draws.positive,
    "integers": Draws.integers,
    "mask": Draws.mask,
    "unit": Draws.unit,
    "spd": Draws.spd,
    "onehot": Draws.onehot,
    "rows": Draws.rows,
    "onehot_columns": Draws.onehot_columns,
    "columns": Draws.columns,
    "symmetric": Draws.symmetric,
    "regular": Draws.regular,
    "bits": Draws.bits,
    "signs": Draws.signs,
}

"""What an array can be, as the notation calls it, and how it is drawn."""


def upstream(seed: int, shape: tuple[int, ...]) -> Array | float:
    """Draw an upstream derivative with both signs for an output of a shape; 1 for a scalar."""
    if shape == ():
        return 1.0
    rng = np.random.default_rng([seed, 7])
    size = np.round(rng.uniform(0.2, 1.5, shape), 2)
    return np.asarray(size * np.where(rng.random(shape) < 0.5, -1.0, 1.0))
