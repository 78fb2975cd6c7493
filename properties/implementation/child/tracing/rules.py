"""The derivatives of numpy's universal functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .dual import ALL, ANSWERS, Dual, Lost, Trace, combined, function_error, holds, lift
from .elementary import UNARY

SPECIAL: dict[str, Any] = {}
"""Elementary functions of scipy."""
_STEPS = {"sign", "floor", "ceil", "rint", "trunc", "heaviside", "floor_divide"}
_COMPARED = {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal"}


def unary(name: str, x: Dual) -> Dual:
    """Apply an elementary function."""
    value, first, second, size = (UNARY.get(name) or SPECIAL[name])(x.v)
    value = np.asarray(value)
    error = np.abs(first) * x.ev
    if name not in ("negative", "positive", "conjugate"):
        error = error + function_error(value)
    slack = np.abs(second) * x.ev + function_error(size)
    endless = np.isinf(x.v)
    if endless.any():  # a masked score: its exponential is exactly zero
        error, slack = np.where(endless, 0.0, error), np.where(endless, 0.0, slack)
    return combined(value, error, (first, slack, x))


def absolute(x: Dual) -> Dual:
    Trace.near(np.where(x.t.any(axis=-1) | (x.v != 0.0), x.v, np.inf), jump=False)
    result = combined(np.abs(x.v), x.ev, (np.sign(x.v), 0.0, x))
    return between(result, x.v == 0.0, x.t, -x.t)


def add(a: Dual, b: Dual, sign: float = 1.0) -> Dual:
    value = a.v + sign * b.v
    error = a.ev + b.ev + Trace.unit * (np.abs(a.v) + np.abs(b.v))
    endless = np.isinf(value)
    if endless.any():
        error = np.where(endless, 0.0, error)
    return combined(value, error, (1.0, 0.0, a), (sign, 0.0, b))


def multiply(a: Dual, b: Dual) -> Dual:
    value = a.v * b.v
    error = np.abs(a.v) * b.ev + np.abs(b.v) * a.ev + Trace.unit * np.abs(value)
    return combined(value, error, (b.v, b.ev, a), (a.v, a.ev, b))


def divide(a: Dual, b: Dual) -> Dual:
    value = a.v / b.v
    inverse = 1.0 / b.v
    size = np.abs(inverse)
    relative = size * b.ev
    error = size * a.ev + np.abs(value) * relative + Trace.unit * np.abs(value)
    return combined(
        value,
        error,
        (inverse, size * relative, a),
        (-value * inverse, size * (error + np.abs(value) * relative), b),
    )


def power(a: Dual, b: Dual) -> Dual:
    value = np.power(a.v, b.v)
    first = np.where(b.v == 0.0, 0.0, b.v * np.power(a.v, np.where(b.v == 0.0, 1.0, b.v - 1.0)))
    second = np.where(
        (b.v == 0.0) | (b.v == 1.0),
        0.0,
        np.abs(b.v * (b.v - 1.0)) * np.power(np.abs(a.v), np.where(b.v == 1.0, 1.0, b.v - 2.0)),
    )
    error = np.abs(first) * a.ev + function_error(value)
    terms = [(first, second * a.ev + function_error(first), a)]
    if b.t.any():
        log = np.log(a.v)
        terms.append((value * log, function_error(value * (1.0 + np.abs(log))), b))
    return combined(value, error, *terms)


def choose(first: Any, a: Dual, b: Dual) -> Dual:
    """Entries of `a` where `first` holds, else of `b`."""
    first = np.asarray(first)
    value = np.where(first, a.v, b.v)
    chosen = np.broadcast_to(first, value.shape)
    return combined(
        value,
        np.where(chosen, a.ev, b.ev),
        (chosen.astype(float), 0.0, a),
        (1.0 - chosen, 0.0, b),
    )


def _gap(a: Dual, b: Dual) -> Any:
    """How far compared values are apart; what is equal and moves alike makes no kink.

    Such are constants, and an entry that is compared with itself, as in ``time >= time[i]``.
    """
    gap = a.v - b.v
    moves = (a.t != b.t).any(axis=-1)
    return np.where(moves | (gap != 0.0), gap, np.inf)


def between(result: Dual, tie: Any, *tangents: Any) -> Dual:
    """At ties any slope between those of the sides is one: the middle, and how far they reach."""
    if Trace.at_kinks and np.any(tie):
        sides = [np.broadcast_to(t, result.t.shape) for t in tangents]
        low = np.minimum(np.minimum.reduce(sides), 0.0)
        high = np.maximum(np.maximum.reduce(sides), 0.0)
        wide = np.broadcast_to(tie, result.v.shape)[..., None]
        result.t = np.where(wide, (low + high) / 2.0, result.t)
        result.et = result.et + np.where(wide, (high - low) / 2.0, 0.0)
    return result


def larger(a: Dual, b: Dual, sign: float = 1.0) -> Dual:
    gap = _gap(a, b)
    Trace.near(gap, jump=False)
    result = choose(sign * a.v >= sign * b.v, a, b)
    if not Trace.at_kinks:
        return result
    wide = a.t.ndim - 1, b.t.ndim - 1
    first, second = (
        x.t.reshape((1,) * (result.v.ndim - n) + x.t.shape)
        for x, n in zip((a, b), wide, strict=True)
    )
    return between(result, gap == 0.0, first, second)


def logaddexp(a: Dual, b: Dual) -> Dual:
    value = np.logaddexp(a.v, b.v)
    p, q = np.exp(a.v - value), np.exp(b.v - value)
    slack = 0.25 * (a.ev + b.ev) + function_error(1.0 + np.abs(value))
    return combined(value, a.ev + b.ev + function_error(value), (p, slack, a), (q, slack, b))


def hypot(a: Dual, b: Dual) -> Dual:
    return unary("sqrt", add(multiply(a, a), multiply(b, b)))


def arctan2(a: Dual, b: Dual) -> Dual:
    value = np.arctan2(a.v, b.v)
    square = a.v * a.v + b.v * b.v
    slack = (a.ev + b.ev) * 2.0 / square + function_error(1.0 / np.sqrt(square))
    error = (a.ev + b.ev) / np.sqrt(square) + function_error(value)
    return combined(value, error, (b.v / square, slack, a), (-a.v / square, slack, b))


def remainder(a: Dual, b: Dual) -> Dual:
    if b.t.any():
        raise Lost("the remainder by a value with a derivative")
    quotient = a.v / b.v
    Trace.near(quotient - np.round(quotient))
    return combined(np.remainder(a.v, b.v), a.ev, (1.0, 0.0, a))


BINARY: dict[str, Callable[[Dual, Dual], Dual]] = {
    "add": add,
    "subtract": lambda a, b: add(a, b, -1.0),
    "multiply": multiply,
    "divide": divide,
    "true_divide": divide,
    "power": power,
    "float_power": power,
    "maximum": larger,
    "fmax": larger,
    "minimum": lambda a, b: larger(a, b, -1.0),
    "fmin": lambda a, b: larger(a, b, -1.0),
    "logaddexp": logaddexp,
    "hypot": hypot,
    "arctan2": arctan2,
    "remainder": remainder,
    "mod": remainder,
}


def matmul(a: Dual, b: Dual) -> Dual:
    """Matrix product, batches and vectors included."""
    left = a.v.ndim == 1
    right = b.v.ndim == 1
    if left:
        a = a.reshape(1, -1)
    if right:
        b = b.reshape(-1, 1)
    value = a.v @ b.v
    n = a.v.shape[-1]
    size_a, size_b = np.abs(a.v), np.abs(b.v)
    unit = Trace.unit

    def over(x: Any, y: Any, wide_left: bool) -> Any:
        """Multiply with the directions, which stand last, carried along as a batch."""
        if wide_left:
            x = np.moveaxis(x, -1, 0)
            x = x.reshape(x.shape[0], *(1,) * (y.ndim - x.ndim + 1), *x.shape[1:])
        else:
            y = np.moveaxis(y, -1, 0)
            y = y.reshape(y.shape[0], *(1,) * (x.ndim - y.ndim + 1), *y.shape[1:])
        return np.moveaxis(x @ y, 0, -1)

    tangent: Any = 0.0
    error: Any = 0.0
    if a.t.any():
        tangent = tangent + over(a.t, b.v, True)
        size = np.abs(a.t)
        error = error + over(a.et + (n + 2) * unit * size, size_b, True)
        error = error + over(size, b.ev, True)
    if b.t.any():
        tangent = tangent + over(a.v, b.t, False)
        size = np.abs(b.t)
        error = error + over(size_a, b.et + (n + 2) * unit * size, False)
        error = error + over(a.ev, size, False)
    shape = (*value.shape, Trace.directions)
    ev = size_a @ (b.ev + (n + 1) * unit * size_b) + a.ev @ size_b
    tangent = np.broadcast_to(tangent, shape)
    result = Dual(value, tangent.copy(), ev, np.broadcast_to(error, shape).copy())
    if left:
        result = result[..., 0, :]
    if right:
        result = result[..., 0]
    return result


def compared(name: str, a: Dual, b: Dual) -> Any:
    gap = _gap(a, b)
    if name in ("equal", "not_equal"):
        gap = np.where(gap == 0.0, np.inf, gap)  # equal numbers are mostly meant, no kink
    Trace.near(gap, jump=False)
    answer = getattr(np, name)(a.v, b.v)
    if not Trace.at_kinks:
        return answer
    tie = gap == 0.0
    number = Trace.ties + np.cumsum(tie).reshape(np.shape(tie)) - 1
    Trace.ties += int(np.sum(tie))
    return answer ^ (tie & ((number == Trace.flip) | (Trace.flip == ALL)))


def ufunc_rule(ufunc: Any, method: str, inputs: Any, options: dict[str, Any]) -> Any:
    """Answer numpy's ``__array_ufunc__``."""
    name = ufunc.__name__
    if method == "at":
        _at(name, *inputs)
        return None
    if method in ("reduce", "accumulate", "outer"):
        return ANSWERS["ufunc method"](name, method, inputs, options)
    if method != "__call__":
        raise Lost(f"np.{name}.{method} has no rule")
    out = options.get("out")
    target = out[0] if isinstance(out, tuple) else out
    where = options.get("where", True)
    with np.errstate(all="ignore"):
        result = _called(name, ufunc, inputs)
    if where is not True:
        if target is None:
            raise Lost("where= without out= leaves entries undefined")
        result = choose(where, lift(result), lift(target))
    if target is None:
        return result
    if type(target) is not Dual:
        if holds(result) and not result.constant:
            raise Lost("the result was written into an array that carries no derivative")
        target[...] = result.v if type(result) is Dual else result
        return target
    target[...] = result
    return target


