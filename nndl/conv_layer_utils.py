"""Layers of convolutional nets that are used together."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from numpy.typing import ArrayLike

from ._validate import FloatArray
from .layers.convolution_fast import conv_backward_fast, conv_forward_fast
from .layers.max_pool_fast import max_pool_backward_fast, max_pool_forward_fast
from .layers.relu import relu_backward, relu_forward
from .layers.spatial_batchnorm import spatial_batchnorm_backward, spatial_batchnorm_forward

__all__ = [
    "conv_bn_relu_backward",
    "conv_bn_relu_forward",
    "conv_relu_backward",
    "conv_relu_forward",
    "conv_relu_pool_backward",
    "conv_relu_pool_forward",
]


def conv_relu_forward(
    x: ArrayLike, w: ArrayLike, b: ArrayLike, conv_param: Mapping[str, Any]
) -> tuple[FloatArray, tuple[Any, Any]]:
    """Convolution, then ReLU.

    Parameters
    ----------
    x, w, b : arrays (N, C, H, W), (F, C, HH, WW) and (F,)
    conv_param : dict
        As for :func:`nndl.layers.conv_forward_naive`.

    Returns
    -------
    out : array (N, F, H', W')
    cache : tuple
        The caches of the two layers.

    Raises
    ------
    ValueError
        As the convolution.
    """
    a, conv_cache = conv_forward_fast(x, w, b, conv_param)
    out, relu_cache = relu_forward(a)
    return out, (conv_cache, relu_cache)


def conv_relu_backward(
    dout: ArrayLike, cache: tuple[Any, Any]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return dx, dw, db of :func:`conv_relu_forward`.

    The chain rule: ReLU hands back the upstream derivative of the convolution,
    da = dout · [a > 0], and the convolution turns that into dx, dw and db.

    References
    ----------
    CS231n, assignment 2, ``layer_utils.py``.
    """
    conv_cache, relu_cache = cache
    da = relu_backward(dout, relu_cache)
    return conv_backward_fast(da, conv_cache)


def conv_relu_pool_forward(
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike,
    conv_param: Mapping[str, Any],
    pool_param: Mapping[str, Any],
) -> tuple[FloatArray, tuple[Any, Any, Any]]:
    """Convolution, then ReLU, then max pooling.

    Parameters
    ----------
    x, w, b : arrays (N, C, H, W), (F, C, HH, WW) and (F,)
    conv_param, pool_param : dict
        As for :func:`nndl.layers.conv_forward_naive` and
        :func:`nndl.layers.max_pool_forward_naive`.

    Returns
    -------
    out : array (N, F, H'', W'')
    cache : tuple
        The caches of the three layers.

    Raises
    ------
    ValueError
        As the convolution and the pooling.
    """
    a, conv_cache = conv_forward_fast(x, w, b, conv_param)
    active, relu_cache = relu_forward(a)
    out, pool_cache = max_pool_forward_fast(active, pool_param)
    return out, (conv_cache, relu_cache, pool_cache)


def conv_relu_pool_backward(
    dout: ArrayLike, cache: tuple[Any, Any, Any]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return dx, dw, db of :func:`conv_relu_pool_forward`.

    The chain rule, from the end: pooling gives dout to the winners of the windows, ReLU lets pass
    what was positive, and the convolution turns that into dx, dw and db.

    References
    ----------
    CS231n, assignment 2, ``layer_utils.py``.
    """
    conv_cache, relu_cache, pool_cache = cache
    dactive = max_pool_backward_fast(dout, pool_cache)
    da = relu_backward(dactive, relu_cache)
    return conv_backward_fast(da, conv_cache)


def conv_bn_relu_forward(
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike,
    gamma: ArrayLike,
    beta: ArrayLike,
    conv_param: Mapping[str, Any],
    bn_param: MutableMapping[str, Any],
) -> tuple[FloatArray, tuple[Any, Any, Any]]:
    """Convolution, then batch normalisation of its channels, then ReLU.

    Parameters
    ----------
    x, w, b : arrays (N, C, H, W), (F, C, HH, WW) and (F,)
    gamma, beta : arrays (F,)
    conv_param, bn_param : dict
        As for :func:`nndl.layers.conv_forward_naive` and
        :func:`nndl.layers.spatial_batchnorm_forward`, which updates ``bn_param`` in train mode.

    Returns
    -------
    out : array (N, F, H', W')
    cache : tuple
        The caches of the three layers.

    Raises
    ------
    ValueError
        As the two layers with parameters.
    """
    a, conv_cache = conv_forward_fast(x, w, b, conv_param)
    normalised, batchnorm_cache = spatial_batchnorm_forward(a, gamma, beta, bn_param)
    out, relu_cache = relu_forward(normalised)
    return out, (conv_cache, batchnorm_cache, relu_cache)


def conv_bn_relu_backward(
    dout: ArrayLike, cache: tuple[Any, Any, Any]
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return dx, dw, db, dgamma, dbeta of :func:`conv_bn_relu_forward` in train mode.

    The chain rule, layer by layer from the end. Each channel of the derivative that batch
    normalisation hands on sums to zero, so that db is zero up to rounding.

    References
    ----------
    Ioffe and Szegedy, "Batch Normalization" (2015), section 3.2.
    """
    conv_cache, batchnorm_cache, relu_cache = cache
    dnormalised = relu_backward(dout, relu_cache)
    da, dgamma, dbeta = spatial_batchnorm_backward(dnormalised, batchnorm_cache)
    dx, dw, db = conv_backward_fast(da, conv_cache)
    return dx, dw, db, dgamma, dbeta
