"""The later layers: cases, a textbook's forward, the reference, and backward styles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from reference import activations, groupnorm, layernorm

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
        styles=() if style is None else (style,),
    )


LATER = {
    "sigmoid": _activation("sigmoid", style=styles.sigmoid),
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
}
