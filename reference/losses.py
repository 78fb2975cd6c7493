"""Softmax cross-entropy and the multiclass hinge loss, averaged over a batch."""

from __future__ import annotations

import math

import numpy as np
import scipy.special
from numpy.typing import NDArray

from .running_error import (
    CHECK_FACTOR,
    FUNCTION_ROUNDING,
    UNIT_FLOAT64,
    Array,
    Bounded,
    bounded,
    largest,
    quiet,
    underflow,
)

Labels = NDArray[np.integer]


@quiet
def softmax(x: Array, y: Labels, *, unit: float = UNIT_FLOAT64, stable: bool = False) -> Bounded:
    r"""Evaluate :math:`L = -\frac1N \sum_n \log p_{n, y_n}`, p = softmax(x), in nats.

    The value comes from `scipy.special.log_softmax`. The bound of a log probability is
    :math:`u\,(O(\max|x|) + O(C))`: subtracting the maximum, or adding it back to the logarithm of
    the sum, rounds at the size of the scores.

    Parameters
    ----------
    x : ndarray of float64, shape (N, C)
        Scores.
    y : ndarray of integers, shape (N,)
        Labels in [0, C).
    unit : float
        Unit roundoff of the judged arithmetic.
    stable : bool
        False: the bound also covers exponentials without a shift and the logarithm of a computed
        probability, and is infinite where one of these overflows or vanishes. True: only shifted
        exponentials and log-softmax.

    Returns
    -------
    Bounded, 0-d

    Raises
    ------
    IndexError
        When a label is outside the columns of `x`.

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham (2021), Accurately computing the log-sum-exp and
    softmax functions, IMA J. Numer. Anal. 41.

    Examples
    --------
    >>> x, y = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 4.0]]), np.array([0, 2])
    >>> loss = softmax(x, y)
    >>> p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    >>> error = abs(-np.log(p[[0, 1], y]).mean() - loss.value)
    >>> bool(error <= loss.error), f"{loss.error:.0e}"
    (True, '6e-15')
    """
    logp, relative, floor = _log_softmax(x, unit, stable)
    n = np.float64(len(x))
    picked = logp[np.arange(len(x)), y]
    size = np.abs(picked)
    error = relative + (FUNCTION_ROUNDING * unit) * size
    if not stable:
        # log p of a probability that is itself near underflow
        vanishing = floor * np.exp(-picked)
        error = error + np.where(vanishing < 0.5, 2.0 * vanishing, np.inf)
    error = (np.add.reduce(error) + np.add.reduce(size + error) * ((n + 2.0) * unit)) / n
    return bounded(-np.add.reduce(picked) / n, error, unit)


@quiet
def softmax_gradient(
    x: Array, y: Labels, *, unit: float = UNIT_FLOAT64, stable: bool = False
) -> Bounded:
    r"""Evaluate :math:`\partial L / \partial x_{nj} = (p_{nj} - [j = y_n]) / N`.

    The entry of the label is evaluated as expm1(log p), so that a confident right answer keeps its
    digits; the bound still allows for p - 1. It is clipped to what is known: p lies in [0, 1].

    Parameters
    ----------
    x, y, unit, stable
        As in `softmax`.

    Returns
    -------
    Bounded, shape (N, C)

    Raises
    ------
    IndexError
        When a label is outside the columns of `x`.

    Examples
    --------
    >>> x, y = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 4.0]]), np.array([0, 2])
    >>> dx = softmax_gradient(x, y)
    >>> p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    >>> p[[0, 1], y] -= 1
    >>> bool((abs(p / 2 - dx.value) <= dx.error).all()), f"{dx.error.max():.0e}"
    (True, '3e-15')
    """
    logp, relative, floor = _log_softmax(x, unit, stable)
    n = np.float64(len(x))
    rows = np.arange(len(x))
    p = np.exp(logp)
    column = relative[:, None]
    # exp(e) - 1 <= e (1 + e) up to one; beyond it the clip below is what holds.
    error = p * (column * (1.0 + column) + FUNCTION_ROUNDING * unit) + floor[:, None]
    value = p.copy()
    value[rows, y] = np.expm1(logp[rows, y])
    known = np.maximum(p, 1.0 - p) * (1.0 + 4.0 * unit)
    error = np.where(column < np.inf, np.minimum(error, known), np.inf)
    error = (error + np.abs(value) * (4.0 * unit) + 2.0 * underflow(unit)) / n + underflow(unit)
    # p - 1 rounds at the size of its result and of 1.
    error[rows, y] += 2.0 * unit / n
    return bounded(value / n, error, unit)


