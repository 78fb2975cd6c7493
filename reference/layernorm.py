"""Layer normalisation: out = gamma (x - mean) / sqrt(var + eps) + beta, example by example."""

from __future__ import annotations

import numpy as np

from .bounded import Bounded, Operand, lift, quiet
from .normalisation import covering_the_chain, standardise
from .precision import FLOAT64, Precision

EPS = 1e-5


@quiet
def forward(
    x: Operand, gamma: Operand, beta: Operand, *, eps: float = EPS, precision: Precision = FLOAT64
) -> Bounded:
    r"""Evaluate :math:`\gamma (x - \mu) (\sigma^2 + \epsilon)^{-1/2} + \beta` with its bound.

    Parameters
    ----------
    x : shape (N, D)
        Inputs; mean and uncorrected variance are those of each row.
    gamma, beta : shape (D,)
        Scale and shift.
    eps : float
        Added to the variance, in its units.
    precision : Precision
        As in `batchnorm.forward`.

    Returns
    -------
    Bounded, shape (N, D)

    References
    ----------
    J. L. Ba, J. R. Kiros, G. E. Hinton (2016), Layer Normalization, equation 4.

    Examples
    --------
    >>> forward(np.array([[1.0, 3.0]]), np.ones(2), np.zeros(2), eps=0.0).value
    array([[-1.,  1.]])
    """
    return standardise(lift(x, precision), -1, eps).scaled(gamma, beta)


@quiet
def vjp(
    dout: Operand,
    x: Operand,
    gamma: Operand,
    beta: Operand,
    *,
    eps: float = EPS,
    precision: Precision = FLOAT64,
) -> tuple[Bounded, Bounded, Bounded]:
    r"""Pull `dout` back by the Jacobian of each row, written out.

    .. math:: J = \frac sD \left(D I - \mathbf{1}\mathbf{1}^\top - \hat x \hat x^\top\right),
        \qquad dx = J (\gamma \odot dy), \quad d\gamma = \sum_n dy \odot \hat x,
        \quad d\beta = \sum_n dy

    Parameters
    ----------
    dout : shape (N, D)
        Upstream derivative.
    x, gamma, beta, eps
        As in `forward`.
    precision : Precision
        As in `batchnorm.vjp`.

    Returns
    -------
    dx, dgamma, dbeta : Bounded
        Shapes (N, D), (D,), (D,).

    Examples
    --------
    Two entries, standardised, are -1 and 1 wherever they lie: nothing is left of any gradient.

    >>> dx, _, _ = vjp(np.ones((1, 2)), np.array([[1.0, 3.0]]), np.ones(2), np.ones(2), eps=0.0)
    >>> dx.value
    array([[0., 0.]])
    """
    d, given = lift(dout, precision), lift(x, precision)
    s = standardise(given, -1, eps)
    n, sides = given.shape
    outer = s.xhat.reshape(n, sides, 1) * s.xhat.reshape(n, 1, sides)
    jacobian = (sides * np.eye(sides) - 1.0 - outer) / float(sides)
    g = d * gamma
    dx = (jacobian @ g.reshape(n, sides, 1)).reshape(n, sides) * s.inverse_std
    return covering_the_chain(dx, g, s, -1), (d * s.xhat).sum(0), d.sum(0)
