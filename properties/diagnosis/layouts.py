"""Layouts in which people write a layer: columns for rows, weights transposed, channels last.

A layout says how the arrays of a code become those of a declaration. What is done to an input is
done to its gradient, and what is done to an output to its upstream derivative.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any
Change = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Layout:
    """How the first input, the others and the outputs are turned into the declaration's.

    `words` follow the name of a layer, as in "batchnorm over columns".
    """

    words: str
    first: Change
    others: Change
    output: Change

    def inputs(self, values: Sequence[Array], ones: Sequence[tuple[int, ...]]) -> list[Array]:
        """Turn inputs, or their gradients, and take axes of the length one out of parameters."""
        found = []
        for i, (value, axes) in enumerate(zip(values, ones, strict=True)):
            plain = np.asarray(value, dtype=float)
            if i == 0:
                found.append(self.first(plain))
            else:
                found.append(np.squeeze(plain, axes) if axes else self.others(plain))
        return found


def _same(a: Array) -> Array:
    return a


def _turned(a: Array) -> Array:
    return a.T if a.ndim == 2 else a


def _moved(ndim: int, order: tuple[int, ...]) -> Change:
    return lambda a: a.transpose(order) if a.ndim == ndim else a


_CHANNELS = _moved(4, (0, 3, 1, 2))
_TIME_LAST = _moved(3, (1, 2, 0))
_TIME_FIRST = _moved(3, (1, 0, 2))


def _columns_of_time(a: Array) -> Array:
    return _turned(_TIME_LAST(a))


LAYOUTS = (
    Layout("", _same, _same, _same),
    Layout("over columns", _turned, _turned, _turned),
    Layout("with weights transposed", _same, _turned, _same),
    Layout("over columns, with weights transposed", _turned, _same, _turned),
    Layout("with channels last", _CHANNELS, _moved(4, (3, 2, 0, 1)), _CHANNELS),
    Layout("with channels last, filters first", _CHANNELS, _CHANNELS, _CHANNELS),
    Layout("with channels last, filters as they are", _CHANNELS, _same, _CHANNELS),
    Layout("with time first", _TIME_FIRST, _same, _TIME_FIRST),
    Layout("over columns, with time last", _columns_of_time, _turned, _columns_of_time),
)


@dataclass(frozen=True, slots=True)
class Gates:
    """An order of the gates that are stacked along the last axis of weights and biases."""

    order: tuple[int, ...]

    @property
    def words(self) -> str:
        """How to speak of it."""
        plain = self.order == tuple(range(len(self.order)))
        return "" if plain else "with its gates in another order"

    def __call__(self, a: Array) -> Array:
        """Put the gates of one array into the declaration's order."""
        parts = np.split(a, len(self.order), axis=-1)
        return np.concatenate([parts[i] for i in self.order], axis=-1)


def gates(inputs: Sequence[Array], output: Array) -> Iterator[tuple[Gates, list[bool]]]:
    """Orders of four gates, and which inputs have them; none where there are none."""
    width = output.shape[-1] if output.ndim else 0
    stacked = [i > 0 and a.ndim > 0 and a.shape[-1] == 4 * width for i, a in enumerate(inputs)]
    if sum(stacked) < 2:
        yield Gates(()), [False] * len(inputs)
        return
    for order in itertools.permutations(range(4)):
        yield Gates(order), stacked
