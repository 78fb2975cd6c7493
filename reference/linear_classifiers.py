"""Losses of a weight matrix, with L2 regularisation: scores X W under `losses`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import losses
from .bounded import Bounded, Operand, lift, quiet
from .precision import FLOAT64, Precision

Labels = NDArray[np.integer]


@quiet
def softmax(
    W: Operand,
    X: Operand,
    y: Labels,
    reg: float,
    *,
    factor: float = 1.0,
    precision: Precision = FLOAT64,
) -> Bounded:
    r"""Evaluate `losses.softmax` of X W, plus :math:`f \lambda \sum W^2`.

    Parameters
    ----------
    W : shape (D, C)
        Weights.
    X : shape (N, D)
        Inputs.
    y : ndarray of integers, shape (N,)
        Labels in [0, C).
    reg, factor : float
        Strength of the regularisation, and its factor: 1 or 0.5.
    precision : Precision
        As in `losses.softmax`.

    Returns
    -------
    Bounded, 0-d

    Examples
    --------
    >>> W, X = np.zeros((1, 2)), np.ones((1, 1))
    >>> float(softmax(W, X, np.array([0]), 0.5).value.round(6))
    0.693147
    """
    weights = lift(W, precision)
    own = losses.softmax(lift(X, precision) @ weights, y, precision=precision)
    return own + _penalty(weights, reg, factor)


@quiet
def guarded_softmax(
    W: Operand,
    X: Operand,
    y: Labels,
    reg: float,
    *,
    guard: losses.Guard,
    factor: float = 1.0,
    precision: Precision = FLOAT64,
) -> Bounded:
    """Evaluate `losses.guarded_softmax` of X W with the same penalty as in `softmax`."""
    weights = lift(W, precision)
    own = losses.guarded_softmax(lift(X, precision) @ weights, y, guard, precision=precision)
    return own + _penalty(weights, reg, factor)


@quiet
def softmax_gradient(
    W: Operand,
    X: Operand,
    y: Labels,
    reg: float,
    *,
    factor: float = 1.0,
    precision: Precision = FLOAT64,
) -> Bounded:
    r"""Differentiate `softmax` with respect to W: :math:`X^\top dS + 2 f \lambda W`."""
    weights, inputs = lift(W, precision), lift(X, precision)
    ds = losses.softmax_gradient(inputs @ weights, y, precision=precision)
    return inputs.T @ ds + weights * (2.0 * factor * reg)


@quiet
def svm(
    W: Operand,
    X: Operand,
    y: Labels,
    reg: float,
    *,
    factor: float = 1.0,
    precision: Precision = FLOAT64,
) -> Bounded:
    r"""Evaluate `losses.svm` of X W, plus :math:`f \lambda \sum W^2`; arguments as in `softmax`."""
    weights = lift(W, precision)
    own = losses.svm(lift(X, precision) @ weights, y, precision=precision)
    return own + _penalty(weights, reg, factor)


@quiet
def svm_gradient(
    W: Operand,
    X: Operand,
    y: Labels,
    reg: float,
    *,
    factor: float = 1.0,
    precision: Precision = FLOAT64,
) -> Bounded:
    """Evaluate the derivative of `svm` with respect to W, an interval where a margin is unsure."""
    weights, inputs = lift(W, precision), lift(X, precision)
    ds = losses.svm_gradient(inputs @ weights, y, precision=precision)
    return inputs.T @ ds + weights * (2.0 * factor * reg)


def _penalty(weights: Bounded, reg: float, factor: float) -> Bounded:
    return (weights * weights).sum() * (factor * reg)
