r"""Arrays that carry their derivatives, and a rounding bound of both, through numpy code.

A `Dual` of shape S holds values (S), tangents (S, K) along K directions at once, and absolute
bounds of the error of either. The bounds are first-order running error bounds (Higham 2002,
section 3.3) that cover every order of summation, so that another algorithm for the same
derivative lies within a small multiple of them.

The directions stand last, so that an index of an array is an index of its tangents.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

UNIT = 2.0**-53
UNIT_32 = 2.0**-24
_FUNCTION = 4.0
"""Rounding units that an elementary function may be off by."""


NONE, ALL = -1, -2

ANSWERS: dict[str, Callable[..., Any]] = {}
"""What a `Dual` asks of the modules that compute with it: each puts its own answer here."""


class Lost(TypeError):
    """The derivative would be lost here; another rung has to judge."""


class Trace:
    """What holds for one run: the number of directions, the rounding unit, the nearest kink."""

    directions = 0
    unit = UNIT
    margin = np.inf
    """Smallest distance from a tie or kink, relative to the size of what was compared."""
    at_kinks = False
    """Whether exact ties are allowed: every slope between the two sides is then an answer."""
    flip = NONE
    """Which comparison of equal values, in order, is answered the other way; `ALL` of them."""
    ties = 0
    """How many comparisons of equal values there were."""
    bends = False
    """Whether anything was compared at all."""

    @classmethod
    def start(cls, directions: int, *, at_kinks: bool = False, flip: int = NONE) -> None:
        """Begin a run."""
        cls.directions, cls.unit, cls.margin = directions, UNIT, np.inf
        cls.at_kinks, cls.flip, cls.ties, cls.bends = at_kinks, flip, 0, False

    @classmethod
    def near(cls, gap: Any, *, jump: bool = True) -> None:
        """Note how far compared values were apart; at a `jump` the value itself changes."""
        gap = np.abs(np.asarray(gap, dtype=float))
        cls.bends = cls.bends or bool(np.isfinite(gap).any())
        if cls.at_kinks and not jump:
            gap = np.where(gap == 0.0, np.inf, gap)
        if gap.size:
            cls.margin = min(cls.margin, float(np.where(np.isnan(gap), np.inf, gap).min()))


class Dual:
    """See the module. Arithmetic, indexing and methods are those of an array."""

    __slots__ = ("et", "ev", "t", "v")
    __array_priority__ = 1000.0
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, v: Any, t: Any, ev: Any, et: Any) -> None:
        self.v, self.t, self.ev, self.et = v, t, ev, et

    @property
    def __class__(self) -> Any:  # what isinstance asks for, beside the type
        return np.ndarray if self.v.ndim else np.float64

    @__class__.setter
    def __class__(self, value: Any) -> None:
        raise Lost("the class of an array cannot be set")

    # numpy's protocols

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return ANSWERS["ufunc"](ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return ANSWERS["function"](function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.constant:
            return np.array(self.v, dtype=dtype)
        raise Lost("an array with a derivative was made a plain one")

    @property
    def constant(self) -> bool:
        """Whether it depends on no direction."""
        return not self.t.any()

    # shape

    shape = property(lambda self: self.v.shape)
    ndim = property(lambda self: self.v.ndim)
    size = property(lambda self: self.v.size)
    dtype = property(lambda self: self.v.dtype)
    flags = property(lambda self: self.v.flags)
    strides = property(lambda self: self.v.strides)
    nbytes = property(lambda self: self.v.nbytes)
    itemsize = property(lambda self: self.v.itemsize)
    real = property(lambda self: self)

    @property
    def T(self) -> Dual:
        return self.transpose()

    @property
    def flat(self) -> Dual:
        return self.reshape(-1)

    def __len__(self) -> int:
        return len(self.v)

    def __iter__(self) -> Any:
        if not self.v.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self.v)))

    def each(self, change: Any) -> Dual:
        """Apply a function of (array, number of trailing axes) to the four arrays."""
        return Dual(change(self.v, 0), change(self.t, 1), change(self.ev, 0), change(self.et, 1))

    def reshape(self, *shape: Any, order: str = "C", **options: Any) -> Dual:
        if len(shape) == 1 and not isinstance(shape[0], (int, np.integer)):
            shape = tuple(shape[0])
        if order != "C":
            moved: Dual = ANSWERS["rearranged"](np.reshape, (self, shape), {"order": order})
            return moved
        new = self.v.reshape(shape).shape
        return self.each(lambda a, more: a.reshape(new + a.shape[a.ndim - more :]))

    def transpose(self, *axes: Any) -> Dual:
        if len(axes) == 1 and (axes[0] is None or not isinstance(axes[0], (int, np.integer))):
            axes = tuple(axes[0] or ())
        n = self.v.ndim
        order = tuple(int(a) % n for a in axes) or tuple(reversed(range(n)))
        return self.each(lambda a, more: a.transpose(order + ((n,) if more else ())))

    def ravel(self, order: str = "C") -> Dual:
        return self.reshape(-1, order=order)

    def flatten(self, order: str = "C") -> Dual:
        return self.reshape(-1, order=order).copy()

    def copy(self, order: str = "C") -> Dual:
        return self.each(lambda a, more: a.copy())

    def astype(self, dtype: Any, **options: Any) -> Any:
        kind = np.dtype(dtype)
        if kind.kind != "f":
            if kind.kind in "iub":
                Trace.near(self.v - np.round(self.v))
            return self.v.astype(kind)
        new = self.copy()
        if kind.itemsize < 8:
            Trace.unit = UNIT_32
            new.ev += UNIT_32 * np.abs(new.v)
            new.et += UNIT_32 * np.abs(new.t)
        return new

    def item(self, *where: Any) -> Any:
        return self[where] if where else self.reshape(())

    def tolist(self) -> Any:
        return [row.tolist() for row in self] if self.v.ndim else self

    def fill(self, value: Any) -> None:
        self[...] = value

    def view(self, *what: Any) -> Dual:
        for kind in what:
            if isinstance(kind, type) and issubclass(kind, np.ndarray) and kind is not np.ndarray:
                # np.matrix multiplies otherwise, masked arrays leave entries out.
                raise Lost(f"an array with a derivative was made a {kind.__name__}")
        return self

    # entries

    def __getitem__(self, index: Any) -> Any:
        index = _plain_index(index)
        one = np.asarray
        return Dual(
            one(self.v[index]),
            one(self.t[_wide(index)]),
            one(self.ev[index]),
            one(self.et[_wide(index)]),
        )

    def __setitem__(self, index: Any, value: Any) -> None:
        index = _plain_index(index)
        new = lift(value)
        self.v[index], self.ev[index] = new.v, new.ev
        self.t[_wide(index)], self.et[_wide(index)] = new.t, new.et

    # conversions

    def __bool__(self) -> bool:
        Trace.near(self.v)
        return bool(self.v)

    def _scalar(self) -> Any:
        if not self.constant:
            raise Lost("a value with a derivative was made a plain number")
        return self.v

    def __float__(self) -> float:
        return float(self._scalar())

    def __int__(self) -> int:
        return int(self._scalar())

    def __index__(self) -> int:
        raise TypeError("a float is no index")

    def __format__(self, how: str) -> str:
        return format(self.v if self.v.ndim else float(self.v), how)

    def __repr__(self) -> str:
        return repr(self.v)

    def __round__(self, digits: int = 0) -> Dual:
        return self

    def __contains__(self, value: Any) -> bool:
        return bool((self == value).any())

    def __copy__(self) -> Dual:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Dual:
        return self.copy()


def _plain_index(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(_plain_index(part) for part in index)
    return index.v.astype(int) if type(index) is Dual else index


def _wide(index: Any) -> Any:
    """The index of the tangents: their last axis is taken whole."""
    parts = index if isinstance(index, tuple) else (index,)
    if any(part is Ellipsis for part in parts):
        return (*parts, slice(None))
    return parts


def constant(value: Any) -> Dual:
    """Make an array that depends on nothing."""
    v = np.array(value, dtype=np.float64)
    wide = (*v.shape, Trace.directions)
    return Dual(v, np.zeros(wide), np.zeros(v.shape), np.zeros(wide))


def lift(value: Any) -> Dual:
    """Give a `Dual` of anything that is one, a number, an array, or a sequence of them."""
    if type(value) is Dual:
        return value
    if isinstance(value, (list, tuple)) and holds(value):
        return stacked([lift(item) for item in value])
    return constant(value)


def stacked(parts: list[Dual]) -> Dual:
    """Stack along a new first axis."""
    return Dual(*(np.stack([getattr(p, name) for p in parts]) for name in ("v", "t", "ev", "et")))


def holds(value: Any) -> bool:
    """Whether a `Dual` stands somewhere in a value."""
    if type(value) is Dual:
        return True
    if isinstance(value, (list, tuple)):
        return any(holds(item) for item in value)
    if isinstance(value, dict):
        return any(holds(item) for item in value.values())
    return False


def combined(v: Any, ev: Any, *terms: tuple[Any, Any, Dual]) -> Dual:
    """The chain rule: each term is a partial derivative, its error, and what it belongs to."""
    v = np.asarray(v)
    tangent: Any = 0.0
    error: Any = 0.0
    for partial, partial_error, source in terms:
        factor = np.asarray(partial)[..., None]
        part = factor * source.t
        tangent = tangent + part
        error = (
            error
            + np.abs(factor) * source.et
            + np.asarray(partial_error)[..., None] * np.abs(source.t)
            + 3.0 * Trace.unit * np.abs(part)
        )
    shape = (*v.shape, Trace.directions)
    if np.shape(tangent) != shape:
        tangent = np.broadcast_to(tangent, shape).copy()
        error = np.broadcast_to(error, shape).copy()
    ev = np.asarray(ev)
    if ev.shape != v.shape:
        ev = np.broadcast_to(ev, v.shape).copy()
    return Dual(v, tangent, ev, error)


def function_error(size: Any) -> Any:
    """Rounding of an elementary function whose result has this size."""
    return _FUNCTION * Trace.unit * np.abs(size)
