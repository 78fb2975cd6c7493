"""Numbers inside values and objects: where they lie, how they are read and replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .dual import Dual

MAX_LEAVES = 400
MAX_DEPTH = 5
_SCALAR_PARAMETERS = {"w", "b", "m", "c", "weight", "bias", "theta", "coef", "intercept", "slope"}
Place = tuple[str, Any, Any, Any]
"""Path, container, key, value."""


_kinds = "biuf"


@contextmanager
def complex_numbers() -> Iterator[None]:
    """Let complex numbers count while steps are taken along the imaginary axis."""
    global _kinds
    _kinds = "biufc"
    try:
        yield
    finally:
        _kinds = "biuf"


def is_number(value: Any) -> bool:
    """Whether a value is an array of numbers, a number, or either with derivatives."""
    if type(value) is Dual:
        return True
    if type(value) is np.ndarray or isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in _kinds
    if isinstance(value, complex):
        return "c" in _kinds
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_leaf(value: Any) -> bool:
    """Whether a value can have a derivative."""
    return is_number(value) and getattr(value, "dtype", np.dtype(type(value))).kind in "fc"


def flat(
    value: Any, path: str = "", *, objects: Callable[[Any], bool] | None = None
) -> list[Place]:
    """Every number inside a value, with its path; `objects` says whose attributes count."""
    found: list[Place] = []
    _walk(path, None, None, value, found, set(), 0, objects or (lambda value: False))
    return found


def _walk(
    path: str,
    container: Any,
    key: Any,
    value: Any,
    found: list[Place],
    seen: set[int],
    depth: int,
    objects: Callable[[Any], bool],
) -> None:
    if len(found) >= MAX_LEAVES or depth > MAX_DEPTH:
        return
    if is_number(value):
        found.append((path, container, key, value))
        return
    if isinstance(value, (str, bytes)) or value is None or id(value) in seen:
        return
    seen.add(id(value))
    for inner, item in _items(value, objects):
        place = f"{path}/{inner}" if path else str(inner)
        inside = vars(value) if objects(value) else value
        _walk(place, inside, inner, item, found, seen, depth + 1, objects)


def _items(value: Any, objects: Callable[[Any], bool]) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from list(value.items())
    elif isinstance(value, (list, tuple)):
        yield from enumerate(value)
    elif isinstance(value, np.ndarray) and value.dtype == object:
        yield from enumerate(value.ravel())
    elif objects(value):
        yield from list(vars(value).items())


def parameters(owner: Any, objects: Callable[[Any], bool]) -> list[Place]:
    """Places of float arrays in an object that can be replaced by others, the same one once."""
    places = []
    for place in flat(owner, objects=objects):
        path, container, key, value = place
        name = path.rpartition("/")[2]
        scalar = not isinstance(value, np.ndarray) and type(value) is not Dual
        if not is_leaf(value) or isinstance(container, tuple):
            continue
        if not scalar or name.lower() in _SCALAR_PARAMETERS:
            places.append((path, container, key, value))
    return places


def replaced(value: Any, changes: dict[str, Any], path: str) -> Any:
    """A copy of nested values with the numbers at some paths exchanged."""
    if path in changes:
        return changes[path]
    if isinstance(value, dict):
        return {k: replaced(v, changes, f"{path}/{k}") for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([replaced(v, changes, f"{path}/{i}") for i, v in enumerate(value)])
    return np.array(value) if isinstance(value, np.ndarray) else value
