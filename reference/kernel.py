"""The GPLVM kernel K = alpha X X^T + I / beta, taken apart, and what rounding does to its inverse.

K is never factorised for the values: a thin singular value decomposition X = U S V^T gives log|K|
and the inverse without the condition of K. The bounds hold for Cholesky, LU and explicit inverses:
a computed K^-1 differs from the true one by |K^-1| (change of K) |K^-1| to first order, where the
change is the rounding of K's entries and of its factorisation (Higham 2002, chapters 9, 10, 14).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import scipy  # its subpackages come with their first use: importing them costs more than a check

from .bounded import Array, Bounded
from .precision import UNIT_FLOAT64, Precision


class Kernel(NamedTuple):
    """K, taken apart, with everything that the bounds need."""

    U: Array  # orthonormal basis of the span of X, (N, r), r = min(N, Q)
    gain: Array  # what beta K's eigenvalues have above one: alpha beta s^2, (r,)
    inverse: Array  # |K^-1|, (N, N)
    backward: Array  # bound on what rounding changes in K, (N, N)
    growth: float  # factor for higher orders; inf where K^-1 is unknown
    own: float  # error of an entry of the inverse as evaluated here
    rounding: float  # for sums of products of N, Q, D terms
    alpha: float
    beta: float
    n: int
    tiny: float  # underflow of one operation


def take_apart(X: Array, D: int, alpha: float, beta: float, precision: Precision) -> Kernel:
    if not (alpha >= 0.0 and beta > 0.0):
        raise ValueError(
            f"alpha is {alpha!r} and beta {beta!r}; give alpha >= 0 and beta > 0, "
            "so that K is positive definite"
        )
    n, q = X.shape
    unit = precision.unit
    alpha, beta = float(alpha), float(beta)
    if np.isfinite(X).all():
        U, s, _ = scipy.linalg.svd(X, full_matrices=False, check_finite=False)
    else:
        U, s = np.full((n, min(n, q)), np.nan), np.full(min(n, q), np.nan)
    gain = (alpha * s * s) * beta
    shrink = 1.0 / (1.0 + gain)
    inverse = (U * shrink) @ U.T
    if len(s) < n:
        inverse += np.eye(n) - U @ U.T
    inverse = np.abs(beta * inverse)
    sizes = np.abs(X)
    K = (alpha * sizes) @ sizes.T
    diagonal = K.diagonal() + 1.0 / beta
    # Roots of the numbers of terms: worst cases of a chain of five products never come together
    # (Higham, Mary 2019, probabilistic rounding error analysis, SIAM J. Sci. Comput. 41).
    rounding = (2.0 * math.sqrt(n + q + D) + 8.0) * unit
    # K's own rounding, then that of a factorisation: |L||U| is at most the root of the product of
    # two diagonal entries for Cholesky; pivoting may put the largest in the place of one of them.
    backward = K * ((math.sqrt(q) + 3.0) * unit)
    backward.flat[:: n + 1] += 4.0 * unit * diagonal
    root = np.sqrt(diagonal)
    pivot = (0.5 * (math.sqrt(n) + 2.0) * unit) * root.max(initial=0.0) * root
    backward = backward + (pivot[:, None] + pivot) + (q + 4.0) * precision.tiny
    first = float((inverse @ backward.sum(axis=1)).max(initial=0.0))
    growth = 1.0 / (1.0 - 2.0 * first) ** 2 if first < 0.25 else math.inf
    # Outside the span of X the inverse is beta: that sets the rounding of the values here.
    largest_term = beta if len(s) < n else beta * float(shrink.max(initial=0.0))
    own = 8.0 * UNIT_FLOAT64 * largest_term
    return Kernel(U, gain, inverse, backward, growth, own, rounding, alpha, beta, n, precision.tiny)


def after(k: Kernel, right: Array) -> Array:
    """Bound of (change of K^-1) @ right, to first order: |K^-1| (change of K) |K^-1| right."""
    change: Array = k.inverse @ (k.backward @ (k.inverse @ right))
    return change


def shrunk(k: Kernel, right: Array) -> tuple[Array, Array]:
    """K^-1 @ right: what lies in the span of X is shrunk by 1 / (1 + gain)."""
    inside = k.U.T @ right
    value = k.U @ (inside / (1.0 + k.gain)[:, None])
    if k.gain.size < k.n:
        value = value + (right - k.U @ inside)
    value = k.beta * value
    size = np.abs(right)
    error = after(k, size) + k.rounding * (k.inverse @ size) + k.own * size.sum(axis=0)
    return value, error * k.growth + midway(k, right)


def twice_shrunk(k: Kernel, X: Array, Y: Array) -> tuple[Array, Array]:
    """K^-1 Y Y^T K^-1 X."""
    left = shrunk(k, Y)[0]
    inside = left.T @ X
    value = left @ inside
    y_size, x_size = np.abs(Y), np.abs(X)
    # A change of the left inverse acts on Y Y^T K^-1 X, one of the right inverse on X.
    error = after(k, np.abs(Y @ inside)) + np.abs(left @ Y.T) @ after(k, x_size)
    # Products round at the size of their terms, whatever their order.
    terms = k.inverse @ (y_size @ (y_size.T @ (k.inverse @ x_size)))
    own = k.own * y_size.sum(axis=0)
    error = error + (2.0 * k.rounding) * terms + own @ np.abs(inside)
    error = error + np.outer(np.abs(left) @ own, x_size.sum(axis=0))
    return value, error * k.growth + midway(k, X, Y, Y)


def log_determinant(k: Kernel, D: int, precision: Precision) -> tuple[Array, Array]:
    logs = np.log1p(k.gain)
    below = -math.log(k.beta)
    value = -0.5 * D * (logs.sum() + k.n * below)
    # Pivots lie between the extreme eigenvalues, so their logarithms do.
    size = k.n * (np.abs(logs + below).max(initial=0.0) + abs(below))
    relative = (k.inverse * k.backward).sum() * k.growth
    error = 0.5 * D * (relative + k.rounding * (size + k.n))
    total = np.abs(logs + below).sum() + (k.n - logs.size) * abs(below)
    if not precision.stable and total > 0.98 * math.log(precision.largest):
        error = error + np.inf
    return np.asarray(value), np.asarray(error)


def trace(k: Kernel, Y: Array) -> tuple[Array, Array]:
    inside = k.U.T @ Y
    total = (inside * inside / (1.0 + k.gain)[:, None]).sum()
    if k.gain.size < k.n:
        outside = Y - k.U @ inside
        total = total + (outside * outside).sum()
    value = -0.5 * k.beta * total
    size = np.abs(Y)
    weight = k.inverse @ size
    error = (weight * (k.backward @ weight)).sum() + k.rounding * (size * weight).sum()
    error = error + k.own * (size.sum(axis=0) ** 2).sum()
    return np.asarray(value), np.asarray(0.5 * error * k.growth + midway(k, Y, Y))


def midway(k: Kernel, *factors: Array) -> float:
    """Bound what underflow inside a product of K^-1 and `factors` becomes by what follows it."""
    scale = k.tiny * k.n * (1.0 + k.beta) ** 2
    for factor in factors:
        scale *= (1.0 + float(np.abs(factor).max(initial=0.0))) * sum(factor.shape)
    return scale


def scaled(value: Array, error: Array, alpha: float, precision: Precision) -> Bounded:
    out = alpha * value
    error = alpha * error + 4.0 * precision.unit * np.abs(out) + precision.tiny
    return Bounded(out, error, precision)
