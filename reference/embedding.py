"""Word embedding: out = W[x]."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .bounded import Bounded, Operand, lift, quiet
from .precision import FLOAT64, Precision


@quiet
def forward(x: NDArray[np.integer], W: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    """Take the row of each word, which is exact.

    Parameters
    ----------
    x : ndarray of integers, shape (N, T)
        Words, in [0, V).
    W : shape (V, D)
        A row for each word.
    precision : Precision
        The judged arithmetic.

    Returns
    -------
    Bounded, shape (N, T, D)

    Raises
    ------
    IndexError
        When a word is outside the rows of `W`.

    Examples
    --------
    >>> forward(np.array([[1, 0]]), np.array([[1.0], [2.0]])).value.tolist()
    [[[2.0], [1.0]]]
    """
    return lift(W, precision)[x]


@quiet
def vjp(
    dout: Operand, x: NDArray[np.integer], W: Operand, *, precision: Precision = FLOAT64
) -> Bounded:
    r"""Pull `dout` (N, T, D) back: :math:`dW = E^\top dY` with E the one-hot rows of the words.

    A word that occurs k times costs k - 1 roundings, an absent one has a gradient of zero.

    >>> vjp(np.ones((1, 2, 1)), np.array([[1, 1]]), np.zeros((3, 1))).value.tolist()
    [[0.0], [2.0], [0.0]]
    """
    table, d = lift(W, precision), lift(dout, precision)
    rows = d.reshape(x.size, d.shape[-1])
    one_hot = (x.reshape(-1, 1) == np.arange(len(table))).astype(np.float64).T
    rounds = np.maximum(one_hot.sum(axis=1, keepdims=True) - 1.0, 0.0) * precision.unit
    error = one_hot @ rows.error + rounds * (one_hot @ rows.size)
    return Bounded(one_hot @ rows.value, error, precision)
