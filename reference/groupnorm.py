"""Group normalisation of images, and batch normalisation of their channels.

Both are standardisation of slices of an array that is laid out otherwise.
"""

from __future__ import annotations

import math

from . import batchnorm
from .bounded import Bounded, Operand, lift, quiet
from .normalisation import Standardised, pull_back, standardise
from .precision import FLOAT64, Precision

EPS = 1e-5


@quiet
def forward(
    x: Operand,
    gamma: Operand,
    beta: Operand,
    G: int,
    *,
    eps: float = EPS,
    precision: Precision = FLOAT64,
) -> Bounded:
    r"""Standardise each of the `G` groups of C / G neighbouring channels of each example.

    Parameters
    ----------
    x : shape (N, C, H, W)
        Inputs.
    gamma, beta : shape (1, C, 1, 1) or (C,)
        Scale and shift of each channel.
    G : int
        Number of groups; divides C.
    eps : float
        Added to the variance, in its units.
    precision : Precision
        As in `batchnorm.forward`.

    Returns
    -------
    Bounded, shape (N, C, H, W)

    Raises
    ------
    ValueError
        When `G` does not divide C.

    References
    ----------
    Y. Wu, K. He (2018), Group Normalization, equation 7.
    """
    given = lift(x, precision)
    xhat = _groups(given, G, eps)[1]
    return Standardised(xhat, xhat).scaled(
        _per_channel(lift(gamma, precision)), _per_channel(lift(beta, precision))
    )


@quiet
def vjp(
    dout: Operand,
    x: Operand,
    gamma: Operand,
    beta: Operand,
    G: int,
    *,
    eps: float = EPS,
    precision: Precision = FLOAT64,
) -> tuple[Bounded, Bounded, Bounded]:
    """Pull `dout` (N, C, H, W) back by the Jacobian of each group, as in `normalisation`.

    Returns
    -------
    dx, dgamma, dbeta : Bounded
        With the shapes of `x`, `gamma`, `beta`.
    """
    d, given = lift(dout, precision), lift(x, precision)
    scale, shift = lift(gamma, precision), lift(beta, precision)
    s, xhat = _groups(given, G, eps)
    g = (d * _per_channel(scale)).reshape(s.xhat.shape)
    dx = pull_back(g, s, -1)[0].reshape(given.shape)
    over = (0, 2, 3)
    dgamma = (d * xhat).sum(over).reshape(scale.shape)
    return dx, dgamma, d.sum(over).reshape(shift.shape)


def _groups(x: Bounded, G: int, eps: float) -> tuple[Standardised, Bounded]:
    """Groups as rows, standardised, and xhat in the shape of x."""
    n, c = x.shape[:2]
    if G < 1 or c % G:
        raise ValueError(f"G is {G} and x has {c} channels; give a G that divides them")
    s = standardise(x.reshape(n * G, c // G * math.prod(x.shape[2:])), -1, eps)
    return s, s.xhat.reshape(x.shape)


def _per_channel(parameter: Bounded) -> Bounded:
    return parameter.reshape(1, -1, 1, 1)


@quiet
def spatial_batchnorm(
    x: Operand,
    gamma: Operand,
    beta: Operand,
    *,
    mode: str,
    eps: float = batchnorm.EPS,
    running_mean: Operand | None = None,
    running_var: Operand | None = None,
    precision: Precision = FLOAT64,
) -> Bounded:
    """Evaluate `batchnorm.forward` with the pixels of all examples as rows.

    Parameters
    ----------
    x : shape (N, C, H, W)
        Inputs.
    gamma, beta, running_mean, running_var : shape (C,)
        As in `batchnorm.forward`, one for each channel.
    mode, eps, precision
        As in `batchnorm.forward`.

    Returns
    -------
    Bounded, shape (N, C, H, W)
    """
    given = lift(x, precision)
    out = batchnorm.forward(
        pixels(given),
        gamma,
        beta,
        mode=mode,
        eps=eps,
        running_mean=running_mean,
        running_var=running_var,
        precision=precision,
    )
    return image(out, given.shape)


@quiet
def spatial_batchnorm_vjp(
    dout: Operand,
    x: Operand,
    gamma: Operand,
    beta: Operand,
    *,
    eps: float = batchnorm.EPS,
    precision: Precision = FLOAT64,
) -> tuple[Bounded, Bounded, Bounded]:
    """Pull `dout` (N, C, H, W) back through train mode: dx, dgamma, dbeta."""
    d, given = lift(dout, precision), lift(x, precision)
    dx, dgamma, dbeta = batchnorm.vjp(
        pixels(d), pixels(given), gamma, beta, eps=eps, precision=precision
    )
    return image(dx, given.shape), dgamma, dbeta


@quiet
def spatial_batchnorm_running(
    x: Operand,
    *,
    mode: str = "train",
    momentum: float = batchnorm.MOMENTUM,
    running_mean: Operand | None = None,
    running_var: Operand | None = None,
    precision: Precision = FLOAT64,
) -> dict[str, Bounded]:
    """Evaluate the running statistics (C,) after a train step, as `batchnorm.running` does."""
    return batchnorm.running(
        pixels(lift(x, precision)),
        mode=mode,
        momentum=momentum,
        running_mean=running_mean,
        running_var=running_var,
        precision=precision,
    )


def pixels(x: Bounded) -> Bounded:
    """Lay out (N, C, H, W) as (N H W, C)."""
    return x.transpose(0, 2, 3, 1).reshape(math.prod(x.shape) // max(x.shape[1], 1), x.shape[1])


def image(rows: Bounded, shape: tuple[int, ...]) -> Bounded:
    """Undo `pixels`."""
    n, c, h, w = shape
    return rows.reshape(n, h, w, c).transpose(0, 3, 1, 2)
