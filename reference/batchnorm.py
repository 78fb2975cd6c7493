"""Batch normalisation: out = gamma (x - mean) / sqrt(var + eps) + beta, columnwise.

A sum of n terms is given 0.6 n roundings: one after the other they may all go the same way, as in
a constant column, but on average each is half of the largest. Worst cases do not come together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .running_error import (
    FUNCTION_ROUNDING,
    UNIT_FLOAT64,
    Array,
    Bounded,
    bounded,
    largest,
    quiet,
    underflow,
)

_column_sum = np.add.reduce  # over axis 0; half the overhead of ndarray.sum


class Standardised(NamedTuple):
    """What forward and backward share. All bounds hold for every algorithm asked for."""

    centred: Array  # x - mean, (N, D)
    centred_error: Array
    inverse_std: Array  # (var + eps) ** -0.5, (D,)
    relative: Array  # relative error of inverse_std, (D,)
    xhat: Array  # (N, D)
    xhat_error: Array


@quiet
def forward(
    x: Array,
    gamma: Array,
    beta: Array,
    *,
    mode: str,
    eps: float,
    running_mean: Array,
    running_var: Array,
    unit: float = UNIT_FLOAT64,
    stable: bool = False,
) -> Bounded:
    r"""Evaluate :math:`\gamma (x - \mu) (\sigma^2 + \epsilon)^{-1/2} + \beta` with its bound.

    Mode 'train' takes mean and uncorrected variance of the batch, 'test' the running ones.

    Parameters
    ----------
    x : ndarray of float64, shape (N, D)
        Inputs.
    gamma, beta, running_mean, running_var : ndarray of float64, shape (D,)
        Scale, shift, and the running statistics; the latter are used in test mode only.
    mode : {'train', 'test'}
        Which statistics normalise.
    eps : float
        Added to the variance, in its units.
    unit : float
        Unit roundoff of the judged arithmetic.
    stable : bool
        False: the bound also covers the variance as E[x^2] - E[x]^2, whose error is
        :math:`O(N u\, E[x^2])`. True: only the two-pass variance.

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
    T. F. Chan, G. H. Golub, R. J. LeVeque (1983), Algorithms for computing the sample variance.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, gamma, beta = rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=3)
    >>> out = forward(x, gamma, beta, mode="train", eps=1e-5, running_mean=beta, running_var=beta)
    >>> one_pass = (x * x).mean(0) - x.mean(0) ** 2
    >>> other = gamma * (x - x.mean(0)) / np.sqrt(one_pass + 1e-5) + beta
    >>> bool((abs(other - out.value) <= out.error).all()), f"{out.error.max():.0e}"
    (True, '7e-15')
    """
    if mode == "train":
        s = standardise(x, None, eps, unit, stable)
    elif mode == "test":
        s = standardise_by(x, None, running_mean, running_var, eps, unit)
    else:
        raise ValueError(f"mode is {mode!r}; give 'train' or 'test'")
    return scale_and_shift(s, gamma, beta, unit)


@quiet
def vjp(
    dout: Array,
    x: Array,
    gamma: Array,
    beta: Array,
    *,
    eps: float,
    unit: float = UNIT_FLOAT64,
    stable: bool = False,
) -> tuple[Bounded, Bounded, Bounded]:
    r"""Pull `dout` back through train mode.

    With :math:`g = \gamma\, dy`, :math:`s = (\sigma^2 + \epsilon)^{-1/2}` and
    :math:`\hat x = s (x - \mu)` the Jacobian of a column is explicit,

    .. math:: J = s \left(I - \tfrac1N \mathbf{1}\mathbf{1}^\top - \tfrac1N \hat x \hat x^\top
        \right), \qquad dx = J g = s\,(g - \overline{g} - \hat x\, \overline{g \hat x}),

    symmetric, and at eps = 0 s times an orthogonal projection. dgamma is the column sum of
    :math:`dy\,\hat x`, dbeta that of dy.

    Parameters
    ----------
    dout : ndarray of float64, shape (N, D)
        Upstream derivative.
    x, gamma, beta, eps, unit : see `forward`
    stable : bool
        False: the bound also covers the long chain through dvar and dmu with (var + eps)**-1.5; it
        is infinite where that power leaves the format.

    Returns
    -------
    dx, dgamma, dbeta : Bounded
        Shapes (N, D), (D,), (D,).

    Raises
    ------
    ValueError
        When the shapes do not fit (numpy's message).

    References
    ----------
    S. Ioffe, C. Szegedy (2015), Batch Normalization, section 3 (the long chain).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, gamma, dout = rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=(6, 3))
    >>> dx, _, _ = vjp(dout, x, gamma, gamma, eps=1e-5)
    >>> centred, var, g = x - x.mean(0), x.var(0) + 1e-5, dout * gamma
    >>> dvar = (g * centred * -0.5 * var**-1.5).sum(0)
    >>> dmu = (-g / np.sqrt(var)).sum(0) + dvar * (-2 * centred).mean(0)
    >>> chain = g / np.sqrt(var) + dvar * 2 * centred / 6 + dmu / 6
    >>> bool((abs(chain - dx.value) <= dx.error).all()), f"{dx.error.max():.0e}"
    (True, '2e-14')
    """
    return pull_back(dout, None, standardise(x, None, eps, unit, stable), gamma, unit, stable)


@quiet
def statistics(
    x: Array, *, unit: float = UNIT_FLOAT64, stable: bool = False
) -> tuple[Bounded, Bounded]:
    r"""Evaluate mean and uncorrected variance (1/N) of each column with their bounds.

    Parameters
    ----------
    x : ndarray of float64, shape (N, D)
        Inputs; N = 0 gives NaN with an infinite error.
    unit, stable
        As in `forward`.

    Returns
    -------
    mean, var : Bounded, shape (D,)

    Examples
    --------
    The one-pass formula loses everything at a large mean, and only ``stable=False`` allows that.

    >>> x = 1e8 + np.array([[0.0], [1.0], [2.0]])
    >>> _, var = statistics(x)
    >>> _, stable = statistics(x, stable=True)
    >>> f"{var.value[0]:.4f} +- {var.error[0]:.0f}", f"+- {stable.error[0]:.0e}"
    ('0.6667 +- 12', '+- 2e-15')
    """
    return moments(x, None, unit, stable)


@quiet
def running(
    x: Array,
    *,
    momentum: float,
    running_mean: Array,
    running_var: Array,
    unit: float = UNIT_FLOAT64,
    stable: bool = False,
) -> tuple[Bounded, Bounded]:
    r"""Evaluate the update :math:`m\, r + (1 - m)\, b` of both running statistics.

    Parameters
    ----------
    x : ndarray of float64, shape (N, D)
        The batch, whose mean and uncorrected variance are b.
    momentum : float
        The weight m of the old value r.
    running_mean, running_var : ndarray of float64, shape (D,)
        Old values r.
    unit, stable
        As in `forward`.

    Returns
    -------
    mean, var : Bounded, shape (D,)

    Examples
    --------
    >>> x = np.array([[1.0], [3.0]])
    >>> mean, var = running(x, momentum=0.5, running_mean=np.zeros(1), running_var=np.ones(1))
    >>> float(mean.value[0]), float(var.value[0])
    (1.0, 1.0)
    """
    mean, var = statistics(x, unit=unit, stable=stable)
    return (
        update_running(mean, running_mean, momentum, unit),
        update_running(var, running_var, momentum, unit),
    )


def update_running(batch: Bounded, old: Array, momentum: float, unit: float) -> Bounded:
    """Do one step of `running` for one statistic that has an error already."""
    rest = 1.0 - momentum
    size = np.abs(batch.value) + batch.error + np.abs(old)
    # r += (1 - m)(b - r) and float32's rounding of m itself cost up to 8 u of the larger weight.
    error = abs(rest) * batch.error + (8.0 * unit * (abs(momentum) + abs(rest))) * size
    return bounded(momentum * old + rest * batch.value, error + 4.0 * underflow(unit), unit)


def moments(x: Array, x_error: Array | None, unit: float, stable: bool) -> tuple[Bounded, Bounded]:
    """Do the work of `statistics` for an x that has an error of its own."""
    mean, mean_error, _, _, var, var_error = _moments(x, x_error, unit, stable)
    return bounded(mean, mean_error, unit), bounded(var, var_error, unit)


def _moments(
    x: Array, x_error: Array | None, unit: float, stable: bool
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Mean, x - mean and variance, each with its bound."""
    n = np.float64(len(x))
    tiny = underflow(unit)
    size = np.abs(x) if x_error is None else np.abs(x) + x_error
    mean = _column_sum(x) / n
    mean_error = _column_sum(size) * (unit * (0.6 * n + 1.0) / n) + tiny
    if x_error is not None:
        mean_error = mean_error + _column_sum(x_error) / n
    centred = x - mean
    spread = np.abs(centred)
    centred_error = spread * unit + mean_error
    if x_error is not None:
        centred_error = centred_error + x_error
    var = _column_sum(centred * centred) / n
    # Deviations add up to zero, so an error shared by all of them enters squared only.
    var_error = (var + mean_error * mean_error) * (unit * (0.6 * n + 6.0)) + mean_error * mean_error
    if x_error is not None:
        # The same with what x brings along: it moves deviations, and their sum stays zero.
        var_error = var_error + _column_sum((2.0 * spread + x_error) * x_error) / n
    if not stable:
        # E[x^2] - E[x]^2: about u n / 2 E[x^2] for the first term, twice that for the second.
        square = _column_sum(size * size) / n
        var_error = var_error + square * (unit * (1.5 * n + 6.0))
    return mean, mean_error, centred, centred_error, var, var_error + 4.0 * tiny


