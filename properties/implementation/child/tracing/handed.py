"""Functions that a function of the target makes and hands out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


class Made:
    """What a function handed out, as an object whose methods are the functions."""

    def __init__(self, value: Any) -> None:
        vars(self).update({f.__name__: f for f in _functions(value)})


def _functions(value: Any) -> Iterator[Callable[..., Any]]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        for one in value:
            yield from _functions(one)
    elif callable(value) and hasattr(value, "__name__"):
        yield value


def parted(returned: Any) -> tuple[Any, Callable[..., Any] | None]:
    """What a function returned beside a function, and that function."""
    parts = returned if isinstance(returned, (tuple, list)) else (returned,)
    made = next((one for one in parts if callable(one)), None)
    rest = tuple(one for one in parts if one is not made)
    return (rest[0] if len(rest) == 1 else rest), made
