"""The derivatives of numpy's other functions, and of the methods of arrays: the table."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from . import algebra, reductions, rules
from .dual import ANSWERS, Dual, Lost, constant, holds, lift
from .moving import MOVED, padded, rearranged
from .reductions import sum_

Rule = Callable[..., Any]


def clip(a: Any, a_min: Any = None, a_max: Any = None, **more: Any) -> Any:
    low = more.get("min", a_min)
    high = more.get("max", a_max)
    x = lift(a)
    if low is not None:
        x = rules.larger(x, lift(low))
    return x if high is None else rules.larger(x, lift(high), -1.0)


def where(condition: Any, *choices: Any) -> Any:
    plain = lift(condition).v != 0 if holds(condition) else condition
    if not choices:
        return np.where(plain)
    return rules.choose(plain, lift(choices[0]), lift(choices[1]))


def array(value: Any, dtype: Any = None, **more: Any) -> Any:
    result = lift(value).copy()
    return result if dtype is None else result.astype(dtype)


def _filled(fill: float | None) -> Rule:
    def rule(a: Any, *args: Any, **kwargs: Any) -> Any:
        rest = list(args)
        value = rest.pop(0) if fill is None and rest else kwargs.get("fill_value", fill)
        dtype = rest[0] if rest else kwargs.get("dtype")
        shape = kwargs.get("shape")
        shape = lift(a).v.shape if shape is None else shape
        if dtype is not None and np.dtype(dtype).kind != "f":
            return np.full(shape, value, dtype=dtype)
        result = constant(np.zeros(shape))
        result[...] = value
        return result

    return rule


def _on_values(function: Any) -> Rule:
    """For functions that give no derivative: shapes, positions, truth values."""

    def plain(value: Any) -> Any:
        if type(value) is Dual:
            return value.v
        if isinstance(value, (list, tuple)):
            return type(value)([plain(item) for item in value])
        return value

    return lambda *args, **kwargs: function(
        *(plain(a) for a in args), **{k: plain(v) for k, v in kwargs.items()}
    )


_PLAIN = """
shape ndim size isclose allclose array_equal array_equiv all any isfinite isnan count_nonzero
nonzero argwhere flatnonzero searchsorted digitize sign result_type can_cast iscomplexobj
isrealobj array2string array_repr array_str unique histogram bincount may_share_memory
shares_memory broadcast_shapes round around fix lexsort
"""


FUNCTIONS: dict[Any, Rule] = {
    np.sum: sum_,
    np.mean: reductions.mean,
    np.var: reductions.var,
    np.std: reductions.std,
    np.average: reductions.average,
    np.prod: reductions.prod,
    np.max: reductions.extreme(np.argmax, 1.0),
    np.min: reductions.extreme(np.argmin, -1.0),
    np.argmax: reductions.place_of(np.argmax, 1.0),
    np.argmin: reductions.place_of(np.argmin, -1.0),
    np.cumsum: reductions.cumsum,
    np.cumprod: reductions.cumprod,
    np.diff: reductions.diff,
    np.clip: clip,
    np.where: where,
    np.sort: lambda a, axis=-1, kind=None, **more: reductions.ordered(a, axis, kind, "values"),
    np.argsort: lambda a, axis=-1, kind=None, **more: reductions.ordered(a, axis, kind, "order"),
    np.dot: algebra.dot,
    np.outer: algebra.outer,
    np.inner: algebra.inner,
    np.vdot: lambda a, b: algebra.dot(lift(a).reshape(-1), lift(b).reshape(-1)),
    np.kron: algebra.linear(np.kron),
    np.cross: algebra.linear(np.cross),
    np.convolve: algebra.linear(np.convolve),
    np.correlate: algebra.linear(np.correlate),
    np.tensordot: algebra.linear(np.tensordot),
    np.einsum: algebra.linear(np.einsum),
    np.trace: lambda a, **more: sum_(rearranged(np.diagonal, (lift(a),), more), axis=-1),
    np.pad: lambda a, width, mode="constant", **more: padded(a, width, mode, more),
    np.linalg.norm: algebra.norm,
    np.linalg.inv: algebra.inv,
    np.linalg.solve: algebra.solve,
    np.linalg.slogdet: algebra.log_det,
    np.linalg.det: algebra.det,
    np.linalg.cholesky: algebra.cholesky,
    np.linalg.multi_dot: lambda parts, **more: functools.reduce(algebra.dot, parts),
    np.zeros_like: _filled(0.0),
    np.empty_like: _filled(0.0),
    np.ones_like: _filled(1.0),
    np.full_like: _filled(None),
    np.copy: lambda a, **more: lift(a).copy(),
    np.copyto: lambda target, source, **more: target.__setitem__(..., source),
    np.nan_to_num: lambda a, **more: lift(a).copy(),
    np.real: lambda a: lift(a),
    np.fill_diagonal: lambda a, value, **more: a.__setitem__(
        (np.arange(min(a.shape)), np.arange(min(a.shape))), value
    ),
}


FUNCTIONS.update(
    {getattr(np, n): _on_values(getattr(np, n)) for n in _PLAIN.split() if hasattr(np, n)}
)


_MOVING = {getattr(np, n) for n in MOVED if hasattr(np, n)} - FUNCTIONS.keys()
_MOVING |= {getattr(np.lib.stride_tricks, "sliding_window_view", np.roll)}  # numpy 1.20 has it


def function_rule(function: Any, args: Any, kwargs: Any) -> Any:
    """Answer numpy's ``__array_function__``."""
    with np.errstate(all="ignore"):
        if function in FUNCTIONS:
            return FUNCTIONS[function](*args, **kwargs)
        if function in _MOVING:
            return rearranged(function, args, kwargs)
        if _no_derivative((args, kwargs)):
            return _on_values(function)(*args, **kwargs)
    raise Lost(f"np.{getattr(function, '__name__', function)} has no rule")


