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
import scipy.linalg

from .running_error import UNIT_FLOAT64, Array, Bounded, bounded, largest, underflow


class Kernel(NamedTuple):
    """K, taken apart, with everything that the bounds need."""

    U: Array  # (N, r)
    gain: Array  # eigenvalues of beta K above one: alpha beta s^2, (r,)
    inverse: Array  # |K^-1|, (N, N)
    backward: Array  # bound on what rounding changes in K, (N, N)
    growth: float  # factor for higher orders; inf where K^-1 is unknown
    rounding: float  # for sums of products of N, Q, D terms
    alpha: float
    beta: float
    n: int
    tiny: float  # underflow of one operation


def take_apart(X: Array, D: int, alpha: float, beta: float, unit: float) -> Kernel:
    if not (alpha >= 0.0 and beta > 0.0):
        raise ValueError(
            f"alpha is {alpha!r} and beta {beta!r}; give alpha >= 0 and beta > 0, "
            "so that K is positive definite"
        )
    n, q = X.shape
    alpha, beta = float(alpha), float(beta)
    if np.isfinite(X).all():
        U, s, _ = scipy.linalg.svd(X, full_matrices=False, check_finite=False)
    else:
        U, s = np.full((n, min(n, q)), np.nan), np.full(min(n, q), np.nan)
    gain = (alpha * s * s) * beta
    inverse = np.abs(beta * (np.eye(n) - (U * (gain / (1.0 + gain))) @ U.T))
    sizes = np.abs(X)
    K = (alpha * sizes) @ sizes.T
    diagonal = K.diagonal() + 1.0 / beta
    rounding = (2.0 * n + 2.0 * q + 2.0 * D + 16.0) * unit
    # K's own rounding, then that of a factorisation: |L||U| is at most about the largest entry.
    backward = K * ((q + 6.0) * unit)
    backward.flat[:: n + 1] += 4.0 * unit * diagonal
    backward = backward + (2.0 * n * unit) * diagonal.max(initial=0.0) + (q + 4.0) * underflow(unit)
    # The inverse itself has an error, of the size of its largest term.
    first = float((inverse @ backward.sum(axis=1)).max(initial=0.0))
    growth = 1.0 / (1.0 - 2.0 * first) ** 2 if first < 0.25 else math.inf
    inverse = inverse + 8.0 * n * UNIT_FLOAT64 * beta
    return Kernel(U, gain, inverse, backward, growth, rounding, alpha, beta, n, underflow(unit))


def after(k: Kernel, right: Array) -> Array:
    """Bound of (change of K^-1) @ right, to first order: |K^-1| (change of K) |K^-1| right."""
    change: Array = k.inverse @ (k.backward @ (k.inverse @ right))
    return change


def shrunk(k: Kernel, right: Array) -> tuple[Array, Array]:
    """K^-1 @ right: what lies in the span of X is shrunk by 1 / (1 + gain)."""
    inside = k.U.T @ right
    value = k.beta * (right - k.U @ ((k.gain / (1.0 + k.gain))[:, None] * inside))
    size = np.abs(right)
    error = after(k, size) + k.rounding * (k.inverse @ size)
    return value, _grown(error, k)


def twice_shrunk(k: Kernel, X: Array, Y: Array) -> tuple[Array, Array]:
    """K^-1 Y Y^T K^-1 X."""
    left = shrunk(k, Y)[0]
    value = left @ (left.T @ X)
    sizes = np.abs(Y)
    inner = sizes @ (sizes.T @ (k.inverse @ np.abs(X)))
    outer = sizes @ (sizes.T @ after(k, np.abs(X)))
    error = after(k, inner) + k.inverse @ (outer + (2.0 * k.rounding) * inner)
    return value, _grown(error, k)


def log_determinant(k: Kernel, D: int, unit: float, stable: bool) -> tuple[Array, Array]:
    logs = np.log1p(k.gain)
    below = -math.log(k.beta)
    value = -0.5 * D * (logs.sum() + k.n * below)
    # Pivots lie between the extreme eigenvalues, so their logarithms do.
    size = k.n * (np.abs(logs + below).max(initial=0.0) + abs(below))
    relative = (k.inverse * k.backward).sum() * k.growth
    error = 0.5 * D * (relative + k.rounding * (size + k.n))
    if not stable and np.abs(logs + below).sum() + (k.n - logs.size) * abs(below) > 0.98 * math.log(
        largest(unit)
    ):
        error = error + np.inf
    return np.asarray(value), np.asarray(error)


def trace(k: Kernel, Y: Array) -> tuple[Array, Array]:
    inside = k.U.T @ Y
    # What lies outside the span of X, plus what is left of the inside.
    outside = Y - k.U @ inside
    kept = inside * inside / (1.0 + k.gain)[:, None]
    value = -0.5 * k.beta * ((outside * outside).sum() + kept.sum())
    size = np.abs(Y)
    weight = k.inverse @ size
    error = (weight * (k.backward @ weight)).sum() + k.rounding * Y.size * (size * weight).sum()
    return np.asarray(value), np.asarray(0.5 * error * k.growth)


def _grown(error: Array, k: Kernel) -> Array:
    return error * k.growth + k.n * k.tiny


def scaled(value: Array, error: Array, alpha: float, unit: float) -> Bounded:
    out = alpha * value
    return bounded(out, alpha * error + 4.0 * unit * np.abs(out) + underflow(unit), unit)
