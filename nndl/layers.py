"""The layers: a forward pass that returns a cache, and a backward pass that uses it.

Notation: N is the size of the batch, D the number of input features, M the number of output
features, C the number of classes, L the scalar loss at the end of the net, and ``dout`` the
upstream derivative ∂L/∂out, which has the shape of ``out``. A backward pass returns the
derivatives of L with respect to the inputs of its layer: the vector-Jacobian product of ``dout``.

Floating dtypes are kept, integers become float64. Arguments are never changed, except
that :func:`batchnorm_forward` writes new running statistics into ``bn_param``.
"""

from __future__ import annotations

import math
from collections.abc import MutableMapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._batchnorm import batchnorm_backward, batchnorm_forward
from ._losses import softmax_loss, svm_loss
from ._validate import (
    FloatArray,
    check_shape,
    mode_of,
    number,
    real_arrays,
)

__all__ = [
    "affine_backward",
    "affine_forward",
    "batchnorm_backward",
    "batchnorm_forward",
    "dropout_backward",
    "dropout_forward",
    "relu_backward",
    "relu_forward",
    "softmax_loss",
    "svm_loss",
]

AffineCache = tuple[FloatArray, FloatArray, FloatArray]
DropoutCache = tuple[MutableMapping[str, Any], FloatArray | None]


def affine_forward(x: ArrayLike, w: ArrayLike, b: ArrayLike) -> tuple[FloatArray, AffineCache]:
    """Multiply each example by a matrix and add a bias: out = flatten(x) w + b.

    Parameters
    ----------
    x : array (N, d_1, ..., d_k)
        A batch of examples; each is flattened into D = d_1 · … · d_k features.
    w : array (D, M)
        Weights.
    b : array (M,)
        Biases.

    Returns
    -------
    out : array (N, M)
    cache : tuple
        (x, w, b), for :func:`affine_backward`.

    Raises
    ------
    ValueError
        If the shapes do not fit together or an argument is not real.

    Examples
    --------
    >>> out, cache = affine_forward([[1.0, 2.0]], [[3.0], [4.0]], [0.5])
    >>> out
    array([[11.5]])
    """
    x, w, b = real_arrays(x=x, w=w, b=b)
    if x.ndim < 2:
        raise ValueError(f"x must have shape (N, d_1, ..., d_k) with k >= 1, got {x.shape}")
    n_features = math.prod(x.shape[1:])
    if w.ndim != 2 or w.shape[0] != n_features:
        raise ValueError(
            f"w must have shape ({n_features}, M), a row for each feature of x {x.shape}, "
            f"got {w.shape}"
        )
    check_shape("b", b, w.shape[1:], "one bias for each column of w")
    out = x.reshape(len(x), n_features) @ w
    out += b
    return out, (x, w, b)


