"""What a call did besides returning: arguments, caches and random state before and after."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np

from .values import Array, Handle, Ref

_MAX_ARRAYS = 1000


def arrays_inside(value: Any, path: str, found: dict[str, Array], depth: int = 0) -> None:
    """Collect the arrays in containers and in objects' attributes, by path."""
    if isinstance(value, np.ndarray):
        if len(found) < _MAX_ARRAYS:
            found[path] = value
    elif depth > 6:
        return
    elif isinstance(value, dict):
        for key, item in list(value.items()):
            arrays_inside(item, f"{path}.{key}", found, depth + 1)
    elif isinstance(value, (tuple, list)):
        for index, item in enumerate(value):
            arrays_inside(item, f"{path}.{index}", found, depth + 1)
    elif hasattr(value, "__dict__") and not isinstance(value, type):
        arrays_inside(vars(value), path, found, depth + 1)


def _state(array: Array) -> tuple[Any, ...]:
    kind = array.dtype.kind
    content = array.tobytes() if kind in "biufc" else repr(array)
    return array.shape, array.dtype.str, content


class Watch:
    """Snapshots before a call, compared after it.

    Parameters
    ----------
    names : mapping
        The arguments by position or keyword.
    raw : mapping
        The same arguments as the caller wrote them, to tell arrays from references.
    """

    def __init__(self, names: Mapping[int | str, Any], raw: Mapping[int | str, Any]) -> None:
        self._arrays: list[tuple[int | str, Array, tuple[Any, ...]]] = []
        self._caches: list[tuple[Array, tuple[Any, ...]]] = []
        for name, value in names.items():
            if isinstance(raw.get(name), (Ref, Handle)):
                found: dict[str, Array] = {}
                arrays_inside(value, "", found)
                self._caches += [(array, _state(array)) for array in found.values()]
            elif isinstance(value, np.ndarray):
                self._arrays.append((name, value, _state(value)))
            elif isinstance(value, (dict, list, tuple)):
                found = {}
                arrays_inside(value, str(name), found)
                self._arrays += [(path, array, _state(array)) for path, array in found.items()]
        self._numpy_state = np.random.get_state(legacy=False)
        self._python_state = random.getstate()

    def changed(self) -> tuple[int | str, ...]:
        """Name the array arguments whose bytes are not what they were."""
        return tuple(name for name, array, before in self._arrays if _state(array) != before)

    def cache_changed(self) -> bool:
        """Whether an array inside a reference or handle is not what it was."""
        return any(_state(array) != before for array, before in self._caches)

    def rng_touched(self) -> bool:
        """Whether the global generators of numpy or Python moved."""
        before: Any = self._numpy_state
        after: Any = np.random.get_state(legacy=False)
        return bool(
            self._python_state != random.getstate()
            or before["bit_generator"] != after["bit_generator"]
            or not _same(before["state"], after["state"])
            or before["has_gauss"] != after["has_gauss"]
        )


def _same(before: dict[str, Any], after: dict[str, Any]) -> bool:
    return before.keys() == after.keys() and all(
        np.array_equal(before[key], after[key]) for key in before
    )
