"""A small array type that carries a value and a bound on its rounding error.

This is running error analysis (Wilkinson 1963; Higham, Accuracy and Stability of Numerical
Algorithms, 2nd ed., section 3.3): every operation passes the bounds of its operands on and adds
its own rounding, ``u |result|``, and what may be lost near underflow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import scipy  # its subpackages come with their first use: importing them costs more than a check
from numpy.typing import ArrayLike, NDArray

from .precision import FLOAT64, Precision

Array: TypeAlias = NDArray[np.float64]
Operand: TypeAlias = "ArrayLike | Bounded"
Axis: TypeAlias = "int | tuple[int, ...] | None"

SAFETY = 4.0
"""How many bounds a checker allows. A sign is called certain only beyond this many bounds.

Right implementations of other styles than the reference needed at most 1.05 times the bound.
"""

FUNCTION_ROUNDING = 4.0
"""Error of exp, log, pow in units of roundoff; numpy's vectorised float32 exp needs 2.52 ulp."""

total: Any = np.add.reduce
"""Sum over an axis at half the overhead of `ndarray.sum`."""

quiet = np.errstate(all="ignore")
"""Decorator for references: infinities and NaN in a bound are answers, not accidents."""


class Bounded:
    r"""Array of values, each with a bound on its absolute rounding error.

    If the exact result is :math:`v`, then ``|value - v| <= error``, and any sane evaluation of the
    same formula in the judged arithmetic lies within ``error`` of :math:`v` too.

    Parameters
    ----------
    value : ndarray of float64
        The quantity, always evaluated in float64.
    error : ndarray of float64, same shape, or None
        Absolute bound, in the units of `value`; None for an exact value.
    precision : Precision
        The judged arithmetic.

    Notes
    -----
    Operators ``+ - * / @``, indexing and the methods below work on whole arrays with broadcasting.
    Plain numbers and arrays are taken as exact (a Python float that float32 cannot hold carries its
    conversion error when float32 is judged). Nothing is ever changed in place. Operations warn as
    numpy does; a reference is decorated with `quiet`, once for all of its operations.

    References
    ----------
    N. J. Higham (2002), Accuracy and Stability of Numerical Algorithms, 2nd ed., chapters 3 and 9.

    Examples
    --------
    One tenth added ten times is not one; the bound says by how much it may be wrong.

    >>> total = Bounded([0.1] * 10).sum()
    >>> bool(abs(sum([0.1] * 10) - total.value) <= total.error), f"{total.error:.1e}"
    (True, '1.0e-15')
    >>> abs(sum([0.1] * 10) - 1.0)
    1.1102230246251565e-16
    """

    # A plain class: a frozen dataclass takes three times as long to make, and references make
    # some dozens for each case.
    __slots__ = ("_error", "precision", "value")

    # numpy hands `ndarray + Bounded` over to Bounded.__radd__ instead of looping over elements.
    __array_ufunc__ = None

    def __init__(self, value: Any, error: Any = None, precision: Precision = FLOAT64) -> None:
        self.value: Array = np.asarray(value, dtype=np.float64)
        self._error = error
        self.precision = precision

    def __repr__(self) -> str:
        return f"Bounded({self.value!r}, {self.error!r})"

    @property
    def error(self) -> Array:
        """The bound: never negative, never NaN; infinite where nothing is known of an entry."""
        if self._error is None:
            return np.zeros(self.value.shape)
        return np.asarray(np.fmin(self._error, np.inf))  # fmin prefers a number over NaN

    @property
    def size(self) -> Array:
        """Largest magnitude that an entry may have: ``|value| + error``."""
        size = np.abs(self.value)
        return size if self._error is None else size + self._error

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of value and error."""
        return self.value.shape

    def __len__(self) -> int:
        return len(self.value)

    # -- shapes, without rounding --------------------------------------------------------------

    def moved(self, function: Callable[[Array], Array]) -> Bounded:
        """Apply what only moves, repeats or drops entries, or puts zeros beside them."""
        error = None if self._error is None else function(self.error)
        return Bounded(function(self.value), error, self.precision)

    @property
    def T(self) -> Bounded:
        """Transpose; of a stack, that of each matrix."""
        return self.moved(lambda a: a.swapaxes(-1, -2)) if self.value.ndim > 1 else self

    def transpose(self, *axes: int) -> Bounded:
        """Permute the axes as `numpy.transpose` does."""
        return self.moved(lambda a: a.transpose(*axes))

    def reshape(self, *shape: Any) -> Bounded:
        """Reshape as `numpy.reshape` does."""
        return self.moved(lambda a: a.reshape(*shape))

    def __getitem__(self, index: Any) -> Bounded:
        return self.moved(lambda a: a[index])

    def where(self, mask: NDArray[np.bool_], other: float = 0.0) -> Bounded:
        """Keep the entries where `mask`, and put an exact number in the place of the others."""
        error = None if self._error is None else np.where(mask, self._error, 0.0)
        return Bounded(np.where(mask, self.value, other), error, self.precision)

    def allowing(self, extra: Any) -> Bounded:
        """Widen the bound by what other formulas of a textbook lose beside those written here."""
        error = self.error if self._error is None else self._error
        return Bounded(self.value, error + extra, self.precision)

    # -- arithmetic ----------------------------------------------------------------------------

    def __neg__(self) -> Bounded:
        return Bounded(-self.value, self._error, self.precision)

    def __abs__(self) -> Bounded:
        return Bounded(np.abs(self.value), self._error, self.precision)

    def __add__(self, other: Any) -> Bounded:
        b = self._lift(other)
        return self._added(self.value + b.value, b)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Bounded:
        b = self._lift(other)
        return self._added(self.value - b.value, b)

    def __rsub__(self, other: Any) -> Bounded:
        b = self._lift(other)
        return self._added(b.value - self.value, b)

    def _added(self, value: Array, b: Bounded) -> Bounded:
        error = self.precision.unit * np.abs(value)
        if self._error is not None:
            error = error + self._error
        if b._error is not None:
            error = error + b._error
        return self._made(value, error)

    def __mul__(self, other: Any) -> Bounded:
        b = self._lift(other)
        value = self.value * b.value
        error = self.precision.unit * np.abs(value) + self.precision.tiny
        if self._error is not None:
            error = error + self._error * np.abs(b.value)
        if b._error is not None:
            error = error + self.size * b._error
        return self._made(value, error)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Bounded:
        b = self._lift(other)
        value = self.value / b.value
        size = np.abs(value)
        error = self.precision.unit * size + self.precision.tiny
        if b._error is None:
            if self._error is not None:
                error = error + self._error / np.abs(b.value)
            return self._made(value, error)
        nearest_zero = np.maximum(np.abs(b.value) - b._error, 0.0)
        moved = size * b._error if self._error is None else self._error + size * b._error
        error = np.where(nearest_zero > 0.0, error + moved / nearest_zero, np.inf)
        return self._made(value, error)

    def __rtruediv__(self, other: Any) -> Bounded:
        return self._lift(other) / self

    def __matmul__(self, other: Any) -> Bounded:
        return self._product(self, self._lift(other))

    def __rmatmul__(self, other: Any) -> Bounded:
        return self._product(self._lift(other), self)

    def _product(self, a: Bounded, b: Bounded) -> Bounded:
        """Product of n terms with :math:`n u |A||B|`, for every order (Higham 2002, 3.5)."""
        terms = float(a.value.shape[-1])
        a_size, b_size = np.abs(a.value), np.abs(b.value)
        carried = b_size * (terms * self.precision.unit)
        if b._error is not None:
            carried = carried + b._error
        if a._error is None:
            error = a_size @ carried
        else:
            error = (a_size + a._error) @ carried + a._error @ b_size
        return self._made(a.value @ b.value, error + terms * self.precision.tiny)

    def sum(self, axis: Axis = None, *, keepdims: bool = False) -> Bounded:
        """Sum over `axis`, in whatever order: n terms cost n - 1 roundings."""
        return self._made(*self._summed(axis, keepdims)[:2])

    def mean(self, axis: Axis = None, *, keepdims: bool = False) -> Bounded:
        """Mean over `axis`; of nothing it is NaN with an infinite error."""
        value, error, n = self._summed(axis, keepdims)
        value = value / n
        own = self.precision.unit * np.abs(value) + self.precision.tiny
        return self._made(value, error / n + own)

    def _summed(self, axis: Axis, keepdims: bool) -> tuple[Array, Array, np.float64]:
        value = total(self.value, axis=axis, keepdims=keepdims)
        n = self.value.size // max(value.size, 1)
        moved = self.size * (max(n - 1, 0) * self.precision.unit)
        if self._error is not None:
            moved = moved + self._error
        return value, total(moved, axis=axis, keepdims=keepdims), np.float64(n)

    # -- functions -----------------------------------------------------------------------------

    def exp(self) -> Bounded:
        """Exponential."""
        value = np.exp(self.value)
        relative = FUNCTION_ROUNDING * self.precision.unit
        if self._error is not None:
            relative = relative + np.expm1(self._error)
        return self._made(value, value * relative + self.precision.tiny)

    def log(self) -> Bounded:
        """Natural logarithm; infinite error where the argument may be zero or negative."""
        value = np.log(self.value)
        error = FUNCTION_ROUNDING * self.precision.unit * np.abs(value)
        if self._error is not None:
            moved = -np.log1p(-self._error / self.value)
            error = np.where(self.value > self._error, error + moved, np.inf)
        return self._made(value, error)

    def sqrt(self) -> Bounded:
        """Square root; infinite error where the argument may be negative."""
        value = np.sqrt(self.value)
        error = self.precision.unit * value
        if self._error is not None:
            lowest = self.value - self._error
            # 1e-300 stands for the exact zero, whose error is zero.
            moved = self._error / (value + np.sqrt(np.maximum(lowest, 0.0)) + 1e-300)
            error = np.where(lowest >= 0.0, error + moved, np.inf)
        return self._made(value, error)

    def inverse_root(self, least: float = 0.0) -> Bounded:
        """Reciprocal of the square root, of what is known to be at least `least`."""
        value = 1.0 / np.sqrt(self.value)
        # sqrt(t / t') - 1 <= (t - t') / (2 t') for every t' in [lowest, t]
        error = self.error
        lowest = np.maximum(self.value - error, least)
        relative = 0.5 * error / lowest + FUNCTION_ROUNDING * self.precision.unit
        return self._made(value, np.where(lowest > 0.0, value * relative, np.inf))

    def clip(self, lo: float, hi: float) -> Bounded:
        """Use what is known beforehand: the exact result lies in [`lo`, `hi`]."""
        value = np.clip(self.value, lo, hi)
        error = np.minimum(self.error, np.maximum(value - lo, hi - value))
        return Bounded(value, error, self.precision)

    def unsure(self) -> NDArray[np.bool_]:
        """Where the sign is not certain, zero included."""
        if self._error is None:
            return np.asarray(~(self.value != 0.0))
        return np.asarray(~(np.abs(self.value) > SAFETY * self._error))

    def relu(self) -> Bounded:
        """Positive part. It is 1-Lipschitz, so the error stays, and vanishes where all is < 0."""
        value = np.maximum(self.value, 0.0)
        if self._error is None:
            return Bounded(value, None, self.precision)
        error = np.where(self.value < -SAFETY * self._error, 0.0, self._error)
        return Bounded(value, error, self.precision)

    def gate(self, dout: Operand, closed: Operand = 0.0) -> Bounded:
        """Let `dout` through where this array is positive, and `closed` elsewhere.

        Where the sign is unsure, every value between the two is a subgradient: the middle of that
        interval, with its half width as error.
        """
        d, shut = self._lift(dout), self._lift(closed)
        opened, unsure = self.value > 0.0, self.unsure()
        value, error = np.where(opened, d.value, shut.value), None
        if d._error is not None or shut._error is not None:
            error = np.where(opened, d.error, shut.error)
        if not unsure.any():
            return Bounded(value, error, self.precision)
        middle, half = 0.5 * (d.value + shut.value), 0.5 * np.abs(d.value - shut.value)
        # Halving a subnormal rounds.
        half = half + np.maximum(d.error, shut.error) + self.precision.tiny
        if self._error is not None:
            half = np.where(np.isfinite(self._error), half, np.inf)
        error = np.where(unsure, half, 0.0 if error is None else error)
        return Bounded(np.where(unsure, middle, value), error, self.precision)

    def solve(self, right: Any) -> Bounded:
        r"""Solve ``self @ X = right`` for a square matrix.

        The bound is :math:`|A^{-1}| (\gamma |A| |A^{-1}| |B| + E_A |X| + E_B)` (Higham 2002,
        section 14.1), so the condition of A is in it and an explicit inverse is covered.

        Raises
        ------
        numpy.linalg.LinAlgError
            When the matrix is singular.
        """
        b, unit = self._lift(right), self.precision.unit
        inverse = scipy.linalg.inv(self.value)
        value = scipy.linalg.solve(self.value, b.value)
        size = np.abs(inverse)
        n = len(size)
        # The largest entry everywhere bounds |L||U| of a pivoted elimination.
        backward = 2.0 * n * unit * np.abs(self.value).max(initial=0.0)
        first = size @ (self.error + backward)
        growth = float(first.sum(axis=-1).max(initial=0.0))
        error = first @ (size @ np.abs(b.value)) + size @ b.error + n * unit * np.abs(value)
        if not growth < 0.5:
            return self._made(value, error + np.inf)
        return self._made(value, error / (1.0 - growth) + self.precision.tiny)

    # -- how one is made -----------------------------------------------------------------------

    def _lift(self, other: Any) -> Bounded:
        return other if isinstance(other, Bounded) else lift(other, self.precision)

    def _made(self, value: Any, error: Any) -> Bounded:
        """Make a result; in float32 an overflow on the way is infinite from here on.

        Errors are at least ``unit`` times the sizes of the terms that were added up, so an error
        above ``unit * largest`` says that these terms do not fit into the judged format.
        """
        precision = self.precision
        if precision.short:
            error = np.where(error > precision.unit * precision.largest, np.inf, error)
        return Bounded(value, error, precision)


def lift(operand: Any, precision: Precision) -> Bounded:
    """Take an array as exact, and what is bounded as it is.

    >>> float(lift(0.1, Precision(unit=2.0**-24)).error) > 0.0  # float32 has no 0.1
    True
    """
    if isinstance(operand, Bounded):
        return operand
    if precision.short and np.ndim(operand) == 0:
        # A Python number is rounded to float32 before it is used there.
        return Bounded(operand, np.abs(operand - np.float64(np.float32(operand))), precision)
    return Bounded(operand, None, precision)


def stack(parts: Sequence[Bounded], axis: int = 0) -> Bounded:
    """Join arrays of one shape along a new axis."""
    error = np.stack([part.error for part in parts], axis=axis)
    return Bounded(np.stack([part.value for part in parts], axis=axis), error, parts[0].precision)
