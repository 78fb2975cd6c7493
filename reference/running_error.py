"""A small array type that carries a value and a bound on its rounding error.

This is running error analysis (Wilkinson 1963; Higham, Accuracy and Stability of Numerical
Algorithms, 2nd ed., section 3.3): every operation passes the bounds of its operands on and adds
its own rounding, ``u |result|``, and what may be lost near underflow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

UNIT_FLOAT64 = 2.0**-53
UNIT_FLOAT32 = 2.0**-24
_LARGEST_FLOAT32 = float(np.finfo(np.float32).max)

CHECK_FACTOR = 4.0
"""How many bounds a checker allows. A sign is called certain only beyond this many bounds."""

FUNCTION_ROUNDING = 4.0
"""Error of exp, log, pow in units of roundoff; numpy's vectorised float32 exp needs 2.52 ulp."""

quiet = np.errstate(all="ignore")
"""Decorator for functions on bounds: infinities and NaN there are answers, not accidents."""


def underflow(unit: float) -> float:
    """Absolute error of one operation whose result is subnormal: the smallest subnormal.

    >>> underflow(2.0**-53), underflow(2.0**-24) == 2.0**-149
    (5e-324, True)
    """
    return 2.0**-149 if unit > UNIT_FLOAT64 else 5e-324


def largest(unit: float) -> float:
    """Largest finite number of the precision with this unit roundoff."""
    return _LARGEST_FLOAT32 if unit > UNIT_FLOAT64 else 1.7976931348623157e308


