"""Group normalisation of images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._guards import as_dtype
from .._norm_guards import NormCache, groupnorm_inputs, norm_upstream
from .._validate import FloatArray

__all__ = ["spatial_groupnorm_backward", "spatial_groupnorm_forward"]


def spatial_groupnorm_forward(
    x: ArrayLike, gamma: ArrayLike, beta: ArrayLike, G: int, gn_param: Mapping[str, Any]
) -> tuple[FloatArray, NormCache]:
    """Give every group of channels of every image mean zero and variance one: out = γ x̂ + β.

    The C channels are cut into G groups of neighbours. The statistics are over the C/G channels
    and all places of a group; γ and β belong to the channels. G = 1 is layer normalisation over
    (C, H, W). Images do not meet, so that training and test are the same.

    Parameters
    ----------
    x : array (N, C, H, W)
    gamma, beta : arrays (C,) or (1, C, 1, 1)
    G : int
        Number of groups; divides C.
    gn_param : dict
        ``eps``, default 1e-5; anything else is left alone.

    Returns
    -------
    out : array (N, C, H, W)
    cache : tuple

    Raises
    ------
    ValueError
        If the shapes do not fit, G does not divide C, or eps is not valid.

    References
    ----------
    Wu and He, "Group Normalization" (2018).
    """
    x, gamma, beta, G, eps, dtype = groupnorm_inputs(x, gamma, beta, G, gn_param)
    N, C, H, W = x.shape
    M = max(C // G * H * W, 1)
    groups = x.reshape(N, G, C // G * H * W)
    centred = groups - groups[:, :, :1]
    centred -= centred.sum(axis=2, keepdims=True) / M
    var = (centred * centred).sum(axis=2, keepdims=True) / M
    std = np.sqrt(var + eps)
    x_hat = (centred / std).reshape(N, C, H, W)
    out = gamma.reshape(C, 1, 1) * x_hat + beta.reshape(C, 1, 1)
    return out.astype(dtype, copy=False), (x_hat, gamma, std, dtype)


def spatial_groupnorm_backward(
    dout: ArrayLike, cache: NormCache
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return dx, dgamma, dbeta of :func:`spatial_groupnorm_forward`, in the shapes of its inputs.

    γ_c and β_c meet all entries of channel c: dβ_c = Σ_nhw dout and dγ_c = Σ_nhw dout x̂.

    With h = γ dout, the derivative with respect to x̂, each group of M = C/G · H · W entries is a
    row of :func:`nndl.layers.layernorm_backward`, whose derivation gives
    dx_i = (h_i − Σ h / M − x̂_i Σ h x̂ / M) / σ̃, with sums over the group.

    Raises a ValueError if ``dout`` does not fit.

    References
    ----------
    Wu and He (2018), section 3.1.
    """
    dout, (x_hat, gamma, std), dtype = norm_upstream(dout, cache)
    N, C, H, W = dout.shape
    G = std.shape[1]
    M = max(C // G * H * W, 1)
    dbeta = dout.sum(axis=(0, 2, 3))
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3))

    h = (gamma.reshape(C, 1, 1) * dout).reshape(N, G, C // G * H * W)
    groups = x_hat.reshape(h.shape)
    h_mean = h.sum(axis=2, keepdims=True) / M
    hx_mean = (h * groups).sum(axis=2, keepdims=True) / M
    dx = (h - h_mean - groups * hx_mean) / std
    shape = gamma.shape
    return as_dtype(dtype, dx.reshape(dout.shape), dgamma.reshape(shape), dbeta.reshape(shape))
