"""Random numbers and state of the modules under test: the same in every run, and named.

Only so are two runs of a forward on the same inputs the same function.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np

SEED = 20_170_117
_UNSEEDED = 7
_MOST_KEPT = 10_000
_default_rng = np.random.default_rng
_seed_numpy, _seed_python = np.random.seed, random.seed
_made: list[Any] = []
"""Generators that the code made in this run."""


def seeded_rng(seed: Any = None) -> Any:
    """`np.random.default_rng`, the same when no seed is given."""
    made = _default_rng(_UNSEEDED if seed is None else seed)
    _made.append((made, made.bit_generator.state))
    return made


class Chance:
    """What the modules of a target hold that changes from call to call.

    Parameters
    ----------
    modules
        The modules under test, as they are when loaded.
    """

    def __init__(self, modules: Sequence[ModuleType]) -> None:
        self._modules = modules
        held = [value for module in modules for value in list(vars(module).values())]
        self._generators = [
            (value, value.bit_generator.state)
            for value in held
            if isinstance(value, np.random.Generator)
        ]
        self._states = [
            (value, value.get_state()) for value in held if isinstance(value, np.random.RandomState)
        ]
        self._numbers = [
            (vars(module), name, _copy(value))
            for module in modules
            for name, value in list(vars(module).items())
            if _is_state(value)
        ]

    def rewind(self, seed: int) -> None:
        """Put everything back to where it began; seed what has no seed."""
        _seed_numpy(SEED + seed)
        _seed_python(SEED + seed)
        _made.clear()
        for generator, state in self._generators:
            generator.bit_generator.state = state
        for old, before in self._states:
            old.set_state(before)
        for space, name, value in self._numbers:
            if not _equal(space.get(name), value):
                space[name] = _copy(value)

    def mark(self) -> Any:
        """Where everything stands, for `used`."""
        return (
            _position(np.random.get_state()),
            random.getstate()[1][-1],
            [str(g.bit_generator.state) for g, _ in self._generators],
            [_position(s.get_state()) for s, _ in self._states],
        )

    def used(self, mark: Any) -> list[str]:
        """Names of what was drawn from or changed since a mark."""
        now = self.mark()
        found = ["np.random"] if now[0] != mark[0] else []
        found += ["random"] if now[1] != mark[1] else []
        moved = any(str(g.bit_generator.state) != str(state) for g, state in _made)
        found += ["a generator of numpy"] if moved or now[2:] != mark[2:] else []
        found += [n for space, n, value in self._numbers if not _equal(space.get(n), value)]
        return found

    @contextlib.contextmanager
    def settled(self) -> Iterator[None]:
        """Let a generator made without a seed give the same numbers in every run."""
        places = [
            (vars(module), name)
            for module in self._modules
            for name, value in list(vars(module).items())
            if value is _default_rng
        ]
        np.random.default_rng = seeded_rng
        for space, name in places:
            space[name] = seeded_rng
        try:
            yield
        finally:
            np.random.default_rng = _default_rng
            for space, name in places:
                space[name] = _default_rng


def _position(state: Any) -> tuple[int, int, int]:
    """What tells two states of the old generator apart."""
    return int(state[2]), int(state[1][0]), int(state[3])


def _is_state(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biuf" and value.size <= _MOST_KEPT
    return type(value) in (bool, int, float)


def _copy(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def _equal(value: Any, other: Any) -> bool:
    if isinstance(value, np.ndarray) and isinstance(other, np.ndarray):
        return value.shape == other.shape and np.array_equal(value, other, equal_nan=True)
    return type(value) is type(other) and bool(np.all(value == other))
