"""Batch normalisation: out = gamma (x - mean) / sqrt(var + eps) + beta, columnwise."""

from __future__ import annotations

import numpy as np

from .bounded import Bounded, Operand, lift, quiet
from .normalisation import moments, pull_back, standardise, standardise_by
from .precision import FLOAT64, Precision

EPS = 1e-5
MOMENTUM = 0.9


@quiet
def forward(
    x: Operand,
    gamma: Operand,
    beta: Operand,
    *,
    mode: str,
    eps: float = EPS,
    running_mean: Operand | None = None,
    running_var: Operand | None = None,
    precision: Precision = FLOAT64,
) -> Bounded:
    r"""Evaluate :math:`\gamma (x - \mu) (\sigma^2 + \epsilon)^{-1/2} + \beta` with its bound.

    Parameters
    ----------
    x : shape (N, D)
        Inputs.
    gamma, beta : shape (D,)
        Scale and shift.
    mode : {'train', 'test'}
        Whether mean and uncorrected variance of the batch normalise, or the running ones.
    eps : float
        Added to the variance, in its units.
    running_mean, running_var : shape (D,)
        For test mode; zeros when absent.
    precision : Precision
        The judged arithmetic. Unless `stable`, the bound also covers the variance as
        E[x^2] - E[x]^2, whose error is :math:`O(N u\, E[x^2])`.

    Returns
    -------
    Bounded, shape (N, D)

    Raises
    ------
    ValueError
        When `mode` is neither 'train' nor 'test'.

    References
    ----------
    S. Ioffe, C. Szegedy (2015), Batch Normalization, algorithms 1 and 2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, gamma, beta = rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=3)
    >>> out = forward(x, gamma, beta, mode="train")
    >>> one_pass = (x * x).mean(0) - x.mean(0) ** 2
    >>> other = gamma * (x - x.mean(0)) / np.sqrt(one_pass + 1e-5) + beta
    >>> bool((abs(other - out.value) <= out.error).all()), f"{out.error.max():.0e}"
    (True, '6e-15')
    """
    batch = lift(x, precision)
    if mode == "train":
        s = standardise(batch, 0, eps)
    elif mode == "test":
        mean, var = (_running(old, batch) for old in (running_mean, running_var))
        s = standardise_by(batch, mean, var, eps)
    else:
        raise ValueError(f"mode is {mode!r}; give 'train' or 'test'")
    return s.scaled(gamma, beta)


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
    r"""Pull `dout` back through train mode, by the explicit Jacobian of `normalisation`.

    .. math:: dx = \gamma s\,(dy - \overline{dy} - \hat x\, \overline{dy\, \hat x})

    dgamma is the column sum of :math:`dy\,\hat x`, dbeta that of dy.

    Parameters
    ----------
    dout : shape (N, D)
        Upstream derivative.
    x, gamma, beta, eps
        As in `forward`.
    precision : Precision
        Unless `stable`, the bound also covers the long chain through dvar and dmu with
        (var + eps)**-1.5; it is infinite where that power leaves the format.

    Returns
    -------
    dx, dgamma, dbeta : Bounded
        Shapes (N, D), (D,), (D,).

    References
    ----------
    S. Ioffe, C. Szegedy (2015), Batch Normalization, section 3 (the long chain).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, gamma, dout = rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=(6, 3))
    >>> dx, _, _ = vjp(dout, x, gamma, gamma)
    >>> centred, var, g = x - x.mean(0), x.var(0) + 1e-5, dout * gamma
    >>> dvar = (g * centred * -0.5 * var**-1.5).sum(0)
    >>> dmu = (-g / np.sqrt(var)).sum(0) + dvar * (-2 * centred).mean(0)
    >>> chain = g / np.sqrt(var) + dvar * 2 * centred / 6 + dmu / 6
    >>> bool((abs(chain - dx.value) <= dx.error).all()), f"{dx.error.max():.0e}"
    (True, '7e-15')
    """
    s = standardise(lift(x, precision), 0, eps)
    dx, dbeta, dgamma = pull_back(lift(dout, precision), s, 0)
    return dx * gamma, dgamma[0], dbeta[0]


@quiet
def statistics(x: Operand, *, precision: Precision = FLOAT64) -> tuple[Bounded, Bounded]:
    r"""Evaluate mean and uncorrected variance (1/N) of each column of `x` (N, D) with bounds.

    N = 0 gives NaN with an infinite error.

    Examples
    --------
    The one-pass formula loses everything at a large mean; ``stable`` does not allow that.

    >>> x = 1e8 + np.array([[0.0], [1.0], [2.0]])
    >>> _, var = statistics(x)
    >>> _, stable = statistics(x, precision=Precision(stable=True))
    >>> f"{var.value[0]:.4f} +- {var.error[0]:.0f}", f"+- {stable.error[0]:.0e}"
    ('0.6667 +- 12', '+- 2e-15')
    """
    mean, _, var = moments(lift(x, precision), 0)
    return mean[0], var[0]


@quiet
def running(
    x: Operand,
    *,
    mode: str = "train",
    momentum: float = MOMENTUM,
    running_mean: Operand | None = None,
    running_var: Operand | None = None,
    precision: Precision = FLOAT64,
) -> dict[str, Bounded]:
    r"""Evaluate the update :math:`m\, r + (1 - m)\, b` of both running statistics.

    Parameters
    ----------
    x : shape (N, D)
        The batch, whose mean and uncorrected variance are b.
    mode : {'train', 'test'}
        Nothing is updated in test mode.
    momentum : float
        The weight m of the old value r.
    running_mean, running_var : shape (D,)
        Old values r, zeros when absent.
    precision : Precision
        As in `forward`.

    Returns
    -------
    dict of Bounded, shape (D,)
        ``running_mean`` and ``running_var``; empty in test mode.

    Examples
    --------
    >>> new = running(np.array([[1.0], [3.0]]), momentum=0.5, running_var=np.ones(1))
    >>> {name: float(value.value[0]) for name, value in new.items()}
    {'running_mean': 1.0, 'running_var': 1.0}
    """
    if mode != "train":
        return {}
    batch = lift(x, precision)
    mean, _, var = moments(batch, 0)
    return {
        "running_mean": _updated(_running(running_mean, batch), mean[0], momentum),
        "running_var": _updated(_running(running_var, batch), var[0], momentum),
    }


def _running(given: Operand | None, x: Bounded) -> Bounded:
    return lift(np.zeros(x.shape[1:]) if given is None else given, x.precision)


def _updated(old: Bounded, batch: Bounded, momentum: float) -> Bounded:
    rest = 1.0 - momentum
    # r += (1 - m)(b - r) and float32's rounding of m itself cost up to 8 u of the larger weight.
    extra = 6.0 * old.precision.unit * (abs(momentum) + abs(rest))
    return (old * momentum + batch * rest).allowing(extra * (old.size + batch.size))