def _log_softmax(x: Array, unit: float, stable: bool) -> tuple[Array, Array, Array]:
    """Log probabilities, bound of each row (relative for p, absolute for log p), floor of p."""
    classes = x.shape[1]
    logp = np.asarray(scipy.special.log_softmax(x, axis=1)) if x.size else x
    sizes = np.abs(x).max(axis=1, initial=0.0)
    relative = (6.0 * sizes + (classes + 4.0 * FUNCTION_ROUNDING)) * unit
    tiny = underflow(unit)
    if stable:
        return logp, relative, np.full(len(x), 2.0 * tiny)
    # Unshifted: the sum of exponentials must not overflow, and it loses digits near underflow.
    top = x.max(axis=1, initial=-np.inf)
    floor = (2.0 * tiny) * np.maximum(np.exp(-top), 1.0)
    fits = (top < math.log(largest(unit)) - math.log(max(classes, 1)) - 1e-3) & (floor < 0.25)
    return logp, np.where(fits, relative + 2.0 * classes * floor, np.inf), floor


@quiet
def svm(x: Array, y: Labels, *, unit: float = UNIT_FLOAT64, stable: bool = False) -> Bounded:
    r"""Evaluate :math:`L = \frac1N \sum_n \sum_{j \ne y_n} \max(0, x_{nj} - x_{n y_n} + 1)`.

    Parameters
    ----------
    x : ndarray of float64, shape (N, C)
        Scores.
    y : ndarray of integers, shape (N,)
        Labels in [0, C).
    unit : float
        Unit roundoff of the judged arithmetic.
    stable : bool
        Has no effect.

    Returns
    -------
    Bounded, 0-d

    Raises
    ------
    IndexError
        When a label is outside the columns of `x`.

    References
    ----------
    J. Weston, C. Watkins (1999), Support vector machines for multi-class pattern recognition.

    Examples
    --------
    >>> loss = svm(np.array([[1.0, 0.5, -3.0]]), np.array([0]))
    >>> float(loss.value), f"{loss.error:.0e}"
    (0.5, '2e-15')
    """
    margins, margin_error = _margins(x, y, unit)
    n = np.float64(len(x))
    hinge = np.maximum(margins, 0.0)
    error = np.where(margins < -CHECK_FACTOR * margin_error, 0.0, margin_error).sum()
    terms = float(x.size + 4)
    # Summing the label's own margin of 1 and taking N off again is common, hence the + N.
    error = error + (hinge.sum() + error + n) * (terms * unit)
    return bounded(hinge.sum() / n, error / n + underflow(unit), unit)


@quiet
def svm_gradient(
    x: Array, y: Labels, *, unit: float = UNIT_FLOAT64, stable: bool = False
) -> Bounded:
    r"""Evaluate :math:`\partial L / \partial x_{nj} = [m_{nj} > 0] / N` for :math:`j \ne y_n`.

    :math:`m_{nj} = x_{nj} - x_{n y_n} + 1`; the label's entry is minus the sum of its row. Where
    the sign of a margin is not certain, zero included, the entry is the interval of both
    subgradients: its middle is the value, its half width the error.

    Parameters
    ----------
    x, y, unit, stable
        As in `svm`.

    Returns
    -------
    Bounded, shape (N, C)

    Raises
    ------
    IndexError
        When a label is outside the columns of `x`.

    Examples
    --------
    >>> dx = svm_gradient(np.array([[1.0, 0.5, 0.0]]), np.array([0]))
    >>> dx.value, dx.error.round(3)
    (array([[-1.5,  1. ,  0.5]]), array([[0.5, 0. , 0.5]]))
    """
    margins, margin_error = _margins(x, y, unit)
    n = np.float64(len(x))
    rows = np.arange(len(x))
    unsure = np.abs(margins) <= CHECK_FACTOR * margin_error
    value = np.where(unsure, 0.5, margins > 0.0)
    error = np.where(unsure, 0.5, 0.0)
    value[rows, y] = 0.0
    error[rows, y] = 0.0
    value[rows, y] = -value.sum(axis=1)
    error[rows, y] = error.sum(axis=1)
    error = (error + (np.abs(value) + error) * (4.0 * unit)) / n
    return bounded(value / n, error, unit)


def _margins(x: Array, y: Labels, unit: float) -> tuple[Array, Array]:
    """Margins x_j - x_y + 1 and their bounds in any order of operations; -inf at the label."""
    rows = np.arange(len(x))
    right = x[rows, y][:, None]
    margins = x - right + 1.0
    error = (np.abs(x) + np.abs(right) + np.abs(margins) + 2.0) * unit
    margins[rows, y] = -np.inf
    error[rows, y] = 0.0
    return margins, error
