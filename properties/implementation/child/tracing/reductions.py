"""Sums, means, extremes and what runs along an axis."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .dual import Dual, Lost, Trace, constant, lift, stacked
from .moving import rearranged
from .rules import add, divide, multiply, unary

Rule = Callable[..., Any]


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    many = axis if isinstance(axis, (tuple, list)) else (axis,)
    for one in many:
        if not -ndim <= one < ndim:
            raise np.exceptions.AxisError(one, ndim)
    return tuple(int(a) % ndim for a in many)


def sum_(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **more: Any
) -> Any:
    x = lift(a)
    axes = axes_of(axis, x.v.ndim)
    count = int(np.prod([x.v.shape[i] for i in axes])) or 1
    size = count * Trace.unit
    keep = bool(keepdims) if keepdims is not np._NoValue else False  # type: ignore[attr-defined]
    result = Dual(
        np.asarray(x.v.sum(axis=axes, keepdims=keep)),
        np.asarray(x.t.sum(axis=axes, keepdims=keep)),
        np.asarray((x.ev + size * np.abs(x.v)).sum(axis=axes, keepdims=keep)),
        np.asarray((x.et + size * np.abs(x.t)).sum(axis=axes, keepdims=keep)),
    )
    initial = more.get("initial")
    if initial is not None and initial is not np._NoValue:  # type: ignore[attr-defined]
        result = add(result, lift(initial))
    if out is not None:
        out[...] = result
        return out
    return result


def _count(x: Dual, axis: Any) -> int:
    return int(np.prod([x.v.shape[i] for i in axes_of(axis, x.v.ndim)]))


def mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False
) -> Any:
    x = lift(a)
    return divide(sum_(x, axis=axis, keepdims=keepdims), constant(float(_count(x, axis))))


def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: int = 0,
    keepdims: Any = False,
    **more: Any,
) -> Any:
    x = lift(a)
    centred = add(x, mean(x, axis=axis, keepdims=True), -1.0)
    total = sum_(multiply(centred, centred), axis=axis, keepdims=keepdims)
    return divide(total, constant(float(_count(x, axis) - ddof)))


def std(a: Any, *args: Any, **kwargs: Any) -> Any:
    return unary("sqrt", var(a, *args, **kwargs))


def average(a: Any, axis: Any = None, weights: Any = None, **more: Any) -> Any:
    if weights is None:
        return mean(a, axis=axis)
    w = lift(weights)
    if w.v.shape != lift(a).v.shape:
        raise Lost("np.average with weights of another shape has no rule")
    return divide(sum_(multiply(lift(a), w), axis=axis), sum_(w, axis=axis))


def extreme(pick: Any, sign: float) -> Rule:
    def rule(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **more: Any) -> Any:
        x = lift(a)
        axes = axes_of(axis, x.v.ndim)
        kept = [i for i in range(x.v.ndim) if i not in axes]
        moved = x.transpose(*kept, *axes) if x.v.ndim else x
        shape = tuple(x.v.shape[i] for i in kept)
        flat = moved.reshape(*shape, -1)
        where = pick(flat.v, axis=-1)
        in_order = np.sort(sign * flat.v, axis=-1)
        if in_order.shape[-1] > 1:
            Trace.near(in_order[..., -1] - in_order[..., -2], jump=False)
        result = rearranged(np.take_along_axis, (flat, where[..., None]), {"axis": -1})[..., 0]
        for i in range(flat.v.shape[-1] if Trace.at_kinks else 0):
            result = _or_as_well(result, flat[..., i])
        if keepdims and keepdims is not np._NoValue:  # type: ignore[attr-defined]
            result = result.reshape([1 if i in axes else n for i, n in enumerate(x.v.shape)])
        return result

    return rule


def _or_as_well(result: Dual, other: Dual) -> Dual:
    """Let the slopes reach to those of another entry wherever it is as extreme."""
    tie = other.v == result.v
    low = np.minimum(result.t - result.et, other.t)
    high = np.maximum(result.t + result.et, other.t)
    wide = tie[..., None] & (low < high)
    return Dual(
        result.v,
        np.where(wide, (low + high) / 2.0, result.t),
        result.ev,
        np.where(wide, (high - low) / 2.0, result.et),
    )


def place_of(function: Any, sign: float) -> Rule:
    def rule(a: Any, axis: Any = None, **more: Any) -> Any:
        x = lift(a)
        in_order = np.sort(x.v, axis=axis)
        last = (-1, -2) if sign > 0 else (0, 1)
        if in_order.shape[axis or 0] > 1:
            tops = [np.take(in_order, i, axis=axis or 0) for i in last]
            Trace.near(tops[0] - tops[1])
        return function(x.v, axis=axis, **more)

    return rule


def prod(a: Any, axis: Any = None, keepdims: Any = False, **more: Any) -> Any:
    x = lift(a)
    axes = axes_of(axis, x.v.ndim)
    kept = [i for i in range(x.v.ndim) if i not in axes]
    shape = tuple(x.v.shape[i] for i in kept)
    flat = (x.transpose(*kept, *axes) if x.v.ndim else x).reshape(*shape, -1)
    columns = [flat[..., i] for i in range(flat.v.shape[-1])]
    result = functools.reduce(multiply, columns, constant(np.ones(shape)))
    if keepdims is True:
        result = result.reshape([1 if i in axes else n for i, n in enumerate(x.v.shape)])
    return result


def cumsum(a: Any, axis: Any = None, **more: Any) -> Any:
    x = lift(a)
    if axis is None:
        x, axis = x.reshape(-1), 0
    axis = axes_of(axis, x.v.ndim)[0]
    size = x.v.shape[axis] * Trace.unit
    return Dual(
        x.v.cumsum(axis),
        x.t.cumsum(axis),
        (x.ev + size * np.abs(x.v)).cumsum(axis),
        (x.et + size * np.abs(x.t)).cumsum(axis),
    )


def cumprod(a: Any, axis: Any = None, **more: Any) -> Any:
    x = lift(a)
    if axis is None:
        x, axis = x.reshape(-1), 0
    rows = rearranged(np.moveaxis, (x, axis, 0), {})
    done: list[Dual] = []
    for row in rows:
        done.append(multiply(done[-1], row) if done else row)
    return rearranged(np.moveaxis, (stacked(done), 0, axis), {})


def diff(a: Any, n: int = 1, axis: int = -1, **more: Any) -> Any:
    x = rearranged(np.moveaxis, (lift(a), axis, 0), {})
    for _ in range(n):
        x = add(x[1:], x[:-1], -1.0)
    return rearranged(np.moveaxis, (x, 0, axis), {})


def ordered(a: Any, axis: Any, kind: Any, wanted: str) -> Any:
    x = lift(a)
    if axis is None:
        x, axis = x.reshape(-1), -1
    order = np.argsort(x.v, axis=axis, kind=kind)
    values = np.take_along_axis(x.v, order, axis)
    Trace.near(np.diff(values, axis=axis))
    if wanted == "order":
        return order
    return rearranged(np.take_along_axis, (x, order), {"axis": axis})
