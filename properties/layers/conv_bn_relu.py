"""Convolution, batch normalisation, ReLU."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from reference import convolution_composed as composed

from ..spec.case import Case
from ..spec.composition import Composition
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import Values, batch_sizes, values
from . import conv_composed_misconceptions as wrong
from .conv import CONV_FAST, make
from .normalising import bn_param, with_test_mode
from .relu import RELU
from .spatial_batchnorm import SPATIAL_BATCHNORM
from .windows import CHANNELS, FILTERS, GEOMETRIES, Geometry


def _normalised(purpose: Purpose, v: Values, n: int, c: int, f: int, geometry: Geometry) -> Case:
    case = make(v, n, c, f, geometry)
    args = {
        **{name: case.args[name] for name in ("x", "w", "b")},
        "gamma": v.tame((f,)),
        "beta": v.tame((f,)),
        "conv_param": case.args["conv_param"],
        "bn_param": bn_param(v, f, purpose),
    }
    return replace(case, args=args)


def _normalised_cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.INTEGER):
        return None
    smooth = purpose is Purpose.SMOOTH
    drawn = values(purpose, smooth=("normal",))
    sizes = st.integers(3, 4) if smooth else batch_sizes(purpose)
    return st.builds(_normalised, st.just(purpose), drawn, sizes, CHANNELS, FILTERS, GEOMETRIES)


CONV_BN_RELU = LayerSpec(
    name="conv_bn_relu",
    forward="conv_bn_relu_forward",
    backward="conv_bn_relu_backward",
    cases=_normalised_cases,
    differentiable=("x", "w", "b", "gamma", "beta"),
    inputs={
        "conv_bn_relu": "x: (2, 3, 5, 6), w: (4, 3, 3, 2), b: (4,), gamma: positive(4), "
        "beta: (4,), conv_param: {'stride': 2, 'pad': 1}, "
        "bn_param: {'mode': 'train', 'eps': 0.125, 'momentum': 0.9}"
    },
    reference=Reference(
        forward=composed.conv_bn_relu,
        vjp=composed.conv_bn_relu_vjp,
        state=composed.conv_bn_relu_running,
    ),
    composition=Composition(
        arguments="x, w, b, gamma, beta, conv_param, bn_param",
        parts=(CONV_FAST, SPATIAL_BATCHNORM, RELU),
        text="""
pre, conv_cache = conv_forward_fast(x, w, b, conv_param)
normal, normal_cache = spatial_batchnorm_forward(pre, gamma, beta, bn_param)
out, relu_cache = relu_forward(normal)
dnormal = relu_backward(dout, relu_cache)
dpre, dgamma, dbeta = spatial_batchnorm_backward(dnormal, normal_cache)
dx, dw, db = conv_backward_fast(dpre, conv_cache)
""",
    ),
    misconceptions=Misconceptions("conv_bn_relu", wrong.CONV_BN_RELU),
    hints=Hints(factors=("scale", "root"), normalises=True, cases=with_test_mode),
)
