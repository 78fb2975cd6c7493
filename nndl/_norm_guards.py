"""What stands before the formulas of a normalisation: arguments that fit, and what is set."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ._guards import array, arrays, upstream
from ._validate import (
    FloatArray,
    check_shape,
    mode_of,
    number,
    real_arrays,
    whole_number,
    working_dtype,
)

NormCache = tuple[FloatArray, FloatArray, FloatArray, np.dtype[Any]]  # x̂, γ, σ̃, of the results


@dataclass(frozen=True, kw_only=True)
class BatchnormSettings:
    """What ``bn_param`` says, checked."""

    mode: str
    eps: float
    momentum: float
    running_mean: FloatArray  # (D,)
    running_var: FloatArray
    dtype: np.dtype[Any]  # of the results; half precision is computed in single


def batchnorm_inputs(
    x: ArrayLike,
    gamma: ArrayLike,
    beta: ArrayLike,
    bn_param: MutableMapping[str, Any],
    *,
    shapes: str = "x (N, D), gamma (D,), beta (D,)",
) -> tuple[FloatArray, FloatArray, FloatArray, BatchnormSettings]:
    """Return x, gamma and beta of the shapes wanted, and the settings of batch normalisation.

    Features lie along axis 1; the statistics are over all others.
    """
    given, mode = array("x (...)", x).dtype, mode_of("bn_param", bn_param)
    x, gamma, beta, dtype = _wide(shapes, x, gamma, beta)
    running_mean, running_var = real_arrays(
        running_mean=_running("running_mean", bn_param, gamma.shape, given),
        running_var=_running("running_var", bn_param, gamma.shape, given),
    )
    p = BatchnormSettings(
        mode=mode,
        eps=_eps("bn_param", bn_param),
        momentum=number("bn_param['momentum']", bn_param.get("momentum", 0.9), "in [0, 1]"),
        running_mean=running_mean,
        running_var=running_var,
        dtype=dtype,
    )
    if (p.running_var < 0).any():
        raise ValueError(f"bn_param['running_var'] must not be negative, got {p.running_var.min()}")
    if p.mode == "train":
        axes = tuple(axis for axis in range(x.ndim) if axis != 1)
        _check_spread("bn_param", p.eps, x, axes, "column" if x.ndim == 2 else "channel")
    elif p.eps == 0 and (p.running_var == 0).any():
        raise ValueError("bn_param['eps'] must be > 0 where bn_param['running_var'] is 0, got 0")
    return x, gamma, beta, p


def layernorm_inputs(
    x: ArrayLike, gamma: ArrayLike, beta: ArrayLike, ln_param: Mapping[str, Any]
) -> tuple[FloatArray, FloatArray, FloatArray, float, np.dtype[Any]]:
    """Return x (N, D), gamma and beta (D,), ε, and the dtype of the results."""
    x, gamma, beta, dtype = _wide("x (N, D), gamma (D,), beta (D,)", x, gamma, beta)
    eps = _eps("ln_param", ln_param)
    _check_spread("ln_param", eps, x, (1,), "row")
    return x, gamma, beta, eps, dtype


def groupnorm_inputs(
    x: ArrayLike, gamma: ArrayLike, beta: ArrayLike, G: int, gn_param: Mapping[str, Any]
) -> tuple[FloatArray, FloatArray, FloatArray, int, float, np.dtype[Any]]:
    """Return x (N, C, H, W), gamma and beta (C,) or (1, C, 1, 1), G, ε, the results' dtype."""
    channels = [
        "(1, C, 1, 1)" if np.ndim(value) == 4 else "(C,)"  # which of the two it may be
        for value in (gamma, beta)
    ]
    shapes = f"x (N, C, H, W), gamma {channels[0]}, beta {channels[1]}"
    x, gamma, beta, dtype = _wide(shapes, x, gamma, beta)
    G = whole_number("G", G, 1)
    if x.shape[1] % G:
        raise ValueError(f"G must divide the number of channels C = {x.shape[1]}, got {G}")
    eps = _eps("gn_param", gn_param)
    groups = x.reshape(len(x), G, -1) if x.size else x
    _check_spread("gn_param", eps, groups, (2,), "group")
    return x, gamma, beta, G, eps, dtype


def _wide(
    shapes: str, *values: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray, np.dtype[Any]]:
    """Return three arrays in at least single precision, and the dtype of the results."""
    first, second, third = arrays(shapes, *values)
    wide = working_dtype(first)
    return (
        first.astype(wide, copy=False),
        second.astype(wide, copy=False),
        third.astype(wide, copy=False),
        first.dtype,
    )


def _eps(name: str, param: Mapping[str, Any]) -> float:
    if not isinstance(param, Mapping):
        raise ValueError(f"{name} must be a dict, got {type(param).__name__}")
    return number(f"{name}['eps']", param.get("eps", 1e-5), ">= 0")


def _check_spread(name: str, eps: float, x: FloatArray, axes: tuple[int, ...], one: str) -> None:
    """Raise a ValueError where a deviation of zero would divide."""
    if eps > 0 or x.size == 0:
        return
    spread = (x.max(axis=axes) - x.min(axis=axes)) ** 2
    if (spread == 0).any():
        raise ValueError(
            f"{name}['eps'] must be > 0 where a variance is zero, got eps = 0 and variance 0 in "
            f"{one} {int(np.argmin(spread))} of x"
        )


def _running(
    name: str, bn_param: MutableMapping[str, Any], shape: tuple[int, ...], dtype: DTypeLike
) -> FloatArray:
    """Return a running statistic (D,), zeros of x's dtype when there is none."""
    value = bn_param.get(name)
    if value is None:
        return np.zeros(shape, dtype=dtype)
    (statistic,) = real_arrays(**{f"bn_param[{name!r}]": value})
    check_shape(f"bn_param[{name!r}]", statistic, shape, "one for each column of x")
    return statistic


def norm_upstream(
    dout: ArrayLike, cache: NormCache | None
) -> tuple[FloatArray, tuple[FloatArray, FloatArray, FloatArray], np.dtype[Any]]:
    """Return the upstream derivative of a normalised batch, its cache, and the results' dtype."""
    if cache is None:
        raise ValueError(
            "cache must come from batchnorm_forward with bn_param['mode'] = 'train', "
            "got that of a pass with mode 'test'"
        )
    x_hat, gamma, std, dtype = cache
    dout = upstream(dout, x_hat.shape)
    result = np.result_type(dout, dtype)
    return dout.astype(np.result_type(dout, x_hat), copy=False), (x_hat, gamma, std), result
