"""Composed layers of images: convolution - ReLU, with max pooling behind or batchnorm between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import convolution, pooling
from .batchnorm import EPS, MOMENTUM
from .bounded import Bounded, Operand, quiet
from .groupnorm import spatial_batchnorm, spatial_batchnorm_running, spatial_batchnorm_vjp
from .precision import FLOAT64, Precision


@quiet
def conv_relu(
    x: Operand,
    w: Operand,
    b: Operand,
    *,
    stride: int = 1,
    pad: int = 0,
    precision: Precision = FLOAT64,
) -> Bounded:
    """Evaluate relu(convolution(x)); arguments as in `convolution.forward`."""
    return convolution.forward(x, w, b, stride=stride, pad=pad, precision=precision).relu()


@quiet
def conv_relu_vjp(
    dout: Operand,
    x: Operand,
    w: Operand,
    b: Operand,
    *,
    stride: int = 1,
    pad: int = 0,
    precision: Precision = FLOAT64,
) -> tuple[Bounded, Bounded, Bounded]:
    """Pull `dout` back through ReLU and convolution: dx, dw, db."""
    given: dict[str, Any] = {"stride": stride, "pad": pad, "precision": precision}
    hidden = convolution.forward(x, w, b, **given)
    return convolution.vjp(hidden.gate(dout), x, w, b, **given)


@quiet
def conv_relu_pool(
    x: Operand,
    w: Operand,
    b: Operand,
    conv_param: Mapping[str, int],
    pool_param: Mapping[str, int],
    *,
    precision: Precision = FLOAT64,
) -> Bounded:
    """Evaluate max_pool(relu(convolution(x))).

    Both dicts have a stride of their own; they hold the options of `convolution.forward` and
    `pooling.forward`.
    """
    hidden = conv_relu(x, w, b, **conv_param, precision=precision)
    return pooling.forward(hidden, **pool_param, precision=precision)


@quiet
def conv_relu_pool_vjp(
    dout: Operand,
    x: Operand,
    w: Operand,
    b: Operand,
    conv_param: Mapping[str, int],
    pool_param: Mapping[str, int],
    *,
    precision: Precision = FLOAT64,
) -> tuple[Bounded, Bounded, Bounded]:
    """Pull `dout` back through pooling, ReLU and convolution: dx, dw, db.

    Where all of a window is off, its winner is unsure, and shut in any case.
    """
    hidden = convolution.forward(x, w, b, **conv_param, precision=precision)
    dhidden = pooling.vjp(dout, hidden.relu(), **pool_param, precision=precision)
    return convolution.vjp(hidden.gate(dhidden), x, w, b, **conv_param, precision=precision)


@quiet
def conv_bn_relu(
    x: Operand,
    w: Operand,
    b: Operand,
    gamma: Operand,
    beta: Operand,
    *,
    mode: str,
    stride: int = 1,
    pad: int = 0,
    eps: float = EPS,
    running_mean: Operand | None = None,
    running_var: Operand | None = None,
    precision: Precision = FLOAT64,
) -> Bounded:
    """Evaluate relu(spatial_batchnorm(convolution(x)))."""
    hidden = convolution.forward(x, w, b, stride=stride, pad=pad, precision=precision)
    old: dict[str, Any] = {"running_mean": running_mean, "running_var": running_var}
    return spatial_batchnorm(
        hidden, gamma, beta, mode=mode, eps=eps, **old, precision=precision
    ).relu()


@quiet
def conv_bn_relu_vjp(
    dout: Operand,
    x: Operand,
    w: Operand,
    b: Operand,
    gamma: Operand,
    beta: Operand,
    *,
    stride: int = 1,
    pad: int = 0,
    eps: float = EPS,
    precision: Precision = FLOAT64,
) -> tuple[Bounded, ...]:
    """Pull `dout` back through train mode: dx, dw, db, dgamma, dbeta."""
    given: dict[str, Any] = {"stride": stride, "pad": pad, "precision": precision}
    hidden = convolution.forward(x, w, b, **given)
    out = spatial_batchnorm(hidden, gamma, beta, mode="train", eps=eps, precision=precision)
    dhidden, dgamma, dbeta = spatial_batchnorm_vjp(
        out.gate(dout), hidden, gamma, beta, eps=eps, precision=precision
    )
    return *convolution.vjp(dhidden, x, w, b, **given), dgamma, dbeta


@quiet
def conv_bn_relu_running(
    x: Operand,
    w: Operand,
    b: Operand,
    *,
    mode: str = "train",
    stride: int = 1,
    pad: int = 0,
    momentum: float = MOMENTUM,
    running_mean: Operand | None = None,
    running_var: Operand | None = None,
    precision: Precision = FLOAT64,
) -> dict[str, Bounded]:
    """Evaluate the running statistics after a train step."""
    hidden = convolution.forward(x, w, b, stride=stride, pad=pad, precision=precision)
    old: dict[str, Any] = {"running_mean": running_mean, "running_var": running_var}
    return spatial_batchnorm_running(
        hidden, mode=mode, momentum=momentum, **old, precision=precision
    )
