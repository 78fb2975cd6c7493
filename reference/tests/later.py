"""The later layers: a textbook's forward, the reference, and backward styles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

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
from . import later_cases as draw
from .cases import Case


@dataclass(frozen=True, kw_only=True)
class Later:
    """One row of the table. ``case`` gives the arguments, without upstream derivatives."""

    case: Callable[[draw.Rng, str], Case]
    formula: formulas.Formula
    forward: Callable[..., Any]
    vjp: Callable[..., Any]
    names: tuple[str, ...]
    upstream: tuple[str, ...] = ("dout",)
    cancelling: tuple[str, ...] = ()  # gradients that are zero but for rounding
    fixed: dict[str, Any] = field(default_factory=dict)  # what only the forward reference takes
    styles: tuple[Callable[..., dict[str, Any]], ...] = ()


def _activation(
    name: str, *, case: Callable[[draw.Rng, str], Case] = draw.x, style: Any = None
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
    "leaky_relu": _activation(
        "leaky_relu", case=draw.having(draw.x, alpha=draw.alpha), style=styles.leaky_relu
    ),
    "elu": _activation("elu", case=draw.having(draw.x, alpha=draw.alpha), style=styles.elu),
    "selu": _activation("selu"),
    "gelu": _activation("gelu", style=styles.gelu),
    "gelu_tanh": _activation("gelu_tanh", style=styles.gelu_tanh),
    "softplus": _activation("softplus", style=styles.softplus),
    "silu": _activation("silu", style=styles.silu),
    "softmax": _activation("softmax", style=styles.softmax),
    "layernorm": Later(
        case=draw.rows,
        formula=formulas.layernorm,
        forward=layernorm.forward,
        vjp=layernorm.vjp,
        names=("x", "gamma", "beta"),
        styles=(styles.layernorm_projected, styles.layernorm_chain),
    ),
    "groupnorm": Later(
        case=partial(draw.images, groups=True),
        formula=formulas.groupnorm,
        forward=groupnorm.forward,
        vjp=groupnorm.vjp,
        names=("x", "gamma", "beta"),
        styles=(styles.groupnorm,),
    ),
    "spatial_batchnorm": Later(
        case=partial(draw.images, groups=False),
        formula=formulas.spatial_batchnorm,
        forward=groupnorm.spatial_batchnorm,
        vjp=groupnorm.spatial_batchnorm_vjp,
        names=("x", "gamma", "beta"),
        fixed={"mode": "train"},
        styles=(styles.spatial_batchnorm,),
    ),
    "conv": Later(
        case=draw.convolution,
        formula=formulas.conv,
        forward=convolution.forward,
        vjp=convolution.vjp,
        names=("x", "w", "b"),
        styles=(styles.conv_loops, styles.conv_columns),
    ),
    "max_pool": Later(
        case=draw.pool,
        formula=formulas.max_pool,
        forward=pooling.forward,
        vjp=pooling.vjp,
        names=("x",),
        styles=(styles.max_pool,),
    ),
    "conv_relu": Later(
        case=draw.convolution,
        formula=formulas.conv_relu,
        forward=convolution_composed.conv_relu,
        vjp=convolution_composed.conv_relu_vjp,
        names=("x", "w", "b"),
    ),
    "conv_relu_pool": Later(
        case=draw.convolution_pool,
        formula=formulas.conv_relu_pool,
        forward=convolution_composed.conv_relu_pool,
        vjp=convolution_composed.conv_relu_pool_vjp,
        names=("x", "w", "b"),
    ),
    "conv_bn_relu": Later(
        case=draw.convolution_bn,
        formula=formulas.conv_bn_relu,
        forward=convolution_composed.conv_bn_relu,
        vjp=convolution_composed.conv_bn_relu_vjp,
        names=("x", "w", "b", "gamma", "beta"),
        cancelling=("b",),
        fixed={"mode": "train"},
    ),
    "embedding": Later(
        case=draw.embedding,
        formula=formulas.embedding,
        forward=embedding.forward,
        vjp=embedding.vjp,
        names=("W",),
        styles=(styles.embedding,),
    ),
    "rnn_step": Later(
        case=partial(draw.recurrence, gates=1, steps=False),
        formula=formulas.rnn_step,
        forward=recurrent.rnn_step,
        vjp=recurrent.rnn_step_vjp,
        names=("x", "prev_h", "Wx", "Wh", "b"),
        styles=(styles.rnn_step,),
    ),
    "rnn": Later(
        case=partial(draw.recurrence, gates=1, steps=True),
        formula=formulas.rnn,
        forward=recurrent.rnn,
        vjp=recurrent.rnn_vjp,
        names=("x", "h0", "Wx", "Wh", "b"),
        styles=(styles.rnn,),
    ),
    "lstm_step": Later(
        case=partial(draw.recurrence, gates=4, steps=False, cell=True),
        formula=formulas.lstm_step,
        forward=recurrent.lstm_step,
        vjp=recurrent.lstm_step_vjp,
        names=("x", "prev_h", "prev_c", "Wx", "Wh", "b"),
        upstream=("dnext_h", "dnext_c"),
        styles=(styles.lstm_step,),
    ),
    "lstm": Later(
        case=partial(draw.recurrence, gates=4, steps=True),
        formula=formulas.lstm,
        forward=recurrent.lstm,
        vjp=recurrent.lstm_vjp,
        names=("x", "h0", "Wx", "Wh", "b"),
        styles=(styles.lstm,),
    ),
    "temporal_affine": Later(
        case=draw.temporal,
        formula=formulas.temporal_affine,
        forward=temporal.affine_forward,
        vjp=temporal.affine_vjp,
        names=("x", "w", "b"),
        styles=(styles.temporal_affine,),
    ),
    "temporal_softmax": Later(
        case=draw.masked,
        formula=formulas.temporal_softmax,
        forward=temporal.softmax_loss,
        vjp=temporal.softmax_loss_gradient,
        names=("x",),
        styles=(styles.temporal_softmax,),
    ),
    "sdpa": Later(
        case=draw.sdpa,
        formula=formulas.sdpa,
        forward=attention.sdpa,
        vjp=attention.sdpa_vjp,
        names=("q", "k", "v"),
        styles=(styles.sdpa,),
    ),
    "attention": Later(
        case=draw.attention,
        formula=formulas.attention,
        forward=attention.attention,
        vjp=attention.attention_vjp,
        names=("x", "Wq", "Wk", "Wv", "Wo"),
    ),
    "mse": Later(
        case=draw.targets,
        formula=formulas.mse,
        forward=regression.mse,
        vjp=regression.mse_gradient,
        names=("x",),
    ),
    "huber": Later(
        case=draw.having(draw.targets, delta=draw.delta),
        formula=formulas.huber,
        forward=regression.huber,
        vjp=regression.huber_gradient,
        names=("x",),
        styles=(styles.huber,),
    ),
    "bce_with_logits": Later(
        case=draw.logits,
        formula=formulas.bce_with_logits,
        forward=regression.bce_with_logits,
        vjp=regression.bce_with_logits_gradient,
        names=("x",),
        styles=(styles.bce_with_logits,),
    ),
    "softmax_of_weights": Later(
        case=draw.weights,
        formula=formulas.softmax_of_weights,
        forward=linear_classifiers.softmax,
        vjp=linear_classifiers.softmax_gradient,
        names=("W",),
        styles=(styles.softmax_of_weights,),
    ),
    "svm_of_weights": Later(
        case=draw.weights,
        formula=formulas.svm_of_weights,
        forward=linear_classifiers.svm,
        vjp=linear_classifiers.svm_gradient,
        names=("W",),
    ),
}