def _no_derivative(value: Any) -> bool:
    if type(value) is Dual:
        return value.constant
    if isinstance(value, dict):
        return all(_no_derivative(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return all(_no_derivative(item) for item in value)
    return True


def ufunc_method(name: str, method: str, inputs: Any, options: dict[str, Any]) -> Any:
    """``np.add.reduce`` and its like."""
    whole: dict[str, Rule] = {"add": sum_, "multiply": reductions.prod}
    whole |= {"maximum": FUNCTIONS[np.max], "minimum": FUNCTIONS[np.min]}
    options = {key: value for key, value in options.items() if key in ("axis", "keepdims")}
    if method == "reduce" and name in whole:
        axis = inputs[1] if len(inputs) > 1 else options.pop("axis", 0)
        return whole[name](inputs[0], axis=axis, **options)
    if method == "reduce" and name in ("logical_and", "logical_or"):
        return getattr(np, name).reduce(lift(inputs[0]).v, **options)
    if method == "accumulate" and name in ("add", "multiply"):
        running: Rule = reductions.cumsum if name == "add" else reductions.cumprod
        return running(inputs[0], axis=options.get("axis", 0))
    if method == "outer":
        a, b = lift(inputs[0]), lift(inputs[1])
        wide = a.reshape(*a.v.shape, *(1,) * b.v.ndim)
        return rules._called(name, getattr(np, name), (wide, b))
    raise Lost(f"np.{name}.{method} has no rule")


def _install() -> None:
    """Give `Dual` the methods of an array."""

    def method(function: Rule) -> Any:
        return lambda self, *args, **kwargs: function_rule(function, (self, *args), kwargs)

    for name in (
        *("sum", "mean", "std", "var", "max", "min", "argmax", "argmin", "prod", "cumsum"),
        *("cumprod", "clip", "dot", "squeeze", "swapaxes", "repeat", "take", "diagonal", "trace"),
        *("argsort", "all", "any", "nonzero", "round"),
    ):
        setattr(Dual, name, method(getattr(np, name)))
    setattr(Dual, "conj", lambda self: self)  # noqa: B010


ANSWERS |= {"function": function_rule, "ufunc method": ufunc_method}
_install()
