"""The derivatives of numpy's other functions, and of the methods of arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from . import rules
from .dual import Dual, Lost, Trace, constant, holds, lift, stacked
from .rules import add, divide, multiply, unary

Rule = Callable[..., Any]

# Functions that only move entries about, some with zeros between them: what they do to the
# numbers of the entries is what they do to values and tangents.
_MOVED = [
    "reshape",
    "transpose",
    "ravel",
    "squeeze",
    "expand_dims",
    "swapaxes",
    "moveaxis",
    "rollaxis",
    "tile",
    "repeat",
    "roll",
    "flip",
    "fliplr",
    "flipud",
    "rot90",
    "broadcast_to",
    "broadcast_arrays",
    "take",
    "take_along_axis",
    "concatenate",
    "stack",
    "vstack",
    "hstack",
    "dstack",
    "column_stack",
    "row_stack",
    "block",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "split",
    "array_split",
    "hsplit",
    "vsplit",
    "dsplit",
    "diag",
    "diagflat",
    "diagonal",
    "tril",
    "triu",
    "append",
    "insert",
    "delete",
    "compress",
    "choose",
    "select",
    "where",
    "copy",
    "resize",
    "permute_dims",
    "matrix_transpose",
    "extract",
    "concat",
]


def rearranged(function: Any, args: Any, kwargs: Any) -> Any:
    """Do with values, tangents and bounds what the function does with the entries' numbers."""
    parts: list[Dual] = []
    used = [1]

    def numbered(value: Any) -> Any:
        if type(value) is Dual or (isinstance(value, np.ndarray) and value.dtype.kind == "f"):
            dual = lift(value)
            ids = np.arange(used[0], used[0] + dual.v.size).reshape(dual.v.shape)
            used[0] += dual.v.size
            parts.append(dual)
            return ids
        if isinstance(value, float):
            parts.append(constant(value))
            used[0] += 1
            return np.int64(used[0] - 1)
        if isinstance(value, (list, tuple)):
            return type(value)([numbered(item) for item in value])
        return value

    args = tuple(numbered(arg) for arg in args)
    kwargs = {key: numbered(value) if holds(value) else value for key, value in kwargs.items()}
    where = function(*args, **kwargs)
    k = Trace.directions
    pools = [
        np.concatenate([np.zeros((1, *more)), *(getattr(p, n).reshape(-1, *more) for p in parts)])
        for n, more in (("v", ()), ("t", (k,)), ("ev", ()), ("et", (k,)))
    ]

    def gathered(ids: Any) -> Any:
        if isinstance(ids, (list, tuple)):
            return type(ids)([gathered(item) for item in ids])
        return Dual(*(np.asarray(pool[ids]) for pool in pools))

    return gathered(where)


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
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
    axes = _axes(axis, x.v.ndim)
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
    return int(np.prod([x.v.shape[i] for i in _axes(axis, x.v.ndim)]))


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


def _extreme(pick: Any, sign: float) -> Rule:
    def rule(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **more: Any) -> Any:
        x = lift(a)
        axes = _axes(axis, x.v.ndim)
        kept = [i for i in range(x.v.ndim) if i not in axes]
        moved = x.transpose(*kept, *axes) if x.v.ndim else x
        shape = tuple(x.v.shape[i] for i in kept)
        flat = moved.reshape(*shape, -1)
        where = pick(flat.v, axis=-1)
        ordered = np.sort(sign * flat.v, axis=-1)
        if ordered.shape[-1] > 1:
            Trace.near(ordered[..., -1] - ordered[..., -2], 1.0)
        result = rearranged(np.take_along_axis, (flat, where[..., None]), {"axis": -1})[..., 0]
        if keepdims and keepdims is not np._NoValue:  # type: ignore[attr-defined]
            result = result.reshape([1 if i in axes else n for i, n in enumerate(x.v.shape)])
        return result

    return rule


def prod(a: Any, axis: Any = None, keepdims: Any = False, **more: Any) -> Any:
    x = lift(a)
    axes = _axes(axis, x.v.ndim)
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
    axis = _axes(axis, x.v.ndim)[0]
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


def _ordered(a: Any, axis: Any, kind: Any, wanted: str) -> Any:
    x = lift(a)
    if axis is None:
        x, axis = x.reshape(-1), -1
    order = np.argsort(x.v, axis=axis, kind=kind)
    values = np.take_along_axis(x.v, order, axis)
    Trace.near(np.diff(values, axis=axis), 1.0)
    if wanted == "order":
        return order
    return rearranged(np.take_along_axis, (x, order), {"axis": axis})


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


