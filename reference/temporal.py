"""Layers applied at every time step: affine, and the masked cross-entropy."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from . import affine, losses
from .bounded import Bounded, Operand, lift, quiet
from .precision import FLOAT64, Precision


@quiet
def affine_forward(
    x: Operand, w: Operand, b: Operand, *, precision: Precision = FLOAT64
) -> Bounded:
    """Evaluate x w + b for x (N, T, D), w (D, M), b (M,).

    >>> affine_forward([[[1.0, 2.0]]], [[1.0], [1.0]], [0.5]).value.tolist()
    [[[3.5]]]
    """
    given = lift(x, precision)
    out = affine.forward(_rows(given), w, b, precision=precision)
    return out.reshape(*given.shape[:2], out.shape[1])


@quiet
def affine_vjp(
    dout: Operand, x: Operand, w: Operand, b: Operand, *, precision: Precision = FLOAT64
) -> tuple[Bounded, Bounded, Bounded]:
    """Pull `dout` (N, T, M) back: dx, dw, db."""
    given, d = lift(x, precision), lift(dout, precision)
    dx, dw, db = affine.vjp(_rows(d), _rows(given), w, b, precision=precision)
    return dx.reshape(given.shape), dw, db


@quiet
def softmax_loss(
    x: Operand, y: NDArray[np.integer], mask: NDArray[np.bool_], *, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate :math:`L = -\frac1N \sum_{nt} m_{nt} \log p_{nt, y_{nt}}`.

    Parameters
    ----------
    x : shape (N, T, V)
        Scores.
    y : ndarray of integers, shape (N, T)
        Labels in [0, V).
    mask : ndarray of bool, shape (N, T)
        Time steps that count; N divides, not their number.
    precision : Precision
        As in `losses.softmax`.

    Returns
    -------
    Bounded, 0-d

    Examples
    --------
    >>> loss = softmax_loss(np.zeros((1, 2, 2)), np.array([[0, 1]]), np.array([[True, False]]))
    >>> float(loss.value.round(6))
    0.693147
    """
    given = lift(x, precision)
    picked = losses.surprise(_rows(given), y.reshape(-1))
    return picked.where(mask.reshape(-1) != 0).sum() / float(len(given))


@quiet
def softmax_loss_gradient(
    x: Operand, y: NDArray[np.integer], mask: NDArray[np.bool_], *, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate :math:`m_{nt} (p_{ntv} - [v = y_{nt}]) / N`, shape (N, T, V).

    >>> dx = softmax_loss_gradient(np.zeros((1, 1, 2)), np.array([[0]]), np.array([[True]]))
    >>> dx.value
    array([[[-0.5,  0.5]]])
    """
    given = lift(x, precision)
    slopes = losses.surprise_gradient(_rows(given), y.reshape(-1)) / float(len(given))
    return slopes.where(mask.reshape(-1, 1) != 0).reshape(given.shape)


def _rows(x: Bounded) -> Bounded:
    return x.reshape(math.prod(x.shape[:2]), x.shape[2])
