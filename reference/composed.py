"""Composed layers: affine - relu, and affine - batchnorm - relu.

The bound of one layer is the input error of the next. Where the sign of a ReLU's input is not
certain, its gate is the interval of both subgradients, which the layers below carry on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import affine, batchnorm
from .relu import gate
from .running_error import CHECK_FACTOR, UNIT_FLOAT64, Array, Bounded, quiet


@quiet
def affine_relu(
    x: Array, w: Array, b: Array, *, unit: float = UNIT_FLOAT64, stable: bool = False
) -> Bounded:
    r"""Evaluate :math:`\max(0, XW + \mathbf{1} b^\top)` with its rounding bound.

    Parameters
    ----------
    x : ndarray of float64, shape (N, d_1, ..., d_k)
        Inputs, flattened to (N, D).
    w : ndarray of float64, shape (D, M)
        Weights.
    b : ndarray of float64, shape (M,)
        Biases.
    unit : float
        Unit roundoff of the judged arithmetic.
    stable : bool
        Has no effect.

    Returns
    -------
    Bounded, shape (N, M)

    Raises
    ------
    ValueError
        When the shapes do not fit (numpy's message).

    Examples
    --------
    >>> out = affine_relu(np.array([[1.0, 2.0]]), np.array([[1.0, -1.0], [1.0, 0.0]]), np.zeros(2))
    >>> out.value, f"{out.error[0, 0]:.0e}"
    (array([[3., 0.]]), '1e-15')
    """
    return affine.forward(x, w, b, unit=unit, stable=stable).relu()


@quiet
def affine_relu_vjp(
    dout: Array,
    x: Array,
    w: Array,
    b: Array,
    *,
    unit: float = UNIT_FLOAT64,
    stable: bool = False,
) -> tuple[Bounded, Bounded, Bounded]:
    """Pull `dout` back through ReLU and affine layer.

    Parameters
    ----------
    dout : ndarray of float64, shape (N, M)
        Upstream derivative.
    x, w, b, unit, stable
        As in `affine_relu`.

    Returns
    -------
    dx, dw, db : Bounded
        With the shapes of `x`, `w`, `b`.

    Raises
    ------
    ValueError
        When the shapes do not fit (numpy's message).

    Examples
    --------
    The second unit is exactly at its kink: its bias has any subgradient between 0 and 5.

    >>> x, w = np.array([[1.0, 2.0]]), np.array([[1.0, 2.0], [1.0, -1.0]])
    >>> _, _, db = affine_relu_vjp(np.array([[3.0, 5.0]]), x, w, np.zeros(2))
    >>> db.value, db.error.round(12)
    (array([3. , 2.5]), array([0. , 2.5]))
    """
    hidden = affine.forward(x, w, b, unit=unit, stable=stable)
    inner, inner_error = _gate(dout, hidden, unit)
    return affine.pull_back(inner, inner_error, x, w, unit)


@quiet
def affine_batchnorm_relu(
    x: Array,
    w: Array,
    b: Array,
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
    """Evaluate relu(batchnorm(affine(x))) with its rounding bound.

    Parameters
    ----------
    x, w, b : ndarray of float64
        As in `affine_relu`.
    gamma, beta, running_mean, running_var : ndarray of float64, shape (M,)
        As in `batchnorm.forward`.
    mode, eps, unit, stable
        As in `batchnorm.forward`.

    Returns
    -------
    Bounded, shape (N, M)

    Raises
    ------
    ValueError
        When `mode` is neither 'train' nor 'test', or the shapes do not fit.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, w, one = rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), np.ones(2)
    >>> out = affine_batchnorm_relu(
    ...     x, w, one, one, one, mode="train", eps=1e-5, running_mean=one, running_var=one)
    >>> z = x @ w + 1
    >>> other = np.maximum((z - z.mean(0)) / np.sqrt(z.var(0) + 1e-5) + 1, 0)
    >>> bool((abs(other - out.value) <= out.error).all()), f"{out.error.max():.0e}"
    (True, '2e-14')
    """
    hidden = affine.forward(x, w, b, unit=unit, stable=stable)
    if mode == "train":
        s = batchnorm.standardise(hidden.value, hidden.error, eps, unit, stable)
    elif mode == "test":
        s = batchnorm.standardise_by(
            hidden.value, hidden.error, running_mean, running_var, eps, unit
        )
    else:
        raise ValueError(f"mode is {mode!r}; give 'train' or 'test'")
    return batchnorm.scale_and_shift(s, gamma, beta, unit).relu()


@quiet
def affine_batchnorm_relu_vjp(
    dout: Array,
    x: Array,
    w: Array,
    b: Array,
    gamma: Array,
    beta: Array,
    *,
    eps: float,
    unit: float = UNIT_FLOAT64,
    stable: bool = False,
) -> tuple[Bounded, Bounded, Bounded, Bounded, Bounded]:
    """Pull `dout` back through ReLU, batchnorm in train mode, and affine layer.

    Parameters
    ----------
    dout : ndarray of float64, shape (N, M)
        Upstream derivative.
    x, w, b, gamma, beta, eps, unit, stable
        As in `affine_batchnorm_relu`.

    Returns
    -------
    dx, dw, db, dgamma, dbeta : Bounded
        With the shapes of `x`, `w`, `b`, `gamma`, `beta`; db is zero up to rounding, for the
        batch mean takes every bias out again.

    Raises
    ------
    ValueError
        When the shapes do not fit (numpy's message).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x, w, one = rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), np.ones(2)
    >>> gradients = affine_batchnorm_relu_vjp(np.ones((5, 2)), x, w, one, one, one, eps=1e-5)
    >>> bool((abs(gradients[2].value) <= gradients[2].error).all())
    True
    """
    hidden = affine.forward(x, w, b, unit=unit, stable=stable)
    s = batchnorm.standardise(hidden.value, hidden.error, eps, unit, stable)
    out = batchnorm.scale_and_shift(s, gamma, beta, unit)
    inner, inner_error = _gate(dout, out, unit)
    dhidden, dgamma, dbeta = batchnorm.pull_back(inner, inner_error, s, gamma, unit, stable)
    dx, dw, db = affine.pull_back(dhidden.value, dhidden.error, x, w, unit)
    return dx, dw, db, dgamma, dbeta


@quiet
def affine_batchnorm_relu_running(
    x: Array,
    w: Array,
    b: Array,
    *,
    momentum: float,
    running_mean: Array,
    running_var: Array,
    unit: float = UNIT_FLOAT64,
    stable: bool = False,
) -> tuple[Bounded, Bounded]:
    """Evaluate the running statistics after a train step of affine - batchnorm - relu.

    Parameters
    ----------
    x, w, b : ndarray of float64
        As in `affine_relu`.
    momentum, running_mean, running_var, unit, stable
        As in `batchnorm.running`.

    Returns
    -------
    mean, var : Bounded, shape (M,)

    Raises
    ------
    ValueError
        When the shapes do not fit (numpy's message).

    Examples
    --------
    >>> mean, var = affine_batchnorm_relu_running(
    ...     np.array([[1.0], [3.0]]), np.array([[2.0]]), np.array([1.0]),
    ...     momentum=0.5, running_mean=np.zeros(1), running_var=np.zeros(1))
    >>> float(mean.value[0]), float(var.value[0])
    (2.5, 2.0)
    """
    hidden = affine.forward(x, w, b, unit=unit, stable=stable)
    mean, var = batchnorm.moments(hidden.value, hidden.error, unit, stable)
    return (
        batchnorm.update_running(mean, running_mean, momentum, unit),
        batchnorm.update_running(var, running_var, momentum, unit),
    )


def _gate(dout: Array, out: Bounded, unit: float) -> tuple[Array, Array | None]:
    unsure: NDArray[np.bool_] = ~(np.abs(out.value) > CHECK_FACTOR * out.error)
    value, error = gate(dout, unsure, out.value > 0.0, unit)
    if error is not None and not np.isfinite(out.error).all():
        error = np.where(np.isfinite(out.error), error, np.inf)
    return value, error
