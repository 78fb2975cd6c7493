"""The later layers: cases, a textbook's forward, the reference, and backward styles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from reference import (
    activations,
    attention,
    convolution,
    convolution_composed,
    embedding,
    groupnorm,
    layernorm,
    linear_classifiers,
    pooling,
    recurrent,
    regression,
    temporal,
)

from . import backward_styles as styles
from . import formulas
from .cases import Case, values

Rng = np.random.Generator


@dataclass(frozen=True, kw_only=True)
class Later:
    """One row of the table. ``case`` gives the arguments, without upstream derivatives."""

    case: Callable[[Rng, str], Case]
    formula: formulas.Formula
    forward: Callable[..., Any]
    vjp: Callable[..., Any]
    names: tuple[str, ...]
    upstream: tuple[str, ...] = ("dout",)
    cancelling: tuple[str, ...] = ()  # gradients that are zero but for rounding
    fixed: dict[str, Any] = field(default_factory=dict)  # what only the forward reference takes
    styles: tuple[Callable[..., dict[str, Any]], ...] = ()


def _x(rng: Rng, family: str) -> Case:
    x = values(rng, family, int(rng.integers(1, 5)), int(rng.integers(1, 5)))
    # Plain exponentials of larger numbers overflow, and their sums in float32 before that.
    return {"x": np.clip(x, -60.0, 60.0)}


def _with(case: Callable[[Rng, str], Case], **more: Any) -> Callable[[Rng, str], Case]:
    return lambda rng, family: case(rng, family) | {k: f(rng) for k, f in more.items()}


def _alpha(rng: Rng) -> float:
    return float(rng.choice([0.01, 0.25, 1.0, 0.7]))


def _eps(rng: Rng) -> float:
    return float(10.0 ** rng.uniform(-8, -1))


def _rows(rng: Rng, family: str) -> Case:
    n, d = (int(side) for side in rng.integers(1, 6, 2))
    x = values(rng, family, d, n).T  # families are uneven along the first axis
    return {"x": x, "gamma": rng.standard_normal(d), "beta": rng.standard_normal(d)} | {
        "eps": _eps(rng)
    }


def _images(rng: Rng, family: str, *, groups: bool) -> Case:
    n, h, w, g, each = (int(side) for side in rng.integers(1, 4, 5))
    c = g * each
    shape = (1, c, 1, 1) if groups and rng.random() < 0.5 else (c,)
    case = {
        "x": values(rng, family, n, c, h, w),
        "gamma": rng.standard_normal(shape),
        "beta": rng.standard_normal(shape),
        "eps": _eps(rng),
    }
    return case | {"G": g} if groups else case


def _convolution(rng: Rng, family: str) -> Case:
    n, c, f, hh, ww, stride = (int(side) for side in rng.integers(1, 4, 6))
    pad = int(rng.integers(0, 3))
    rows, columns = (int(side) for side in rng.integers(1, 4, 2))
    # Sides on which the padded windows end exactly.
    h, w = hh + stride * (rows - 1) - 2 * pad, ww + stride * (columns - 1) - 2 * pad
    if min(h, w) < 1:
        return _convolution(rng, family)
    return {
        "x": values(rng, family, n, c, h, w),
        "w": rng.standard_normal((f, c, hh, ww)),
        "b": rng.standard_normal(f),
        "stride": stride,
        "pad": pad,
    }


def _pool(rng: Rng, family: str) -> Case:
    n, c, high, wide, stride = (int(side) for side in rng.integers(1, 4, 5))
    h, w = high + int(rng.integers(0, 5)), wide + int(rng.integers(0, 5))
    x = values(rng, family, n, c, h, w)
    # Apart from each other: ties have a test of their own.
    x = rng.permuted(np.arange(float(x.size))).reshape(x.shape) * max(np.abs(x).max(), 1e-300)
    return {"x": x, "pool_height": high, "pool_width": wide, "stride": stride}


def _convolution_pool(rng: Rng, family: str) -> Case:
    case = _convolution(rng, "normal")
    out = convolution.forward(**case)
    high, wide = (int(rng.integers(1, side + 1)) for side in out.shape[2:])
    conv = {name: case.pop(name) for name in ("stride", "pad")}
    pool = {"pool_height": high, "pool_width": wide, "stride": int(rng.integers(1, 4))}
    return case | {"conv_param": conv, "pool_param": pool}


def _convolution_bn(rng: Rng, family: str) -> Case:
    case = _convolution(rng, "normal")
    f = case["b"].size
    if convolution.forward(**case).value[:, 0].size < 3:  # two values standardised are -1 and 1
        return _convolution_bn(rng, family)
    normal = {"gamma": rng.standard_normal(f), "beta": rng.standard_normal(f), "eps": _eps(rng)}
    return case | normal


def _embedding(rng: Rng, family: str) -> Case:
    n, t, v, d = (int(side) for side in rng.integers(1, 5, 4))
    return {"x": rng.integers(0, v, (n, t)), "W": values(rng, family, v, d)}


def _recurrence(rng: Rng, family: str, *, gates: int, steps: bool, cell: bool = False) -> Case:
    n, d, h = (int(side) for side in rng.integers(1, 4, 3))
    shape = (n, int(rng.integers(1, 4)), d) if steps else (n, d)
    tame = family in ("normal", "dyadic", "single", "small", "constant")
    case = {"x": values(rng, family if tame else "normal", *shape)}
    case["h0" if steps else "prev_h"] = rng.standard_normal((n, h))
    if cell:
        case["prev_c"] = rng.standard_normal((n, h))
    return case | {
        "Wx": rng.standard_normal((d, gates * h)),
        "Wh": rng.standard_normal((h, gates * h)),
        "b": rng.standard_normal(gates * h),
    }


def _temporal(rng: Rng, family: str) -> Case:
    n, t, d, m = (int(side) for side in rng.integers(1, 4, 4))
    x = values(rng, family, n, t, d)
    return {"x": x, "w": rng.standard_normal((d, m)), "b": rng.standard_normal(m)}


def _masked(rng: Rng, family: str) -> Case:
    n, t, v = (int(side) for side in rng.integers(1, 5, 3))
    x = np.clip(values(rng, family, n, t, v), -40.0, 40.0)
    return {"x": x, "y": rng.integers(0, v, (n, t)), "mask": rng.random((n, t)) < 0.7}


def _sdpa(rng: Rng, family: str) -> Case:
    n, t, s, d, e = (int(side) for side in rng.integers(1, 4, 5))
    mask = rng.random((n, t, s)) < 0.7
    mask[..., 0] |= ~mask.any(axis=-1)
    k = values(rng, family if family in ("dyadic", "small", "constant") else "normal", n, s, d)
    return {
        "q": rng.standard_normal((n, t, d)),
        "k": k,
        "v": rng.standard_normal((n, s, e)),
        "mask": mask,
    }


def _attention(rng: Rng, family: str) -> Case:
    n, heads, each = (int(side) for side in rng.integers(1, 3, 3))
    t, d = int(rng.integers(1, 5)), heads * each
    matrices = {w: rng.standard_normal((d, d)) / np.sqrt(d) for w in ("Wq", "Wk", "Wv", "Wo")}
    x = rng.standard_normal((n, t, d))
    return {"x": x} | matrices | {"n_heads": heads, "causal": bool(rng.integers(2))}


def _targets(rng: Rng, family: str) -> Case:
    shape = tuple(int(side) for side in rng.integers(1, 5, 2))
    return {"x": values(rng, family, *shape), "y": rng.standard_normal(shape)}


def _logits(rng: Rng, family: str) -> Case:
    case = _x(rng, family)
    shape = case["x"].shape
    soft = bool(rng.integers(2))
    y = rng.random(shape) if soft else rng.integers(0, 2, shape).astype(np.float64)
    return {"x": np.clip(case["x"], -20.0, 20.0), "y": y}


def _delta(rng: Rng) -> float:
    return float(rng.choice([1.0, 0.5, 2.0]))


def _weights(rng: Rng, family: str) -> Case:
    n, d, c = (int(side) for side in rng.integers(1, 5, 3))
    X = np.clip(values(rng, family, n, d), -10.0, 10.0)
    return {"W": rng.standard_normal((d, c)), "X": X, "y": rng.integers(0, c, n)} | {
        "reg": float(rng.choice([0.0, 0.5, 0.1]))
    }


def _activation(
    name: str, *, case: Callable[[Rng, str], Case] = _x, style: Any = None, of: Any = None
) -> Later:
    forward, vjp = activations.ACTIVATIONS[name]
    return Later(
        case=case,
        formula=getattr(formulas, name),
        forward=forward,
        vjp=vjp,
        names=("x",),
        styles=() if style is None else style if isinstance(style, tuple) else (style,),
    )


LATER = {
    "sigmoid": _activation("sigmoid", style=(styles.sigmoid, styles.sigmoid_by_tanh)),
    "tanh": _activation("tanh", style=styles.tanh),
    "leaky_relu": _activation("leaky_relu", case=_with(_x, alpha=_alpha), style=styles.leaky_relu),
    "elu": _activation("elu", case=_with(_x, alpha=_alpha), style=styles.elu),
    "selu": _activation("selu"),
    "gelu": _activation("gelu", style=styles.gelu),
    "gelu_tanh": _activation("gelu_tanh", style=styles.gelu_tanh),
    "softplus": _activation("softplus", style=styles.softplus),
    "silu": _activation("silu", style=styles.silu),
    "softmax": _activation("softmax", style=styles.softmax),
    "layernorm": Later(
        case=_rows,
        formula=formulas.layernorm,
        forward=layernorm.forward,
        vjp=layernorm.vjp,
        names=("x", "gamma", "beta"),
        styles=(styles.layernorm_projected, styles.layernorm_chain),
    ),
    "groupnorm": Later(
        case=partial(_images, groups=True),
        formula=formulas.groupnorm,
        forward=groupnorm.forward,
        vjp=groupnorm.vjp,
        names=("x", "gamma", "beta"),
        styles=(styles.groupnorm,),
    ),
    "spatial_batchnorm": Later(
        case=partial(_images, groups=False),
        formula=formulas.spatial_batchnorm,
        forward=groupnorm.spatial_batchnorm,
        vjp=groupnorm.spatial_batchnorm_vjp,
        names=("x", "gamma", "beta"),
        fixed={"mode": "train"},
        styles=(styles.spatial_batchnorm,),
    ),
    "conv": Later(
        case=_convolution,
        formula=formulas.conv,
        forward=convolution.forward,
        vjp=convolution.vjp,
        names=("x", "w", "b"),
        styles=(styles.conv_loops, styles.conv_columns),
    ),
    "max_pool": Later(
        case=_pool,
        formula=formulas.max_pool,
        forward=pooling.forward,
        vjp=pooling.vjp,
        names=("x",),
        styles=(styles.max_pool,),
    ),
    "conv_relu": Later(
        case=_convolution,
        formula=formulas.conv_relu,
        forward=convolution_composed.conv_relu,
        vjp=convolution_composed.conv_relu_vjp,
        names=("x", "w", "b"),
    ),
    "conv_relu_pool": Later(
        case=_convolution_pool,
        formula=formulas.conv_relu_pool,
        forward=convolution_composed.conv_relu_pool,
        vjp=convolution_composed.conv_relu_pool_vjp,
        names=("x", "w", "b"),
    ),
    "conv_bn_relu": Later(
        case=_convolution_bn,
        formula=formulas.conv_bn_relu,
        forward=convolution_composed.conv_bn_relu,
        vjp=convolution_composed.conv_bn_relu_vjp,
        names=("x", "w", "b", "gamma", "beta"),
        cancelling=("b",),
        fixed={"mode": "train"},
    ),
    "embedding": Later(
        case=_embedding,
        formula=formulas.embedding,
        forward=embedding.forward,
        vjp=embedding.vjp,
        names=("W",),
        styles=(styles.embedding,),
    ),
    "rnn_step": Later(
        case=partial(_recurrence, gates=1, steps=False),
        formula=formulas.rnn_step,
        forward=recurrent.rnn_step,
        vjp=recurrent.rnn_step_vjp,
        names=("x", "prev_h", "Wx", "Wh", "b"),
        styles=(styles.rnn_step,),
    ),
    "rnn": Later(
        case=partial(_recurrence, gates=1, steps=True),
        formula=formulas.rnn,
        forward=recurrent.rnn,
        vjp=recurrent.rnn_vjp,
        names=("x", "h0", "Wx", "Wh", "b"),
        styles=(styles.rnn,),
    ),
    "lstm_step": Later(
        case=partial(_recurrence, gates=4, steps=False, cell=True),
        formula=formulas.lstm_step,
        forward=recurrent.lstm_step,
        vjp=recurrent.lstm_step_vjp,
        names=("x", "prev_h", "prev_c", "Wx", "Wh", "b"),
        upstream=("dnext_h", "dnext_c"),
        styles=(styles.lstm_step,),
    ),
    "lstm": Later(
        case=partial(_recurrence, gates=4, steps=True),
        formula=formulas.lstm,
        forward=recurrent.lstm,
        vjp=recurrent.lstm_vjp,
        names=("x", "h0", "Wx", "Wh", "b"),
        styles=(styles.lstm,),
    ),
    "temporal_affine": Later(
        case=_temporal,
        formula=formulas.temporal_affine,
        forward=temporal.affine_forward,
        vjp=temporal.affine_vjp,
        names=("x", "w", "b"),
        styles=(styles.temporal_affine,),
    ),
    "temporal_softmax": Later(
        case=_masked,
        formula=formulas.temporal_softmax,
        forward=temporal.softmax_loss,
        vjp=temporal.softmax_loss_gradient,
        names=("x",),
        styles=(styles.temporal_softmax,),
    ),
    "sdpa": Later(
        case=_sdpa,
        formula=formulas.sdpa,
        forward=attention.sdpa,
        vjp=attention.sdpa_vjp,
        names=("q", "k", "v"),
        styles=(styles.sdpa,),
    ),
    "attention": Later(
        case=_attention,
        formula=formulas.attention,
        forward=attention.attention,
        vjp=attention.attention_vjp,
        names=("x", "Wq", "Wk", "Wv", "Wo"),
    ),
    "mse": Later(
        case=_targets,
        formula=formulas.mse,
        forward=regression.mse,
        vjp=regression.mse_gradient,
        names=("x",),
    ),
    "huber": Later(
        case=_with(_targets, delta=_delta),
        formula=formulas.huber,
        forward=regression.huber,
        vjp=regression.huber_gradient,
        names=("x",),
        styles=(styles.huber,),
    ),
    "bce_with_logits": Later(
        case=_logits,
        formula=formulas.bce_with_logits,
        forward=regression.bce_with_logits,
        vjp=regression.bce_with_logits_gradient,
        names=("x",),
        styles=(styles.bce_with_logits,),
    ),
    "softmax_of_weights": Later(
        case=_weights,
        formula=formulas.softmax_of_weights,
        forward=linear_classifiers.softmax,
        vjp=linear_classifiers.softmax_gradient,
        names=("W",),
        styles=(styles.softmax_of_weights,),
    ),
    "svm_of_weights": Later(
        case=_weights,
        formula=formulas.svm_of_weights,
        forward=linear_classifiers.svm,
        vjp=linear_classifiers.svm_gradient,
        names=("W",),
    ),
}
