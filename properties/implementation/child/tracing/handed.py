"""Functions that a function of the target makes and hands out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import CellType, FunctionType
from typing import Any


class Made:
    """What a function handed out, as an object whose methods are the functions."""

    def __init__(self, value: Any) -> None:
        self.functions = tuple(_functions(value))
        vars(self).update({f.__name__: f for f in self.functions})

    def kept(self) -> Kept:
        """What the functions share, as it is now."""
        return Kept(self.functions)


class Kept(dict[str, Any]):
    """The variables that functions share; to set one is to set it for all of them."""

    def __init__(self, functions: Iterable[FunctionType]) -> None:
        super().__init__()
        self._cells: dict[str, CellType] = {}
        for function in functions:
            cells = function.__closure__ or ()
            for name, cell in zip(function.__code__.co_freevars, cells, strict=True):
                try:
                    super().__setitem__(name, cell.cell_contents)
                except ValueError:  # it is not assigned yet
                    continue
                self._cells[name] = cell

    def __setitem__(self, name: str, value: Any) -> None:
        self._cells[name].cell_contents = value
        super().__setitem__(name, value)


def _functions(value: Any) -> Iterator[FunctionType]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        for one in value:
            yield from _functions(one)
    elif isinstance(value, FunctionType):
        yield value


def parted(returned: Any) -> tuple[Any, Callable[..., Any] | None]:
    """What a function returned beside a function, and that function."""
    parts = returned if isinstance(returned, (tuple, list)) else (returned,)
    made = next((one for one in parts if callable(one)), None)
    rest = tuple(one for one in parts if one is not made)
    return (rest[0] if len(rest) == 1 else rest), made
