"""Layer normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._guards import as_dtype
from .._norm_guards import NormCache, layernorm_inputs, norm_upstream
from .._validate import FloatArray

__all__ = ["layernorm_backward", "layernorm_forward"]


def layernorm_forward(
    x: ArrayLike, gamma: ArrayLike, beta: ArrayLike, ln_param: Mapping[str, Any]
) -> tuple[FloatArray, NormCache]:
    """Give every row mean zero and variance one, then scale and shift: out = γ x̂ + β.

    x̂ = (x − μ) / √(σ² + ε) with the mean μ and the uncorrected (1/D) variance σ² of each example.
    Examples do not meet, so that training and test are the same.

    Parameters
    ----------
    x, gamma, beta : arrays (N, D), (D,) and (D,)
    ln_param : dict
        ``eps``, default 1e-5; anything else is left alone.

    Returns
    -------
    out : array (N, D)
    cache : tuple

    Raises
    ------
    ValueError
        If the shapes do not fit or eps is not valid.

    Notes
    -----
    As in batch normalisation, the first entry is taken from all of a row before anything is added
    up, so that a large mean takes no digits from the deviations.

    References
    ----------
    Ba, Kiros and Hinton, "Layer Normalization" (2016).

    Examples
    --------
    >>> out, _ = layernorm_forward([[1.0, 3.0]], [1.0, 2.0], [0.0, 5.0], {"eps": 0.0})
    >>> out
    array([[-1.,  7.]])
    """
    x, gamma, beta, eps, dtype = layernorm_inputs(x, gamma, beta, ln_param)
    D = max(x.shape[1], 1)
    centred = x - x[:, :1]
    centred -= centred.sum(axis=1, keepdims=True) / D
    var = (centred * centred).sum(axis=1, keepdims=True) / D
    std = np.sqrt(var + eps)
    x_hat = centred / std
    out = gamma * x_hat + beta
    return out.astype(dtype, copy=False), (x_hat, gamma, std, dtype)


def layernorm_backward(
    dout: ArrayLike, cache: NormCache
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return dx (N, D), dgamma and dbeta (D,) of :func:`layernorm_forward`.

    Of out_nd = γ_d x̂_nd + β_d: dβ_d = Σ_n dout_nd, dγ_d = Σ_n dout_nd x̂_nd, and the derivative with
    respect to x̂ is h_nd = γ_d dout_nd. It stays within a row, for which γ differs from entry to
    entry: γ has to be in h before anything is summed over the row.

    Take one row; sums run over its D entries and σ̃ = √(σ² + ε). x_i enters x̂_d = (x_d − μ) / σ̃ by
    itself, in the mean, ∂μ/∂x_i = 1/D, and in the deviation, ∂σ̃/∂x_i = x̂_i / D. Together

        ∂x̂_d/∂x_i = ([d = i] − 1/D − x̂_d x̂_i / D) / σ̃,

    and, summed over d with the weights h_d,

        dx_i = (h_i − Σ_d h_d / D − x̂_i Σ_d h_d x̂_d / D) / σ̃.

    Raises a ValueError if ``dout`` does not fit.

    References
    ----------
    Ba, Kiros and Hinton (2016), section 3; the derivation is that of batch normalisation with rows
    and columns exchanged.
    """
    dout, (x_hat, gamma, std), dtype = norm_upstream(dout, cache)
    D = max(x_hat.shape[1], 1)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    h = gamma * dout
    h_mean = h.sum(axis=1, keepdims=True) / D
    hx_mean = (h * x_hat).sum(axis=1, keepdims=True) / D
    dx = (h - h_mean - x_hat * hx_mean) / std
    return as_dtype(dtype, dx, dgamma, dbeta)
