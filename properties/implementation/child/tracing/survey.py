"""What the modules of a target define, as plain values: functions, classes, signatures, sources."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

_PLAIN = (bool, int, float, str, type(None))
_MAX_LINES = 10_000


def survey(modules: Sequence[ModuleType], sources: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """Describe every module: its own functions and classes, methods of bases included."""
    return [_module(module, sources.get(module.__name__, [])) for module in modules]


def _module(module: ModuleType, lines: list[str]) -> dict[str, Any]:
    functions, classes = [], []
    for name, value in list(vars(module).items()):
        if isinstance(value, type) and value.__module__ == module.__name__:
            classes.append(_class(name, value))
        elif isinstance(value, FunctionType) and value.__code__.co_filename == module.__file__:
            functions.append({"name": name, **_function(value)})
    return {
        "name": module.__name__,
        "file": str(module.__file__),
        "source": lines[:_MAX_LINES],
        "functions": functions,
        "classes": classes,
        "arrays": [
            name
            for name, value in list(vars(module).items())
            if _is_array(value) or _holds_arrays(value)
        ],
        "constants": {
            name: value
            for name, value in list(vars(module).items())
            if not name.startswith("_") and type(value) in _PLAIN
        },
    }


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _holds_arrays(value: Any) -> bool:
    """Whether a value is a dict of parameters."""
    return type(value) is dict and bool(value) and all(map(_is_array, value.values()))


def _class(name: str, kind: type) -> dict[str, Any]:
    methods = []
    for attribute, owner in _attributes(kind):
        function = inspect.unwrap(getattr(kind, attribute, None))  # type: ignore[arg-type]
        if isinstance(function, FunctionType):
            static = isinstance(vars(owner)[attribute], (staticmethod, classmethod))
            one = {"name": attribute, "owner": owner.__name__, "static": static}
            methods.append({**one, **_function(function)})
    return {
        "name": name,
        "bases": [base.__name__ for base in kind.__mro__[1:-1]],
        "doc": str(kind.__doc__ or "")[:5000],
        "methods": methods,
    }


def _attributes(kind: type) -> Iterator[tuple[str, type]]:
    seen: set[str] = set()
    for owner in kind.__mro__[:-1]:
        for name in vars(owner):
            if name not in seen:
                seen.add(name)
                yield name, owner


def _function(function: FunctionType) -> dict[str, Any]:
    parameters = []
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        signature = inspect.Signature()
    for parameter in signature.parameters.values():
        default = parameter.default
        given = default is not inspect.Parameter.empty
        plain = default if type(default) in _PLAIN else None
        annotation = parameter.annotation
        text = "" if annotation is inspect.Parameter.empty else str(annotation)[:200]
        parameters.append([parameter.name, int(parameter.kind), given, plain, text])
    return {
        "parameters": parameters,
        "line": function.__code__.co_firstlineno,
        "file": function.__code__.co_filename,
        "qualname": function.__qualname__,
        "doc": str(function.__doc__ or "")[:10_000],
    }
