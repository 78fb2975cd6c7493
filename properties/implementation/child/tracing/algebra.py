"""Linear algebra: products, inverses, determinants, factors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import rules
from .dual import Dual, Lost, Trace, constant, lift, stacked
from .moving import rearranged
from .reductions import sum_
from .rules import add, divide, multiply, unary

Rule = Callable[..., Any]


def linear(function: Any) -> Rule:
    """The rule of a function that is linear in each of its array arguments."""

    def rule(*args: Any, **kwargs: Any) -> Any:
        places = [i for i, a in enumerate(args) if type(a) is Dual or _is_array(a)]
        duals = {i: lift(args[i]) for i in places}

        def with_(change: dict[int, Any]) -> Any:
            return function(*(change.get(i, a) for i, a in enumerate(args)), **kwargs)

        values = {i: d.v for i, d in duals.items()}
        sizes = {i: np.abs(d.v) for i, d in duals.items()}
        value = np.asarray(with_(values))
        count = max(int(np.prod([d.v.size for d in duals.values()]) / max(value.size, 1)), 1)
        unit = (count + 2) * Trace.unit
        error = np.asarray(with_(sizes)) * unit
        k = Trace.directions
        tangent, bound = np.zeros((*value.shape, k)), np.zeros((*value.shape, k))
        for i, d in duals.items():
            error = error + with_({**sizes, i: d.ev})
            for j in range(k):
                if not d.t[..., j].any():
                    continue
                tangent[..., j] += with_({**values, i: d.t[..., j]})
                size = np.abs(d.t[..., j])
                bound[..., j] += with_({**sizes, i: d.et[..., j] + unit * size})
                for other in places:
                    if other != i and duals[other].ev.any():
                        bound[..., j] += with_({**sizes, i: size, other: duals[other].ev})
        return Dual(value, tangent, np.asarray(error), bound)

    return rule


def _is_array(value: Any) -> bool:
    return isinstance(value, (np.ndarray, list)) and np.asarray(value).dtype.kind in "fiub"


def dot(a: Any, b: Any, out: Any = None) -> Any:
    x, y = lift(a), lift(b)
    if not x.v.ndim or not y.v.ndim:
        return multiply(x, y)
    if x.v.ndim <= 2 and y.v.ndim <= 2:
        if x.v.shape[-1] != y.v.shape[0]:
            np.dot(x.v, y.v)  # numpy's own message
        result = rules.matmul(x, y)
    else:
        result = linear(np.dot)(x, y)
    if out is not None:
        out[...] = result
        return out
    return result


def outer(a: Any, b: Any, **more: Any) -> Any:
    return multiply(lift(a).reshape(-1, 1), lift(b).reshape(1, -1))


def inner(a: Any, b: Any) -> Any:
    x, y = lift(a), lift(b)
    return dot(x, y.T) if y.v.ndim == 2 else dot(x, y)


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    a = lift(x)
    if ord in (None, 2, "fro") and (axis is not None or a.v.ndim < 2 or ord != 2):
        return unary("sqrt", sum_(multiply(a, a), axis=axis, keepdims=keepdims))
    if ord == 1 and a.v.ndim == 1:
        return sum_(rules.absolute(a), axis=axis, keepdims=keepdims)
    raise Lost(f"np.linalg.norm of order {ord} has no rule")


def _transposed(a: Dual) -> Dual:
    return rearranged(np.swapaxes, (a, -1, -2), {})  # type: ignore[no-any-return]


def inv(a: Any) -> Any:
    """Inverse: one step of Newton's method from the plain one carries derivative and error."""
    x = lift(a)
    start = constant(np.linalg.inv(x.v))
    two = constant(2.0 * np.eye(x.v.shape[-1]))
    result = rules.matmul(start, add(two, rules.matmul(x, start), -1.0))
    # The step is linear in what the start is off by, and that is only second order small.
    result.v = start.v
    size = np.abs(start.v)
    result.ev = result.ev + 8.0 * x.v.shape[-1] * Trace.unit * (size @ np.abs(x.v) @ size)
    slack = np.moveaxis(np.abs(result.t), -1, 0)
    growth = 16.0 * x.v.shape[-1] * Trace.unit * (size @ np.abs(x.v))
    result.et = result.et + np.moveaxis(growth @ slack, 0, -1)
    return result


def solve(a: Any, b: Any) -> Any:
    return rules.matmul(inv(a), lift(b))


def log_det(a: Any) -> Any:
    x = lift(a)
    sign, value = np.linalg.slogdet(x.v)
    inverse = inv(constant(x.v))
    transposed = _transposed(inverse)
    first = sum_(multiply(constant(transposed.v), x), axis=(-2, -1))
    slack = np.abs(transposed.v) @ np.abs(np.swapaxes(x.v, -1, -2)) @ np.abs(transposed.v)
    slack = 16.0 * x.v.shape[-1] * Trace.unit * slack
    first.et = first.et + (slack[..., None] * np.abs(x.t)).sum(axis=(-3, -2))
    first.v = np.asarray(value)
    return sign, first


def det(a: Any) -> Any:
    sign, value = log_det(a)
    return multiply(constant(sign), unary("exp", value))


def cholesky(a: Any, **more: Any) -> Any:
    x = lift(a)
    n = x.v.shape[-1]
    rows: list[list[Any]] = [[constant(0.0)] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = x[i, j]
            for k in range(j):
                rest = add(rest, multiply(rows[i][k], rows[j][k]), -1.0)
            rows[i][j] = unary("sqrt", rest) if i == j else divide(rest, rows[j][j])
    return stacked([stacked(row) for row in rows])