def _arg(function: Any, sign: float) -> Rule:
    def rule(a: Any, axis: Any = None, **more: Any) -> Any:
        x = lift(a)
        ordered = np.sort(x.v, axis=axis)
        last = (-1, -2) if sign > 0 else (0, 1)
        if ordered.shape[axis or 0] > 1:
            tops = [np.take(ordered, i, axis=axis or 0) for i in last]
            Trace.near(tops[0] - tops[1], 1.0)
        return function(x.v, axis=axis, **more)

    return rule


_PLAIN = [
    "shape",
    "ndim",
    "size",
    "isclose",
    "allclose",
    "array_equal",
    "array_equiv",
    "all",
    "any",
    "isfinite",
    "isnan",
    "count_nonzero",
    "nonzero",
    "argwhere",
    "flatnonzero",
    "searchsorted",
    "digitize",
    "sign",
    "result_type",
    "can_cast",
    "iscomplexobj",
    "isrealobj",
    "array2string",
    "array_repr",
    "array_str",
    "unique",
    "histogram",
    "bincount",
    "may_share_memory",
    "shares_memory",
    "broadcast_shapes",
    "round",
    "around",
    "fix",
    "lexsort",
]

FUNCTIONS: dict[Any, Rule] = {
    np.sum: sum_,
    np.mean: mean,
    np.var: var,
    np.std: std,
    np.average: average,
    np.prod: prod,
    np.max: _extreme(np.argmax, 1.0),
    np.min: _extreme(np.argmin, -1.0),
    np.argmax: _arg(np.argmax, 1.0),
    np.argmin: _arg(np.argmin, -1.0),
    np.cumsum: cumsum,
    np.cumprod: cumprod,
    np.diff: diff,
    np.clip: clip,
    np.where: where,
    np.sort: lambda a, axis=-1, kind=None, **more: _ordered(a, axis, kind, "values"),
    np.argsort: lambda a, axis=-1, kind=None, **more: _ordered(a, axis, kind, "order"),
    np.dot: dot,
    np.outer: outer,
    np.inner: inner,
    np.vdot: lambda a, b: dot(lift(a).reshape(-1), lift(b).reshape(-1)),
    np.kron: linear(np.kron),
    np.cross: linear(np.cross),
    np.convolve: linear(np.convolve),
    np.correlate: linear(np.correlate),
    np.tensordot: linear(np.tensordot),
    np.einsum: linear(np.einsum),
    np.trace: lambda a, **more: sum_(rearranged(np.diagonal, (lift(a),), more), axis=-1),
    np.pad: lambda a, width, mode="constant", **more: _padded(a, width, mode, more),
    np.linalg.norm: norm,
    np.linalg.inv: inv,
    np.linalg.solve: solve,
    np.linalg.slogdet: log_det,
    np.linalg.det: det,
    np.linalg.cholesky: cholesky,
    np.linalg.multi_dot: lambda parts, **more: functools.reduce(dot, parts),
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
FUNCTIONS.update({getattr(np, n): _on_values(getattr(np, n)) for n in _PLAIN if hasattr(np, n)})
_MOVING = {getattr(np, n) for n in _MOVED if hasattr(np, n)} - FUNCTIONS.keys()


def _padded(a: Any, width: Any, mode: Any, more: Any) -> Any:
    if mode == "constant" and np.any(more.get("constant_values", 0)):
        result = rearranged(np.pad, (lift(a), width), {"mode": mode})
        result.v = np.pad(lift(a).v, width, mode=mode, **more)
        return result
    return rearranged(np.pad, (lift(a), width), {"mode": mode})


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
    reductions: dict[str, Rule] = {"add": sum_, "multiply": prod}
    reductions["maximum"] = FUNCTIONS[np.max]
    reductions["minimum"] = FUNCTIONS[np.min]
    options = {key: value for key, value in options.items() if key in ("axis", "keepdims")}
    if method == "reduce" and name in reductions:
        axis = inputs[1] if len(inputs) > 1 else options.pop("axis", 0)
        return reductions[name](inputs[0], axis=axis, **options)
    if method == "reduce" and name in ("logical_and", "logical_or"):
        return getattr(np, name).reduce(lift(inputs[0]).v, **options)
    if method == "accumulate" and name in ("add", "multiply"):
        running: Rule = cumsum if name == "add" else cumprod
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


_install()
