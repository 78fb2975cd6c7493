"""The names that code under test sees while derivatives are carried through it.

`np.zeros` has to give an array that can take a derivative, and `math.exp` and `float` must not
lose one. So the globals of the target's modules that are numpy, `math`, or functions of theirs are
exchanged for the time of a run.
"""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from . import functions, moving, rules, special
from .chance import seeded_rng
from .dual import Dual, constant, holds, lift, stacked


class _FloatMeta(type):
    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, float)


class _Float(float, metaclass=_FloatMeta):
    """`float`, but for a value with a derivative, which stays what it is."""

    dtype = np.dtype(np.float64)

    def __new__(cls, value: Any = 0.0) -> Any:
        if type(value) is Dual:
            return value.reshape(())
        return float(value)


class _Float64Meta(type):
    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, np.float64)


class _Float64(metaclass=_Float64Meta):
    dtype = np.dtype(np.float64)

    def __new__(cls, value: Any = 0.0, *more: Any) -> Any:
        return lift(value).copy() if holds(value) else np.float64(value, *more)


def _created(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make the arrays of a creation function ready to take a derivative."""

    @functools.wraps(function)
    def create(*args: Any, **kwargs: Any) -> Any:
        if holds(args) or holds(kwargs):
            if function is np.full:
                shape, value = (*args, kwargs.get("fill_value"))[:2]
                result = constant(np.zeros(shape))
                result[...] = value
                return result
            return functions.array(*args, **_array_options(kwargs))
        made = function(*args, **kwargs)
        return constant(made) if getattr(made, "dtype", np.dtype(int)).kind == "f" else made

    return create


def _array_options(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in kwargs.items() if key == "dtype"}


def _vectorize(function: Callable[..., Any], **more: Any) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        if not holds(args):
            return np.vectorize(function, **more)(*args)
        shape = np.broadcast_shapes(*(np.shape(lift(a).v) for a in args))
        flat = [moving.rearranged(np.broadcast_to, (lift(a), shape), {}).reshape(-1) for a in args]
        parts = [lift(function(*row)) for row in zip(*flat, strict=True)]
        return stacked(parts).reshape(shape)

    return call


def _along_axis(function: Callable[..., Any], axis: int, a: Any, *args: Any, **kwargs: Any) -> Any:
    if not holds(a):
        return np.apply_along_axis(function, axis, a, *args, **kwargs)
    rows = moving.rearranged(np.moveaxis, (a, axis, -1), {})
    shape = rows.shape[:-1]
    parts = [lift(function(row, *args, **kwargs)) for row in rows.reshape(-1, rows.shape[-1])]
    result = stacked(parts)
    result = result.reshape(*shape, *result.shape[1:])
    if result.ndim == len(shape):
        return result
    return moving.rearranged(np.moveaxis, (result, -1, axis), {})


class _Random:
    """`np.random` with a generator that gives the same numbers in every run."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np.random, name)

    @staticmethod
    def default_rng(seed: Any = None) -> Any:
        return seeded_rng(seed)


class _Numpy:
    """numpy, with other functions where a derivative would be lost."""

    def __init__(self, others: dict[str, Any]) -> None:
        self.__dict__.update(others)

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


_CREATE = ("zeros", "ones", "empty", "full", "eye", "identity", "array", "asarray", "asfarray")
_CREATE_LIKE = ("zeros_like", "ones_like", "empty_like", "full_like")


def _numpy_names() -> dict[str, Any]:
    names = {
        name: _created(getattr(np, name))
        for name in (*_CREATE, *_CREATE_LIKE, "ascontiguousarray", "asanyarray")
        if hasattr(np, name)
    }
    for name in _CREATE_LIKE:
        names[name] = _like(getattr(np, name))
    return {
        **names,
        "float64": _Float64,
        "vectorize": _vectorize,
        "apply_along_axis": _along_axis,
        "random": _Random(),
    }


def _like(function: Callable[..., Any]) -> Callable[..., Any]:
    def create(a: Any, *args: Any, **kwargs: Any) -> Any:
        if type(a) is not Dual and holds(a):
            a = lift(a)
        made = function(a, *args, **kwargs)
        if type(made) is not Dual and getattr(made, "dtype", np.dtype(int)).kind == "f":
            return constant(made)
        return made

    return create


def _math_names() -> dict[str, Any]:
    others = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2"}
    others |= {"pow": "power", "fabs": "absolute", "asinh": "arcsinh", "atanh": "arctanh"}

    def dispatched(name: str, plain: Callable[..., Any]) -> Callable[..., Any]:
        ufunc = getattr(np, others.get(name, name))

        def call(*args: Any) -> Any:
            if not holds(args):
                return plain(*args)
            result = rules._called(ufunc.__name__, ufunc, args[:1] if name == "log" else args)
            if name == "log" and len(args) > 1:
                result = rules.divide(lift(result), rules.unary("log", lift(args[1])))
            return result

        return call

    return {
        name: dispatched(name, getattr(math, name))
        for name in dir(math)
        if isinstance(getattr(np, others.get(name, name), None), np.ufunc)
    }


class _Math(_Numpy):
    def __getattr__(self, name: str) -> Any:
        return getattr(math, name)


@functools.cache
def _exchanged() -> tuple[dict[int, Any], Any, Any]:
    numpy_names, math_names = _numpy_names(), _math_names()
    others: dict[int, Any] = {}
    for source, names in ((np, numpy_names), (math, math_names)):
        for name, other in names.items():
            if hasattr(source, name):
                others[id(getattr(source, name))] = other
    return others, _Numpy(numpy_names), _Math(math_names)


@contextlib.contextmanager
def dressed(modules: Sequence[ModuleType]) -> Iterator[None]:
    """Exchange the names in these modules for the time of a run."""
    others, numpy_, math_ = _exchanged()
    others = {**others, **special.exchanged()}
    undo: list[tuple[dict[str, Any], dict[str, Any], bool]] = []
    for module in modules:
        space = vars(module)
        changed: dict[str, Any] = {}
        for name, value in space.items():
            if value is np:
                changed[name] = numpy_
            elif value is math:
                changed[name] = math_
            elif id(value) in others and name != "__builtins__":
                changed[name] = others[id(value)]
        before = {name: space[name] for name in changed}
        own_float = "float" in space
        if not own_float:
            changed["float"] = _Float
        space.update(changed)
        undo.append((space, before, own_float))
    try:
        yield
    finally:
        for space, before, own_float in undo:
            space.update(before)
            if not own_float:
                space.pop("float", None)