def affine_backward(
    dout: ArrayLike, cache: AffineCache
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return dx, dw, db of :func:`affine_forward`.

    Write X for the flattened x, so that out_nm = Σ_d X_nd w_dm + b_m. Then

    - ∂L/∂X_nd = Σ_m dout_nm ∂out_nm/∂X_nd = Σ_m dout_nm w_dm:  dX = dout wᵀ, (N, M)(M, D);
    - ∂L/∂w_dm = Σ_n dout_nm X_nd:                              dw = Xᵀ dout, (D, N)(N, M);
    - ∂L/∂b_m  = Σ_n dout_nm, as b is added to every example:   db = Σ_n dout_n.

    Parameters
    ----------
    dout : array (N, M)
        Upstream derivative.
    cache : tuple
        From :func:`affine_forward`.

    Returns
    -------
    dx : array (N, d_1, ..., d_k)
    dw : array (D, M)
    db : array (M,)

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of ``out``.

    References
    ----------
    CS231n, "Derivatives, Backpropagation, and Vectorization" (J. Johnson, 2017).
    """
    x, w, _ = cache
    dw, db = affine_parameter_gradients(dout, cache)
    (dout,) = real_arrays(dout=dout)
    dx = (dout @ w.T).reshape(x.shape)
    return dx, dw, db


def affine_parameter_gradients(
    dout: ArrayLike, cache: AffineCache
) -> tuple[FloatArray, FloatArray]:
    """Return dw and db of :func:`affine_backward` without dx.

    The first layer of a net has no use for dx, which is a third of the work in its largest layer.
    """
    x, w, _ = cache
    (dout,) = real_arrays(dout=dout)
    check_shape("dout", dout, (len(x), w.shape[1]), "the shape of out")
    rows = x.reshape(len(x), len(w))
    return rows.T @ dout, dout.sum(axis=0)


def relu_forward(x: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Set negative entries to zero: out = max(x, 0), elementwise.

    Parameters
    ----------
    x : array of any shape

    Returns
    -------
    out : array of the shape of x
    cache : array
        x, for :func:`relu_backward`.

    Examples
    --------
    >>> relu_forward([-1.0, 0.0, 2.0])[0]
    array([0., 0., 2.])
    """
    (x,) = real_arrays(x=x)
    # A row of zeros instead of the number 0: numpy has a faster loop for two arrays.
    zeros = np.zeros(x.shape[-1:], dtype=x.dtype)
    return np.maximum(x, zeros), x


def relu_backward(dout: ArrayLike, cache: FloatArray) -> FloatArray:
    """Return dx of :func:`relu_forward`.

    Each output depends on one input. max(x, 0) has the slope 1 where x > 0 and 0 where x < 0. At
    x = 0 it has none: every slope in [0, 1] is a subgradient, and this function takes 0. Thus
    dx = dout · [x > 0].

    Parameters
    ----------
    dout : array of the shape of x
        Upstream derivative.
    cache : array
        From :func:`relu_forward`.

    Returns
    -------
    dx : array of the shape of x

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of x.

    References
    ----------
    Goodfellow, Bengio and Courville, "Deep Learning" (2016), section 6.3.
    """
    x = cache
    (dout,) = real_arrays(dout=dout)
    check_shape("dout", dout, x.shape, "the shape of x")
    return dout * (x > 0)


def dropout_forward(
    x: ArrayLike, dropout_param: MutableMapping[str, Any]
) -> tuple[FloatArray, DropoutCache]:
    """Drop each unit with probability p and scale the kept ones by 1 / (1 − p).

    This is inverted dropout: the scale makes the expectation of ``out`` equal to x, so that
    nothing is left to do at test time, where the layer is the identity.

    Parameters
    ----------
    x : array of any shape
    dropout_param : dict
        ``p``, the probability in [0, 1) that a unit is DROPPED; ``mode``, 'train' or 'test';
        optionally ``seed``, an integer or a sequence of integers. With the same seed and shape
        the mask is the same, whatever the dtype.

    Returns
    -------
    out : array of the shape of x
    cache : tuple
        (dropout_param, mask). The mask has x's dtype and holds 0 where a unit is dropped and
        1 / (1 − p) where it is kept; in test mode it is None.

    Raises
    ------
    ValueError
        If p is not in [0, 1), or the mode or the seed is not valid.

    Notes
    -----
    The generator is a local one. A unit is dropped when 32 random bits, read as an integer, are
    below 2³² p: half the time that uniform floats take, and p is resolved to 2⁻³².
    """
    (x,) = real_arrays(x=x)
    mode = mode_of("dropout_param", dropout_param)
    if mode == "test":
        return x.copy(), (dropout_param, None)
    if "p" not in dropout_param:
        raise ValueError("dropout_param['p'] is missing: the probability of dropping a unit")
    p = number("dropout_param['p']", dropout_param["p"], "in [0, 1)")
    seed = dropout_param.get("seed")
    try:
        generator = np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise ValueError(
            f"dropout_param['seed'] must be a non-negative integer or None, got {seed!r}"
        ) from None
    words = generator.bit_generator.random_raw((x.size + 1) // 2)  # 64 bits each
    kept = words.view(np.uint32)[: x.size].reshape(x.shape) >= round(p * 2**32)
    mask = np.multiply(kept, 1 / (1 - p), dtype=x.dtype)
    return x * mask, (dropout_param, mask)


def dropout_backward(dout: ArrayLike, cache: DropoutCache) -> FloatArray:
    """Return dx of :func:`dropout_forward`.

    In train mode out = x · mask with a mask that does not depend on x, so dx = dout · mask: no
    derivative flows back through a dropped unit, and the scale 1 / (1 − p) applies to the others.
    In test mode out = x, so dx = dout.

    Parameters
    ----------
    dout : array of the shape of x
        Upstream derivative.
    cache : tuple
        From :func:`dropout_forward`. Whether the pass was in train mode is read from the mask;
        ``dropout_param['mode']`` may have been switched since.

    Returns
    -------
    dx : array of the shape of x

    Raises
    ------
    ValueError
        If ``dout`` does not have the shape of x.

    References
    ----------
    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 15
    (2014); the inverted scale is described in CS231n's notes, "Neural Networks Part 2".
    """
    _, mask = cache
    (dout,) = real_arrays(dout=dout)
    if mask is None:
        return dout.copy()
    check_shape("dout", dout, mask.shape, "the shape of x")
    return dout * mask