def _called(name: str, ufunc: Any, inputs: Any) -> Any:
    if name in ("absolute", "fabs"):
        return absolute(lift(inputs[0]))
    if name in UNARY or name in SPECIAL:
        return unary(name, lift(inputs[0]))
    if name in BINARY:
        return BINARY[name](lift(inputs[0]), lift(inputs[1]))
    if name == "matmul":
        return matmul(lift(inputs[0]), lift(inputs[1]))
    if name in _COMPARED:
        return compared(name, lift(inputs[0]), lift(inputs[1]))
    plain = [lift(x).v if holds(x) else x for x in inputs]
    value = ufunc(*plain)
    if name in _STEPS:
        Trace.near(lift(inputs[0]).v if name in ("sign", "heaviside") else np.inf)
        return value
    kind = getattr(value, "dtype", np.dtype(bool)).kind
    if kind in "biu" or all(lift(x).constant for x in inputs if holds(x)):
        return value
    raise Lost(f"np.{name} has no rule")


def _at(name: str, target: Any, index: Any, value: Any = None) -> None:
    if type(target) is not Dual:
        if holds(value):
            raise Lost("added into an array that carries no derivative")
        getattr(np, name).at(target, index, value)
        return
    if name not in ("add", "subtract"):
        raise Lost(f"np.{name}.at has no rule")
    new = lift(value)
    sign = 1.0 if name == "add" else -1.0
    wide = index if isinstance(index, tuple) else (index,)
    np.add.at(target.v, index, sign * new.v)
    np.add.at(target.t, wide, sign * new.t)
    np.add.at(target.ev, index, new.ev + 4.0 * Trace.unit * np.abs(new.v))
    np.add.at(target.et, wide, new.et + 4.0 * Trace.unit * np.abs(new.t))


