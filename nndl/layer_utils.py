"""Layers that are used together: the forward passes in a row, the backward passes in reverse."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from numpy.typing import ArrayLike

from ._validate import FloatArray
from .layers import (
    affine_backward,
    affine_forward,
    batchnorm_backward,
    batchnorm_forward,
    relu_backward,
    relu_forward,
)

__all__ = [
    "affine_batchnorm_relu_backward",
    "affine_batchnorm_relu_forward",
    "affine_relu_backward",
    "affine_relu_forward",
]


def affine_relu_forward(
    x: ArrayLike, w: ArrayLike, b: ArrayLike
) -> tuple[FloatArray, tuple[Any, Any]]:
    """Affine layer, then ReLU: out = max(0, flatten(x) w + b).

    Parameters
    ----------
    x : array (N, d_1, ..., d_k)
    w : array (D, M), D = d_1 · … · d_k
    b : array (M,)

    Returns
    -------
    out : array (N, M)
    cache : tuple
        The caches of the two layers.

    Raises
    ------
    ValueError
        As :func:`nndl.layers.affine_forward`.
    """
    a, affine_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(a)
    return out, (affine_cache, relu_cache)


def affine_relu_backward(
    dout: ArrayLike, cache: tuple[Any, Any]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return dx, dw, db of :func:`affine_relu_forward`.

    By the chain rule the derivative that ReLU hands back is the upstream one of the affine layer:
    da = dout · [a > 0], and then dx = da wᵀ, dw = flatten(x)ᵀ da, db = Σ_n da_n.

    Parameters
    ----------
    dout : array (N, M)
    cache : tuple
        From :func:`affine_relu_forward`.

    Returns
    -------
    dx, dw, db : arrays of the shapes of x, w, b

    References
    ----------
    CS231n, notes on "Backpropagation, Intuitions".
    """
    affine_cache, relu_cache = cache
    da = relu_backward(dout, relu_cache)
    return affine_backward(da, affine_cache)


def affine_batchnorm_relu_forward(
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike,
    gamma: ArrayLike,
    beta: ArrayLike,
    bn_param: MutableMapping[str, Any],
) -> tuple[FloatArray, tuple[Any, Any, Any]]:
    """Affine layer, then batch normalisation, then ReLU.

    Parameters
    ----------
    x : array (N, d_1, ..., d_k)
    w : array (D, M), D = d_1 · … · d_k
    b : array (M,)
        In train mode batch normalisation takes out what this adds; it matters in test mode
        through the running mean.
    gamma, beta : arrays (M,)
    bn_param : dict
        As for :func:`nndl.layers.batchnorm_forward`, which updates it in train mode.

    Returns
    -------
    out : array (N, M)
    cache : tuple
        The caches of the three layers.

    Raises
    ------
    ValueError
        As the two layers with parameters.
    """
    a, affine_cache = affine_forward(x, w, b)
    normalised, batchnorm_cache = batchnorm_forward(a, gamma, beta, bn_param)
    out, relu_cache = relu_forward(normalised)
    return out, (affine_cache, batchnorm_cache, relu_cache)


def affine_batchnorm_relu_backward(
    dout: ArrayLike, cache: tuple[Any, Any, Any]
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return dx, dw, db, dgamma, dbeta of :func:`affine_batchnorm_relu_forward` in train mode.

    The chain rule, layer by layer from the end: ReLU turns dout into the derivative with respect
    to the normalised batch; batch normalisation turns that into dgamma, dbeta and da; the affine
    layer turns da into dx, dw and db. Because each column of da sums to zero, db is zero up to
    rounding: the mean that batch normalisation subtracts contains b.

    Parameters
    ----------
    dout : array (N, M)
    cache : tuple
        From :func:`affine_batchnorm_relu_forward`.

    Returns
    -------
    dx, dw, db, dgamma, dbeta : arrays of the shapes of x, w, b, gamma, beta

    References
    ----------
    Ioffe and Szegedy, "Batch Normalization" (2015), section 3.2, on the bias.
    """
    affine_cache, batchnorm_cache, relu_cache = cache
    dnormalised = relu_backward(dout, relu_cache)
    da, dgamma, dbeta = batchnorm_backward(dnormalised, batchnorm_cache)
    dx, dw, db = affine_backward(da, affine_cache)
    return dx, dw, db, dgamma, dbeta
