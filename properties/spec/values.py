"""Families of values: a family name, a shape and a seed give an array.

Hypothesis draws the family and the seed, not the elements: a hundred elements drawn one by one
cost more than the whole check. What shrinking needs element by element is done afterwards, on
the failing example alone (``minimise``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from .row import Purpose

Floats = npt.NDArray[np.float64]

# The first of each is what shrinking ends at.
FAMILIES: dict[Purpose, tuple[str, ...]] = {
    Purpose.ORDINARY: ("dyadic", "integers", "normal", "uneven", "offset", "ties", "tiny"),
    Purpose.SMOOTH: ("dyadic", "normal"),
    Purpose.INTEGER: ("integers",),
    Purpose.KINK: ("integers", "dyadic"),
    Purpose.EXTREME: ("huge", "minute", "spread", "shifted"),
    Purpose.EMPTY: ("dyadic",),
}

SEEDS = st.integers(0, 2**32 - 1)


@dataclass
class Values:
    """Arrays of one family, drawn one after the other from one seed."""

    family: str
    seed: int
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.Generator(np.random.SFC64(self.seed))

    def array(self, shape: tuple[int, ...]) -> Floats:
        """An input or a parameter of the family."""
        made: Floats = np.asarray(_MAKERS[self.family](self.rng, shape), dtype=np.float64)
        return made

    def tame(self, shape: tuple[int, ...]) -> Floats:
        """Values of order one whatever the family: for parameters beside extreme inputs."""
        if self.family in ("dyadic", "integers", "ties"):
            return self.array(shape)
        return self.rng.standard_normal(shape)

    def upstream(self, shape: tuple[int, ...]) -> Floats:
        """An upstream derivative: signed, never all ones, with a scale of its own."""
        if self.family in ("dyadic", "integers", "ties"):
            return np.asarray(_odd(self.rng, shape) * 2.0 ** self.rng.integers(-2, 3))
        scale = 1.0 if self.family in ("huge", "minute", "spread", "shifted") else 10.0
        return np.asarray(self.rng.standard_normal(shape) * scale ** self.rng.uniform(-3, 3))

    def uniform(self, low: float, high: float) -> float:
        """A number between low and high; a readable one in the readable families."""
        if self.family in ("dyadic", "integers", "ties"):
            return low + (high - low) * float(self.rng.integers(1, 8)) / 8
        return float(self.rng.uniform(low, high))

    def choice(self, *options: float) -> float:
        """One of the options."""
        return options[int(self.rng.integers(len(options)))]

    def labels(self, n: int, classes: int) -> npt.NDArray[np.int64]:
        """Labels in [0, classes), of shape (n,)."""
        return self.rng.integers(0, classes, n)


def _odd(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Odd integers from -7 to 7: never zero, signed, unequal."""
    return np.asarray(2.0 * rng.integers(-4, 4, shape) + 1.0)


def _dyadic(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return _odd(rng, shape) / 8.0 + rng.integers(-3, 4, shape)


def _integers(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(-4, 5, shape).astype(np.float64)


def _ties(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(-1, 2, shape).astype(np.float64)


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.standard_normal(shape)


def _columns(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.uniform(-1.0, 1.0, shape[-1:])


def _uneven(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.standard_normal(shape) * 10.0 ** (2.0 * _columns(rng, shape))


def _offset(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.standard_normal(shape) + 100.0 * _columns(rng, shape)


def _tiny(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.standard_normal(shape) * 10.0 ** rng.uniform(-6, -2)


def _signed(rng: np.random.Generator, shape: tuple[int, ...], low: int, high: int) -> Any:
    """Powers of two of either sign: what lies beside a kink at zero."""
    return np.ldexp(rng.choice([-1.0, 1.0], shape), rng.integers(low, high, shape))


def _faint(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return _signed(rng, shape, -990, -10)


def _least(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """The smallest of which products with ordinary numbers are still normal numbers."""
    return _signed(rng, shape, -1000, -990)


def _subnormal(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return _signed(rng, shape, -1074, -1022)


def _huge(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.standard_normal(shape) * 10.0 ** rng.uniform(2, 60)


def _minute(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.standard_normal(shape) * 10.0 ** rng.uniform(-60, -10)


def _spread(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.standard_normal(shape) * 10.0 ** rng.uniform(-30, 30, shape)


def _shifted(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.standard_normal(shape) + 1e8 * _columns(rng, shape)


_MAKERS = {
    "dyadic": _dyadic,
    "integers": _integers,
    "ties": _ties,
    "normal": _normal,
    "uneven": _uneven,
    "offset": _offset,
    "tiny": _tiny,
    "faint": _faint,
    "least": _least,
    "subnormal": _subnormal,
    "huge": _huge,
    "minute": _minute,
    "spread": _spread,
    "shifted": _shifted,
}

BATCHES = st.sampled_from((2, 1, 3, 4, 5, 7))
POWERS_OF_TWO = st.sampled_from((2, 1, 4))
SIDES = st.sampled_from((1, 2, 3, 4, 5, 6))
CLASSES = st.sampled_from((2, 3, 4, 5, 7))
# The feature shape of one example: one to three trailing dimensions, mostly unequal.
TRAILING = st.sampled_from(
    ((1,), (2,), (3,), (4,), (5,), (7,), (2, 3), (3, 1), (1, 4), (4, 2), (2, 1, 3), (2, 3, 2))
)
ANY_SHAPE = st.sampled_from(
    ((1,), (2,), (5,), (2, 3), (3, 2), (1, 4), (4, 1), (5, 3), (2, 3, 4), (3, 1, 2), (2, 3, 2, 2))
)


def batch_sizes(purpose: Purpose) -> st.SearchStrategy[int]:
    """Sizes of a batch: 0 for the empty one, powers of two where a mean must be exact."""
    if purpose is Purpose.EMPTY:
        return st.just(0)
    return POWERS_OF_TWO if purpose is Purpose.INTEGER else BATCHES


def any_shape(purpose: Purpose) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes for layers that work element by element; without an example for the empty batch."""
    return st.sampled_from(((0, 3), (0, 2, 2))) if purpose is Purpose.EMPTY else ANY_SHAPE


def of_family(*names: str) -> st.SearchStrategy[Values]:
    """Values of one of these families, with a seed."""
    return st.builds(
        Values, st.just(names[0]) if len(names) == 1 else st.sampled_from(names), SEEDS
    )


def values(
    purpose: Purpose,
    *,
    beside_kinks: tuple[str, ...] = (),
    smooth: tuple[str, ...] = FAMILIES[Purpose.SMOOTH],
) -> st.SearchStrategy[Values]:
    """A family that serves the purpose, with a seed.

    Parameters
    ----------
    beside_kinks
        Further ones for the ordinary purpose, of values that lie close to a kink.
    smooth
        Those for the smooth purpose.
    """
    if purpose is Purpose.SMOOTH:
        return of_family(*smooth)
    more = beside_kinks if purpose is Purpose.ORDINARY else ()
    return of_family(*FAMILIES[purpose], *more)