def _install() -> None:
    """Give `Dual` the operators of an array."""

    def operator(name: str) -> tuple[Any, Any, Any]:
        def forward(self: Dual, other: Any) -> Any:
            if not _known(other):
                return NotImplemented
            with np.errstate(all="ignore"):
                return _called(name, getattr(np, name), (self, other))

        def backward(self: Dual, other: Any) -> Any:
            if not _known(other):
                return NotImplemented
            with np.errstate(all="ignore"):
                return _called(name, getattr(np, name), (other, self))

        def inplace(self: Dual, other: Any) -> Any:
            new = forward(self, other)
            if self.v.shape != new.v.shape:
                raise ValueError(
                    f"non-broadcastable output operand with shape {self.v.shape} doesn't match "
                    f"the broadcast shape {new.v.shape}"
                )
            if not self.v.ndim:
                return new
            self[...] = new
            return self

        return forward, backward, inplace

    pairs = {
        "add": "add",
        "sub": "subtract",
        "mul": "multiply",
        "truediv": "divide",
        "pow": "power",
        "matmul": "matmul",
        "mod": "remainder",
        "floordiv": "floor_divide",
    }
    for short, name in pairs.items():
        forward, backward, inplace = operator(name)
        setattr(Dual, f"__{short}__", forward)
        setattr(Dual, f"__r{short}__", backward)
        setattr(Dual, f"__i{short}__", inplace)
    for short, name in {
        "gt": "greater",
        "ge": "greater_equal",
        "lt": "less",
        "le": "less_equal",
        "eq": "equal",
        "ne": "not_equal",
    }.items():
        setattr(Dual, f"__{short}__", operator(name)[0])
    setattr(Dual, "__neg__", lambda self: unary("negative", self))  # noqa: B010
    setattr(Dual, "__pos__", lambda self: self)  # noqa: B010
    setattr(Dual, "__abs__", absolute)  # noqa: B010


def _known(value: Any) -> bool:
    return type(value) is Dual or isinstance(
        value, (bool, int, float, np.generic, np.ndarray, list, tuple)
    )


ANSWERS["ufunc"] = ufunc_rule
_install()
