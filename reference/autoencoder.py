"""Linear autoencoder with tied weights: L(W) = 1/2 |W^T W x - x|^2, summed over a batch.

P. Baldi, K. Hornik (1989), Neural networks and principal component analysis, Neural Networks 2.
"""

from __future__ import annotations

from .bounded import Array, Bounded, Operand, lift, quiet
from .precision import FLOAT64, Precision


@quiet
def loss(W: Operand, x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate :math:`L = \tfrac12 \|X P - X\|_F^2` with :math:`P = W^\top W`.

    Parameters
    ----------
    W : shape (m, n)
        Tied weights.
    x : shape (n,) or (N, n)
        One example, or a batch over which the loss adds up.
    precision : Precision
        The judged arithmetic. Unless `stable`, the bound also covers the square multiplied out.

    Returns
    -------
    Bounded, 0-d

    Raises
    ------
    ValueError
        When the shapes do not fit (numpy's message).

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> W, x = rng.normal(size=(2, 5)), rng.normal(size=(4, 5))
    >>> value = loss(W, x)
    >>> other = 0.5 * ((W.T @ (W @ x.T) - x.T) ** 2).sum()
    >>> bool(abs(other - value.value) <= value.error), f"{value.error / value.value:.0e}"
    (True, '3e-14')
    """
    rows, weights, residual, size = _residual(W, x, precision)
    value = 0.5 * (residual * residual).sum()
    if precision.stable:
        return value
    terms = rows.value.size + sum(weights.shape)
    return value.allowing(0.5 * terms * precision.unit * (size * size).sum())


@quiet
def gradient(W: Operand, x: Operand, *, precision: Precision = FLOAT64) -> Bounded:
    r"""Evaluate :math:`\nabla_W L = W (A^\top X + X^\top A)`, :math:`A = X W^\top W - X`.

    :math:`A^\top X` is the derivative with respect to :math:`P = W^\top W`; P is symmetric, so W
    sees it and its transpose, which are the two paths through W.

    Parameters
    ----------
    W, x, precision
        As in `loss`.

    Returns
    -------
    Bounded, shape (m, n)

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> W, x = rng.normal(size=(2, 5)), rng.normal(size=5)
    >>> dW = gradient(W, x)
    >>> a = W.T @ (W @ x) - x
    >>> other = np.outer(W @ a, x) + np.outer(W @ x, a)
    >>> bool((abs(other - dW.value) <= dW.error).all()), f"{dW.error.max():.0e}"
    (True, '2e-13')
    """
    rows, weights, residual, size = _residual(W, x, precision)
    one_sided = residual.T @ rows
    value = weights @ (one_sided + one_sided.T)
    if precision.stable:
        return value
    half = size.T @ rows.size
    terms = len(rows) + sum(weights.shape)
    # What underflows in one order is multiplied by the factors that follow it there.
    tiny = precision.tiny * terms * (2.0 + weights.size.sum() + rows.size.sum())
    return value.allowing(terms * precision.unit * (weights.size @ (half + half.T)) + tiny)


def _residual(
    W: Operand, x: Operand, precision: Precision
) -> tuple[Bounded, Bounded, Bounded, Array]:
    """X, W, X W^T W - X, and the sum of the sizes of the latter's terms."""
    given, weights = lift(x, precision), lift(W, precision)
    rows = given if given.value.ndim == 2 else given.reshape(1, -1)
    size = rows.size @ weights.size.T @ weights.size + rows.size
    return rows, weights, rows @ weights.T @ weights - rows, size