def _inverse_root(
    var: Array, var_error: Array | float, eps: float, unit: float, stable: bool
) -> tuple[Array, Array]:
    """(var + eps) ** -0.5 and its relative error."""
    total = var + eps
    error = var_error + (2.0 * unit) * total
    lowest = total - error
    if stable:  # a two-pass variance is never negative
        lowest = np.maximum(lowest, eps * (1.0 - 4.0 * unit))
    # sqrt(t / t') - 1 <= (t - t') / (2 t') for every t' in [lowest, t]
    relative = 0.5 * error / np.maximum(lowest, 0.0) + FUNCTION_ROUNDING * unit
    return 1.0 / np.sqrt(total), relative


def standardise(
    x: Array, x_error: Array | None, eps: float, unit: float, stable: bool
) -> Standardised:
    """Normalise by the batch's own statistics; `x_error` is ``None`` when x is exact."""
    _, _, centred, centred_error, var, var_error = _moments(x, x_error, unit, stable)
    root, relative = _inverse_root(var, var_error, eps, unit, stable)
    return _standardised(centred, centred_error, root, relative, unit)


def standardise_by(
    x: Array, x_error: Array | None, mean: Array, var: Array, eps: float, unit: float
) -> Standardised:
    """Normalise by given statistics, which are exact."""
    root, relative = _inverse_root(var, 0.0, eps, unit, False)
    # The folded form x (gamma s) + (beta - mean gamma s) rounds x and mean, not their difference.
    centred_error = (np.abs(x) + np.abs(mean)) * (2.0 * unit)
    if x_error is not None:
        centred_error = centred_error + x_error
    return _standardised(x - mean, centred_error, root, relative, unit)


