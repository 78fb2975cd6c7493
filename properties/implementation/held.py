"""Functions and classes that this process holds: they answer requests as a loaded target does."""

from __future__ import annotations

import inspect
import linecache
import random
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from .child.tracing.survey import survey
from .child.tracing.trials import Trials
from .child.values import Call, Outcome


class Held:
    """Answers about some objects of this process, and about nothing beside them.

    Each stands under ``names`` in a module of ``modules``: one for each file, as the cells of a
    notebook are files of one module. The real modules, and those of the same project that they
    name, are dressed with them: derivatives get through what their globals name, and parameters
    that lie in objects of their classes are found. No limit of time or memory holds.

    Raises
    ------
    TypeError
        One is neither a function nor a class written in Python.
    """

    def __init__(self, things: Sequence[Any]) -> None:
        self._modules: dict[str, ModuleType] = {}
        held = [self._hold(thing) for thing in things]
        self.modules, self.names = [m for m, _ in held], [n for _, n in held]
        real = {f"={m.__name__}": m for m in _project(list(self._modules))}
        self._trials = Trials({**self._modules, **real})

    def _hold(self, thing: Any) -> tuple[str, str]:
        plain = isinstance(thing, FunctionType)
        if not plain and not isinstance(thing, type):
            raise TypeError(
                f"got {type(thing).__name__} {thing!r:.80}; wanted a function or a class that is "
                "written in Python: give the function that a partial or a bound method stands for"
            )
        file = thing.__code__.co_filename if plain else _file(thing)
        place = str(thing.__module__)
        while (known := self._modules.get(place)) is not None and known.__file__ != file:
            place += "'"
        module = self._modules.setdefault(place, ModuleType(place))
        module.__file__ = file
        name = str(thing.__name__)
        while vars(module).get(name, thing) is not thing:  # another lambda
            name += "_"
        setattr(module, name, thing)
        return place, name

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        """Answer requests; see ``child.tracing``."""
        numpy_state, python_state = np.random.get_state(), random.getstate()
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                return [Outcome("ok", (self._answer(call),)) for call in calls]
        finally:
            np.random.set_state(numpy_state)
            random.setstate(python_state)

    def _answer(self, call: Call) -> Any:
        if call.function == "=survey":
            modules = list(self._modules.values())
            lines = {m.__name__: _lines(str(m.__file__)) for m in modules}
            return {"modules": survey(modules, lines), "failures": {}, "notes": {}, "unusable": {}}
        if call.function == "=calls":  # what is held has run already, unheard
            return {"calls": []}
        return self._trials.answer(call.args[0])


def _project(begin: Sequence[str]) -> Iterator[ModuleType]:
    """The real modules of some names, and those of the same project that their globals name.

    Of the same project is what shares their package, or is installed nowhere: an object of such a
    class may hold parameters, an object of another library is a tool.
    """
    packages = {name.partition(".")[0] for name in begin} - {"properties", "reference"}
    seen, left = set(begin), list(begin)
    while left:
        module = sys.modules.get(left.pop())
        if module is None or getattr(module, "__file__", None) is None:
            continue
        yield module
        for value in list(vars(module).values()):
            plain = issubclass(type(value), type | FunctionType)
            kind = value if plain else type(value)
            name = value.__name__ if isinstance(value, ModuleType) else str(kind.__module__)
            own = name not in seen and (name.partition(".")[0] in packages or _is_loose(name))
            if own:
                seen.add(name)
                left.append(name)


_LIBRARY = str(Path(linecache.__file__).parent)


def _is_loose(name: str) -> bool:
    """Whether a module stands in a file that no installation put there, and not in this judge."""
    file = getattr(sys.modules.get(name), "__file__", None) or ""
    installed = any(part in ("site-packages", "dist-packages") for part in Path(file).parts)
    judge = name.partition(".")[0] in ("properties", "reference", "nndl_suite", "conftest")
    return bool(file) and not (installed or judge or file.startswith(_LIBRARY))


def _file(kind: type) -> str:
    try:
        return inspect.getfile(kind)
    except TypeError:
        methods = [f for f in vars(kind).values() if isinstance(f, FunctionType)]
        return methods[0].__code__.co_filename if methods else ""


def _lines(file: str) -> list[str]:
    linecache.checkcache(file)
    return [line.rstrip("\n") for line in linecache.getlines(file)]
