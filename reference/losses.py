"""Softmax cross-entropy and the multiclass hinge loss, averaged over a batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy  # its subpackages come with their first use: importing them costs more than a check
from numpy.typing import NDArray

from .bounded import FUNCTION_ROUNDING, Array, Bounded, Operand, lift, quiet
from .precision import FLOAT64, Precision

Labels = NDArray[np.integer]


@quiet
def softmax(x: Operand, y: Labels, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate :math:`L = -\frac1N \sum_n \log p_{n, y_n}`, p = softmax(x), in nats.

    Parameters
    ----------
    x : shape (N, C)
        Scores.
    y : ndarray of integers, shape (N,)
        Labels in [0, C).
    precision : Precision
        The judged arithmetic. Unless `stable`, the bound also covers exponentials without a shift
        and the logarithm of a computed probability, and is infinite where one of these overflows
        or vanishes.

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
    (True, '5e-15')
    """
    return surprise(lift(x, precision), y).mean()


@quiet
def softmax_gradient(x: Operand, y: Labels, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate :math:`\partial L / \partial x_{nj} = (p_{nj} - [j = y_n]) / N`.

    The entry of the label is evaluated as expm1(log p), so that a confident right answer keeps its
    digits; the bound still allows for p - 1. It is clipped to what is known: p lies in [0, 1].

    Parameters
    ----------
    x, y, precision
        As in `softmax`.

    Returns
    -------
    Bounded, shape (N, C)

    Examples
    --------
    >>> x, y = np.array([[1.0, 2.0, 3.0], [0.0, -1.0, 4.0]]), np.array([0, 2])
    >>> dx = softmax_gradient(x, y)
    >>> p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    >>> p[[0, 1], y] -= 1
    >>> bool((abs(p / 2 - dx.value) <= dx.error).all()), f"{dx.error.max():.0e}"
    (True, '3e-15')
    """
    given = lift(x, precision)
    return surprise_gradient(given, y) / float(len(given))


def surprise(x: Bounded, y: Labels) -> Bounded:
    """Negative log probability of the label of each row."""
    logp, floor = log_softmax(x)
    picked = logp[np.arange(len(logp)), y]
    error = (FUNCTION_ROUNDING * x.precision.unit) * np.abs(picked.value)
    if not x.precision.stable:
        # log p of a probability that is itself near underflow
        vanishing = floor[:, 0] * np.exp(-picked.value)
        error = error + np.where(vanishing < 0.5, 2.0 * vanishing, np.inf)
    return -picked.allowing(error)


def surprise_gradient(x: Bounded, y: Labels) -> Bounded:
    """Derivative of `surprise`: the probabilities of each row, minus one at the label."""
    logp, floor = log_softmax(x)
    unit, rows = x.precision.unit, np.arange(len(logp))
    p = probabilities(logp, floor)
    value, error = p.value.copy(), p.error
    value[rows, y] = np.expm1(logp.value[rows, y])
    # p - 1 rounds at the size of its result and of 1.
    error = error + (3.0 * unit) * np.abs(value)
    error[rows, y] += 2.0 * unit
    return Bounded(value, error, x.precision)


@dataclass(frozen=True, kw_only=True)
class Guard:
    """How a cross-entropy keeps its logarithm away from zero.

    ``kind`` is ``plus`` for log(p + eps), ``clip`` for log(max(p, eps)); whether p is kept below
    1 - eps too is left open.
    """

    eps: float
    kind: Literal["plus", "clip"]

    @property
    def sentence(self) -> str:
        """What the logarithm is taken of, in words.

        >>> Guard(eps=1e-8, kind="clip").sentence
        'the loss takes the logarithm of p clipped at 1e-08'
        """
        inside = "p + " if self.kind == "plus" else "p clipped at "
        return f"the loss takes the logarithm of {inside}{self.eps:g}"


@quiet
def guarded_softmax(
    x: Operand, y: Labels, guard: Guard, *, precision: Precision = FLOAT64
) -> Bounded:
    """Evaluate the mean cross-entropy whose logarithm is guarded.

    Parameters
    ----------
    x, y, precision
        As in `softmax`.
    guard : Guard
        Which guard, and its size.

    Returns
    -------
    Bounded, 0-d

    Examples
    --------
    The label's probability is e**-50; the guard is what is seen.

    >>> guard = Guard(eps=1e-8, kind="clip")
    >>> loss = guarded_softmax(np.array([[0.0, -50.0]]), np.array([1]), guard)
    >>> bool(loss.value == -np.log(1e-8))
    True
    """
    logp, floor = log_softmax(lift(x, precision))
    p = probabilities(logp, floor)[np.arange(len(logp)), y]
    if guard.kind == "plus":
        return -(p + guard.eps).log().mean()
    inner = Bounded(np.maximum(p.value, guard.eps), p.error, precision)
    above = np.where(p.value > 1.0 - 2.0 * guard.eps, 2.0 * guard.eps, 0.0)
    return -inner.log().allowing(above).mean()


def log_softmax(x: Bounded, mask: NDArray[np.bool_] | None = None) -> tuple[Bounded, Array]:
    r"""Log probabilities over the last axis, and the floor that unshifted exponentials have.

    Where `mask` is False the probability is zero; a row that is masked wholly is unknown.

    The bound of a log probability is :math:`u\,(O(\max|x|) + O(C))`: subtracting the maximum, or
    adding it back to the logarithm of the sum, rounds at the size of the scores. An error e in the
    scores of a row changes it by at most 2 max |e|.
    """
    value, precision = x.value, x.precision
    sizes = np.abs(value)
    if mask is not None:
        value, sizes = np.where(mask, value, -np.inf), np.where(mask, sizes, 0.0)
    classes, unit, tiny = value.shape[-1], precision.unit, precision.tiny
    logp = np.asarray(scipy.special.log_softmax(value, axis=-1)) if value.size else value
    largest = sizes.max(axis=-1, initial=0.0, keepdims=True)
    error = (6.0 * largest + (classes + 4.0 * FUNCTION_ROUNDING)) * unit
    if x._error is not None:
        error = error + 2.0 * x.error.max(axis=-1, initial=0.0, keepdims=True)
    if precision.stable:
        floor = np.full(error.shape, 2.0 * tiny)
    else:
        # Unshifted: the sum of exponentials must not overflow, and loses digits near underflow.
        top = value.max(axis=-1, initial=-np.inf, keepdims=True)
        floor = (2.0 * tiny) * np.maximum(np.exp(-top), 1.0)
        highest = math.log(precision.largest) - math.log(max(classes, 1)) - 1e-3
        fits = (top < highest) & (floor < 0.25)
        error = np.where(fits, error + 2.0 * classes * floor, np.inf)
    if mask is not None:
        error = np.where(mask.any(axis=-1, keepdims=True), error, np.inf)
    return Bounded(logp, np.broadcast_to(error, logp.shape), precision), floor


def probabilities(logp: Bounded, floor: Array) -> Bounded:
    """Exponentials of log probabilities; what is known of them is that they lie in [0, 1]."""
    p = logp.exp()
    known = np.maximum(p.value, 1.0 - p.value) * (1.0 + 4.0 * p.precision.unit)
    error = np.where(np.isfinite(logp.error), np.minimum(p.error + floor, known), np.inf)
    return Bounded(p.value, error, p.precision)


@quiet
def svm(x: Operand, y: Labels, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate :math:`L = \frac1N \sum_n \sum_{j \ne y_n} \max(0, x_{nj} - x_{n y_n} + 1)`.

    Parameters
    ----------
    x, y
        As in `softmax`.
    precision : Precision
        The judged arithmetic; all formulas are equally stable.

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
    (0.5, '1e-15')
    """
    margins = _margins(lift(x, precision), y)
    n = float(len(margins))
    # Summing the label's own margin of 1 and taking N off again is common.
    own = n * (margins.value.size + 4.0) * precision.unit
    return margins.relu().sum().allowing(own) / n


@quiet
def svm_gradient(x: Operand, y: Labels, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate :math:`\partial L / \partial x_{nj} = [m_{nj} > 0] / N` for :math:`j \ne y_n`.

    :math:`m_{nj} = x_{nj} - x_{n y_n} + 1`; the label's entry is minus the sum of its row. Where
    the sign of a margin is not certain, zero included, the entry is the interval of both
    subgradients: its middle is the value, its half width the error.

    Parameters
    ----------
    x, y, precision
        As in `svm`.

    Returns
    -------
    Bounded, shape (N, C)

    Examples
    --------
    >>> dx = svm_gradient(np.array([[1.0, 0.5, 0.0]]), np.array([0]))
    >>> dx.value, dx.error.round(3)
    (array([[-1.5,  1. ,  0.5]]), array([[0.5, 0. , 0.5]]))
    """
    margins = _margins(lift(x, precision), y)
    active = margins.gate(np.ones(margins.shape))
    rows, n = np.arange(len(margins)), float(len(margins))
    value, error = active.value.copy(), active.error
    value[rows, y] = -value.sum(axis=1)
    error[rows, y] = error.sum(axis=1)
    return Bounded(value, error + (np.abs(value) + error) * (3.0 * precision.unit), precision) / n


def _margins(x: Bounded, y: Labels) -> Bounded:
    """Margins x_j - x_y + 1 with bounds for any order of operations; -inf at the label."""
    rows = np.arange(len(x))
    right = x[rows, y].reshape(len(x), 1)
    margins = x.value - right.value + 1.0
    error = (x.size + right.size + np.abs(margins) + 2.0) * x.precision.unit
    if x._error is not None:
        error = error + x._error + right.error
    margins[rows, y] = -np.inf
    error[rows, y] = 0.0
    return Bounded(margins, error, x.precision)
