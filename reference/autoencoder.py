"""Linear autoencoder with tied weights: L(W) = 1/2 |W^T W x - x|^2, summed over a batch."""

from __future__ import annotations

import numpy as np

from .running_error import UNIT_FLOAT64, Array, Bounded, bounded, quiet, underflow


@quiet
def loss(W: Array, x: Array, *, unit: float = UNIT_FLOAT64, stable: bool = False) -> Bounded:
    r"""Evaluate :math:`L = \tfrac12 \|X P - X\|_F^2` with :math:`P = W^\top W`.

    Parameters
    ----------
    W : ndarray of float64, shape (m, n)
        Tied weights.
    x : ndarray of float64, shape (n,) or (N, n)
        One example, or a batch over which the loss adds up.
    unit : float
        Unit roundoff of the judged arithmetic.
    stable : bool
        False: the bound also covers the square multiplied out.

    Returns
    -------
    Bounded, 0-d

    Raises
    ------
    ValueError
        When the shapes do not fit (numpy's message).

    References
    ----------
    P. Baldi, K. Hornik (1989), Neural networks and principal component analysis, Neural Networks 2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> W, x = rng.normal(size=(2, 5)), rng.normal(size=(4, 5))
    >>> value = loss(W, x)
    >>> other = 0.5 * ((W.T @ (W @ x.T) - x.T) ** 2).sum()
    >>> bool(abs(other - value.value) <= value.error), f"{value.error / value.value:.0e}"
    (True, '6e-14')
    """
    rows = np.atleast_2d(x)
    residual, residual_error, size = _residual(W, rows, unit)
    spread = np.abs(residual)
    error = (residual_error * (spread + residual_error)).sum()
    weight = (spread + residual_error) if stable else size
    rounding = (rows.size + sum(W.shape) + 6.0) * unit
    error = error + rounding * (weight * weight).sum() + rows.size * underflow(unit)
    return bounded(0.5 * (residual * residual).sum(), error, unit)


@quiet
def gradient(W: Array, x: Array, *, unit: float = UNIT_FLOAT64, stable: bool = False) -> Bounded:
    r"""Evaluate :math:`\nabla_W L = W (A^\top X + X^\top A)`, :math:`A = X W^\top W - X`.

    :math:`A^\top X` is the derivative with respect to :math:`P = W^\top W`; P is symmetric, so W
    sees it and its transpose, which are the two paths through W.

    Parameters
    ----------
    W, x, unit, stable
        As in `loss`.

    Returns
    -------
    Bounded, shape (m, n)

    Raises
    ------
    ValueError
        When the shapes do not fit (numpy's message).

    References
    ----------
    P. Baldi, K. Hornik (1989), Neural networks and principal component analysis, Neural Networks 2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> W, x = rng.normal(size=(2, 5)), rng.normal(size=5)
    >>> dW = gradient(W, x)
    >>> a = W.T @ (W @ x) - x
    >>> other = np.outer(W @ a, x) + np.outer(W @ x, a)
    >>> bool((abs(other - dW.value) <= dW.error).all()), f"{dW.error.max():.0e}"
    (True, '3e-13')
    """
    rows = np.atleast_2d(x)
    residual, residual_error, size = _residual(W, rows, unit)
    one_sided = residual.T @ rows
    value = W @ (one_sided + one_sided.T)
    # Every term is a product of W, a residual and x; the residual's terms count by their size.
    weight = (np.abs(residual) + residual_error) if stable else size
    rounding = (sum(W.shape) + len(rows) + 6.0) * unit
    half = (residual_error + rounding * weight).T @ np.abs(rows)
    weights = np.abs(W)
    error = weights @ (half + half.T)
    tiny = underflow(unit) * (rows.size + W.size) * (2.0 + weights.sum() + np.abs(rows).sum())
    return bounded(value, error + tiny, unit)


def _residual(W: Array, rows: Array, unit: float) -> tuple[Array, Array, Array]:
    """X W^T W - X, its bound, and the sum of the sizes of its terms."""
    residual = rows @ W.T @ W - rows
    weights, sizes = np.abs(W), np.abs(rows)
    # All terms by size cover every order, W^T W first included.
    size = sizes @ weights.T @ weights + sizes
    tiny = (
        underflow(unit) * sum(W.shape) * (1.0 + weights.max(initial=0.0) + sizes.max(initial=0.0))
    )
    return residual, (sum(W.shape) + 6.0) * unit * size + tiny, size