@dataclass(frozen=True, slots=True, eq=False)
class Bounded:
    r"""Array of values, each with a bound on its absolute rounding error.

    If the exact result is :math:`v`, then ``|value - v| <= error``, and any sane evaluation of the
    same formula in a precision of unit roundoff ``unit`` lies within ``error`` of :math:`v` too.

    Parameters
    ----------
    value : ndarray of float64
        The quantity, always evaluated in float64.
    error : ndarray of float64, same shape
        Absolute bound, in the units of `value`; never negative, never NaN. Infinite where nothing
        is known, not even that the result is finite.
    unit : float
        Unit roundoff of the judged arithmetic: 2**-53 for float64, 2**-24 for float32.

    Notes
    -----
    Operators ``+ - * / @``, indexing and the methods below work on whole arrays with broadcasting.
    Plain numbers and arrays are taken as exact (a Python float that float32 cannot hold carries its
    conversion error when `unit` is float32's). They are meant for references of one's own; the
    references in this folder write their bounds out where that is faster.

    References
    ----------
    N. J. Higham (2002), Accuracy and Stability of Numerical Algorithms, 2nd ed., chapters 3 and 9.

    Examples
    --------
    One tenth added ten times is not one; the bound says by how much it may be wrong.

    >>> total = Bounded.exact([0.1] * 10).sum()
    >>> bool(abs(sum([0.1] * 10) - total.value) <= total.error), f"{total.error:.1e}"
    (True, '1.1e-15')
    >>> abs(sum([0.1] * 10) - 1.0)
    1.1102230246251565e-16
    """

    value: Array
    error: Array
    unit: float = UNIT_FLOAT64

    # numpy hands `ndarray + Bounded` over to Bounded.__radd__ instead of looping over elements.
    __array_ufunc__ = None

    @staticmethod
    def exact(array: Any, *, unit: float = UNIT_FLOAT64) -> Bounded:
        """Take `array` as it is, with error zero."""
        value = np.asarray(array, dtype=np.float64)
        return Bounded(value, np.zeros(value.shape), unit)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of value and error."""
        return self.value.shape

    @property
    def T(self) -> Bounded:
        """Transpose."""
        return Bounded(self.value.T, self.error.T, self.unit)

    def transpose(self, *axes: int) -> Bounded:
        """Permute the axes as `numpy.transpose` does."""
        return Bounded(self.value.transpose(*axes), self.error.transpose(*axes), self.unit)

    def reshape(self, *shape: int) -> Bounded:
        """Reshape as `numpy.reshape` does."""
        return Bounded(self.value.reshape(*shape), self.error.reshape(*shape), self.unit)

    def __getitem__(self, index: Any) -> Bounded:
        return Bounded(np.asarray(self.value[index]), np.asarray(self.error[index]), self.unit)

    def __neg__(self) -> Bounded:
        return Bounded(-self.value, self.error, self.unit)

    @quiet
    def __abs__(self) -> Bounded:
        return Bounded(np.abs(self.value), self.error, self.unit)

    abs = __abs__

    @quiet
    def __add__(self, other: Any) -> Bounded:
        b = _lift(other, self.unit)
        unit = max(self.unit, b.unit)
        value = self.value + b.value
        return bounded(value, self.error + b.error + unit * np.abs(value), unit)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Bounded:
        return self + -_lift(other, self.unit)

    def __rsub__(self, other: Any) -> Bounded:
        return _lift(other, self.unit) + -self

    @quiet
    def __mul__(self, other: Any) -> Bounded:
        b = _lift(other, self.unit)
        unit = max(self.unit, b.unit)
        value = self.value * b.value
        size = np.abs(self.value) + self.error
        error = size * b.error + self.error * np.abs(b.value) + unit * np.abs(value)
        return bounded(value, error + underflow(unit), unit)

    __rmul__ = __mul__

    @quiet
    def __truediv__(self, other: Any) -> Bounded:
        b = _lift(other, self.unit)
        unit = max(self.unit, b.unit)
        value = self.value / b.value
        nearest_zero = np.maximum(np.abs(b.value) - b.error, 0.0)
        error = (self.error + np.abs(value) * b.error) / nearest_zero
        error = error + unit * np.abs(value) + underflow(unit)
        return bounded(value, np.where(nearest_zero > 0, error, np.inf), unit)

    def __rtruediv__(self, other: Any) -> Bounded:
        return _lift(other, self.unit) / self

    @quiet
    def __matmul__(self, other: Any) -> Bounded:
        b = _lift(other, self.unit)
        unit = max(self.unit, b.unit)
        value, error = product(self.value, self.error, b.value, b.error, unit)
        return bounded(value, error, unit)

    def __rmatmul__(self, other: Any) -> Bounded:
        return _lift(other, self.unit) @ self

    @quiet
    def sum(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Bounded:
        """Sum over `axis`, in whatever order: n terms cost n roundings."""
        value = self.value.sum(axis=axis, keepdims=keepdims)
        terms = self.value.size // max(value.size, 1)
        size = (np.abs(self.value) + self.error).sum(axis=axis, keepdims=keepdims)
        error = self.error.sum(axis=axis, keepdims=keepdims) + terms * self.unit * size
        return bounded(value, error, self.unit)

    def mean(self, axis: int | tuple[int, ...] | None = None, *, keepdims: bool = False) -> Bounded:
        """Mean over `axis`; of nothing it is NaN with an infinite error."""
        total = self.sum(axis, keepdims=keepdims)
        return total / float(self.value.size // max(total.value.size, 1))

    @quiet
    def exp(self) -> Bounded:
        """Exponential."""
        value = np.exp(self.value)
        error = value * (np.expm1(self.error) + FUNCTION_ROUNDING * self.unit)
        return bounded(value, error + underflow(self.unit), self.unit)

    @quiet
    def log(self) -> Bounded:
        """Natural logarithm; infinite error where the argument may be zero or negative."""
        value = np.log(self.value)
        error = FUNCTION_ROUNDING * self.unit * np.abs(value) - np.log1p(-self.error / self.value)
        return bounded(value, np.where(self.value > self.error, error, np.inf), self.unit)

    @quiet
    def sqrt(self) -> Bounded:
        """Square root; infinite error where the argument may be negative."""
        value = np.sqrt(self.value)
        lowest = self.value - self.error
        # 1e-300 stands for the exact zero, whose error is zero.
        error = self.error / (value + np.sqrt(np.maximum(lowest, 0.0)) + 1e-300)
        return bounded(value, np.where(lowest >= 0, error + self.unit * value, np.inf), self.unit)

    @quiet
    def clip(self, lo: float, hi: float) -> Bounded:
        """Use what is known beforehand: the exact result lies in [`lo`, `hi`]."""
        value = np.clip(self.value, lo, hi)
        return bounded(value, np.minimum(self.error, np.maximum(value - lo, hi - value)), self.unit)

    @quiet
    def relu(self) -> Bounded:
        """Positive part. It is 1-Lipschitz, so the error stays, and vanishes where all is < 0."""
        error = np.where(self.value < -CHECK_FACTOR * self.error, 0.0, self.error)
        return bounded(np.maximum(self.value, 0.0), error, self.unit)

    @quiet
    def solve(self, right: Any) -> Bounded:
        r"""Solve ``self @ X = right`` for a square matrix.

        The bound is :math:`|A^{-1}| (\gamma |A| |A^{-1}| |B| + E_A |X| + E_B)` (Higham 2002,
        section 14.1), so the condition of A is in it and an explicit inverse is covered.

        Raises
        ------
        numpy.linalg.LinAlgError
            When the matrix is singular.
        """
        b = _lift(right, self.unit)
        unit = max(self.unit, b.unit)
        inverse = scipy.linalg.inv(self.value)
        value = scipy.linalg.solve(self.value, b.value)
        size = np.abs(inverse)
        n = len(size)
        # The largest entry everywhere bounds |L||U| of a pivoted elimination.
        backward = 2.0 * n * unit * np.abs(self.value).max(initial=0.0)
        first = size @ (self.error + backward)
        growth = float(first.sum(axis=-1).max(initial=0.0))
        error = first @ (size @ np.abs(b.value)) + size @ b.error + n * unit * np.abs(value)
        error = error / (1.0 - growth) + underflow(unit) if growth < 0.5 else error + np.inf
        return bounded(value, error, unit)


def bounded(value: Array, error: Array, unit: float) -> Bounded:
    """Make a `Bounded` whose error is never NaN, and infinite where `unit`'s format overflows.

    Errors are at least ``unit`` times the sizes of the terms that were added up, so an error above
    ``unit * largest`` says that these terms do not fit into the judged format.
    """
    error = np.fmin(error, np.inf)  # fmin prefers a number over NaN
    if unit > UNIT_FLOAT64:
        error = np.where(error > unit * _LARGEST_FLOAT32, np.inf, error)
    return Bounded(np.asarray(value), np.asarray(error), unit)


def product(
    a: Array, a_error: Array | None, b: Array, b_error: Array | None, unit: float
) -> tuple[Array, Array]:
    r"""Matrix product and its bound, with ``None`` for an exact factor.

    For inner dimension k the bound is :math:`k u |A||B|`, plus what the factors bring along and k
    times the underflow unit, for every order of summation (Higham 2002, section 3.5).
    """
    terms = a.shape[-1]
    a_size, b_size = np.abs(a), np.abs(b)
    if a_error is not None:
        a_size = a_size + a_error
    rounding = (terms + 1.0) * unit
    if b_error is None:
        error = (a_size @ b_size) * rounding
    else:
        error = a_size @ (b_size * rounding + b_error)
    if a_error is not None:
        error = error + a_error @ b_size
    return a @ b, error + (terms + 1.0) * underflow(unit)


def _lift(other: Any, unit: float) -> Bounded:
    if isinstance(other, Bounded):
        return other
    value = np.asarray(other, dtype=np.float64)
    if unit > UNIT_FLOAT64 and value.ndim == 0:
        # A Python number is rounded to float32 before it is used there.
        return Bounded(value, np.asarray(abs(float(value) - float(np.float32(value)))), unit)
    return Bounded(value, np.zeros(value.shape), unit)
