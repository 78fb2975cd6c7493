"""Batch normalisation, which has more numerical traps than the other layers together."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._validate import (
    FloatArray,
    check_ndim,
    check_shape,
    mode_of,
    number,
    real_arrays,
    working_dtype,
)


@dataclass(frozen=True)
class BatchnormCache:
    """What :func:`batchnorm_backward` needs; x̂ = centred · to_unit."""

    centred: FloatArray  # (N, D), x − mean
    to_unit: FloatArray  # (D,), 1/σ̃
    slope: FloatArray  # (D,), γ/σ̃
    dtype: np.dtype[Any]


def batchnorm_forward(
    x: ArrayLike, gamma: ArrayLike, beta: ArrayLike, bn_param: MutableMapping[str, Any]
) -> tuple[FloatArray, BatchnormCache | None]:
    """Give every column mean zero and variance one, then scale and shift: out = γ x̂ + β.

    In train mode x̂ = (x − μ) / √(σ² + ε), where μ and σ² = (1/N) Σ (x − μ)² are the mean and the
    uncorrected variance of the batch, and the running statistics are updated to
    running = momentum · running + (1 − momentum) · batch. In test mode the running statistics
    take the place of μ and σ², and stay as they are.

    Parameters
    ----------
    x : array (N, D)
    gamma : array (D,)
        Scale γ.
    beta : array (D,)
        Shift β.
    bn_param : dict
        ``mode``, 'train' or 'test' (required); ``eps``, ε, default 1e-5; ``momentum``, default
        0.9; ``running_mean`` and ``running_var``, (D,), default zeros of x's dtype. Train mode
        replaces the two arrays by new ones. An empty batch has no statistics and leaves them.

    Returns
    -------
    out : array (N, D)
    cache : object
        For :func:`batchnorm_backward`; None in test mode.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the mode, eps, momentum or running variance is not valid.

    Notes
    -----
    E[x²] − E[x]² loses all digits once the mean is 1e8 times the spread, and so does x − μ, as μ
    is rounded. Here the first example is taken from all of them before anything is added up
    ("shifted data" in Chan, Golub and LeVeque, "Algorithms for Computing the Sample Variance",
    1983): what is left is of the size of the spread, and a constant column is exactly zero.
    Squares overflow where a column spreads over more than 1e154 (in float32, 1e19).

    References
    ----------
    Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing
    Internal Covariate Shift" (2015).
    """
    (given,) = real_arrays(x=x)
    x, gamma, beta = real_arrays(x=x, gamma=gamma, beta=beta)
    check_ndim("x", x, 2, "(N, D), a column for each feature")
    check_shape("gamma", gamma, x.shape[1:], "one for each column of x")
    check_shape("beta", beta, x.shape[1:], "one for each column of x")
    mode = mode_of("bn_param", bn_param)
    eps = number("bn_param['eps']", bn_param.get("eps", 1e-5), ">= 0")
    momentum = number("bn_param['momentum']", bn_param.get("momentum", 0.9), "in [0, 1]")
    running_mean = _running("running_mean", bn_param, given)
    running_var = _running("running_var", bn_param, given)
    if (running_var < 0).any():
        raise ValueError(f"bn_param['running_var'] must not be negative, got {running_var.min()}")

    dtype = x.dtype
    x, gamma, beta = (array.astype(working_dtype(x), copy=False) for array in (x, gamma, beta))
    if mode == "test":
        slope = gamma / _positive(np.sqrt(running_var.astype(x.dtype) + eps), eps)
        out = x - running_mean.astype(x.dtype)
        out *= slope
        out += beta
        return out.astype(dtype, copy=False), None

    n_examples = max(len(x), 1)
    centred = x - x[:1]
    shift = centred.sum(axis=0) / n_examples
    centred -= shift
    var = np.einsum("nd,nd->d", centred, centred) / n_examples
    to_unit = 1 / _positive(np.sqrt(var + eps), eps)
    if len(x) > 0:
        for name, old, new in [
            ("running_mean", running_mean, x[0] + shift),
            ("running_var", running_var, var),
        ]:
            bn_param[name] = (momentum * old + (1 - momentum) * new).astype(old.dtype)

    slope = gamma * to_unit
    out = centred * slope
    out += beta
    cache = BatchnormCache(centred=centred, to_unit=to_unit, slope=slope, dtype=dtype)
    return out.astype(dtype, copy=False), cache


def batchnorm_backward(
    dout: ArrayLike, cache: BatchnormCache | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return dx, dgamma, dbeta of :func:`batchnorm_forward` in train mode.

    Take one column; sums run over the N examples, σ̃ = √(σ² + ε) and g_n = dout_n.

    Of out_n = γ x̂_n + β: dβ = Σ g_n, dγ = Σ g_n x̂_n, and ∂L/∂x̂_n = γ g_n.

    x_i enters x̂_n = (x_n − μ) / σ̃ in three places: by itself, ∂x_n/∂x_i = [n = i]; in the mean,
    ∂μ/∂x_i = 1/N; and in the deviation, ∂σ̃/∂x_i = (x_i − μ) / (N σ̃) = x̂_i / N, where the
    derivative through μ vanishes as Σ (x_n − μ) = 0. Together

        ∂x̂_n/∂x_i = ([n = i] − 1/N − x̂_n x̂_i / N) / σ̃,

    and, summed over n with the weights γ g_n,

        dx_i = (γ/σ̃) (g_i − dβ/N − x̂_i dγ/N).

    The bracket takes the components along 1 and along x̂ out of g: moving a column along either
    of them does not change x̂ (for ε = 0).

    Parameters
    ----------
    dout : array (N, D)
        Upstream derivative.
    cache : object
        From :func:`batchnorm_forward` in train mode.

    Returns
    -------
    dx : array (N, D)
    dgamma : array (D,)
    dbeta : array (D,)

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of x, or the cache is that of a test-mode pass.

    References
    ----------
    Ioffe and Szegedy (2015), section 3; the short form is that of K. Zakka, "Deriving the
    Gradient for the Backward Pass of Batch Normalization" (2016).
    """
    if cache is None:
        raise ValueError(
            "cache must come from batchnorm_forward with bn_param['mode'] = 'train', "
            "got that of a pass with mode 'test'"
        )
    (dout,) = real_arrays(dout=dout)
    centred = cache.centred
    check_shape("dout", dout, centred.shape, "the shape of out")
    result = np.result_type(dout, cache.dtype)
    dout = dout.astype(np.result_type(dout, centred), copy=False)
    n_examples = max(len(dout), 1)

    dbeta = dout.sum(axis=0)
    dgamma = np.einsum("nd,nd->d", dout, centred) * cache.to_unit
    # The bracket, with x̂ = centred · to_unit, in place.
    dx = centred * (dgamma * cache.to_unit / -n_examples)
    dx += dout
    dx -= dbeta / n_examples
    dx *= cache.slope
    return tuple(array.astype(result, copy=False) for array in (dx, dgamma, dbeta))  # type: ignore[return-value]


def _running(name: str, bn_param: MutableMapping[str, Any], x: FloatArray) -> FloatArray:
    """Return a running statistic (D,), zeros of x's dtype when there is none."""
    value = bn_param.get(name)
    if value is None:
        return np.zeros(x.shape[1:], dtype=x.dtype)
    (array,) = real_arrays(**{f"bn_param[{name!r}]": value})
    check_shape(f"bn_param[{name!r}]", array, x.shape[1:], "one for each column of x")
    return array


def _positive(std: FloatArray, eps: float) -> FloatArray:
    """Return `std`, or raise a ValueError when it has zeros to divide by."""
    if (std == 0).any():
        column = int(np.argmin(std))
        raise ValueError(
            f"bn_param['eps'] must be > 0 where a variance is zero, got eps = {eps} and "
            f"variance 0 in column {column} of x"
        )
    return std