def _standardised(
    centred: Array, centred_error: Array, root: Array, relative: Array, unit: float
) -> Standardised:
    tiny = underflow(unit)
    spread = np.abs(centred) + centred_error
    # gamma * s first: its underflow is multiplied by the deviation.
    own = root * (relative + 2.0 * unit) + tiny
    xhat_error = centred_error * root + spread * own + tiny * (1.0 + root)
    return Standardised(centred, centred_error, root, relative, centred * root, xhat_error)


def scale_and_shift(s: Standardised, gamma: Array, beta: Array, unit: float) -> Bounded:
    """Evaluate gamma xhat + beta."""
    scaled = gamma * s.xhat
    out = scaled + beta
    error = np.abs(gamma) * s.xhat_error + np.abs(scaled) * (3.0 * unit)
    error = error + (np.abs(out) + np.abs(beta)) * (2.0 * unit) + 4.0 * underflow(unit)
    return bounded(out, error, unit)


def pull_back(
    dout: Array,
    dout_error: Array | None,
    s: Standardised,
    gamma: Array,
    unit: float,
    stable: bool,
) -> tuple[Bounded, Bounded, Bounded]:
    """Do the work of `vjp` for x and an upstream derivative that have errors of their own."""
    n = np.float64(len(dout))
    tiny = underflow(unit)
    xhat, inverse_std = s.xhat, s.inverse_std
    size = np.abs(dout) if dout_error is None else np.abs(dout) + dout_error
    xhat_size = np.abs(xhat) + s.xhat_error

    moment = dout * xhat
    moment_size = size * xhat_size
    # What xhat's error and dout's do to dout * xhat, and the rounding of a sum of n products.
    moment_error = size * s.xhat_error + moment_size * ((0.6 * n + 4.0) * unit)
    if dout_error is not None:
        moment_error = moment_error + dout_error * xhat_size
    dgamma = _column_sum(moment)
    dgamma_error = _column_sum(moment_error)
    dbeta = _column_sum(dout)
    total = _column_sum(size)
    dbeta_error = total * (n * unit)
    if dout_error is not None:
        dbeta_error = dbeta_error + _column_sum(dout_error)

    scale = inverse_std * gamma
    projected = dout - dbeta / n - xhat * (dgamma / n)
    # Terms of the projection by size; the long chain's cancelling terms are of these sizes, too.
    covariance = _column_sum(moment_size) / n
    # The root's error enters with the scale here, and twice more with both xhat below.
    each = (0.6 * n + 8.0) * unit + s.relative
    shared = (total * each + dbeta_error) / n
    if not stable:
        # dvar times the sum of x - mean: zero on paper, the mean's rounding in the long chain.
        shared = shared + covariance * (_column_sum(s.xhat_error) / n)
    # Products that underflow midway are still multiplied by what follows them.
    midway = 16.0 * n * tiny * ((1.0 + inverse_std) ** 2 + n / inverse_std + n * total)
    # All of this by columns first: only four operations are left for the whole array.
    weight = (1.0 + s.relative) * np.abs(scale)
    error = (
        size * (each * weight)
        + xhat_size * ((covariance * each + dgamma_error / n) * weight)
        + s.xhat_error * (covariance * weight)
        + (shared * weight + midway)
    )
    if dout_error is not None:
        error = error + dout_error * weight
    if not stable:
        error = np.where(_cube_fits(inverse_std, unit), error, np.inf)
    dgamma_error = dgamma_error + (2.0 * n * tiny) * (1.0 + inverse_std)
    return (
        bounded(scale * projected, error, unit),
        bounded(dgamma, dgamma_error, unit),
        bounded(dbeta, dbeta_error, unit),
    )


def _cube_fits(inverse_std: Array, unit: float) -> NDArray[np.bool_]:
    """Whether (var + eps) ** 1.5 and its reciprocal are normal numbers with room to spare."""
    limit = (largest(unit) * 1e-4) ** (1.0 / 3.0)
    inside: NDArray[np.bool_] = (inverse_std < limit) & (inverse_std > 1.0 / limit)
    return inside
