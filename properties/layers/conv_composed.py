"""Convolution with its neighbours: ReLU, max pooling behind it or batch normalisation between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from reference import convolution, convolution_composed

from ..spec.case import Case
from ..spec.composition import Composition
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import Kinks, LayerSpec, Purpose, Reference
from ..spec.values import SEEDS, Values, batch_sizes, values
from . import conv_composed_misconceptions as wrong
from .batchnorm import bn_param, with_test_mode
from .conv import CHANNELS, CONV_FAST, FILTERS, GEOMETRIES, Geometry, make
from .max_pool import MAX_POOL_FAST
from .relu import RELU
from .spatial_batchnorm import SPATIAL_BATCHNORM

_TINY = ("faint", "least")
_FEW = st.integers(1, 2)


def _off_the_kink(case: Case) -> Case:
    """Biases that put zero into the widest gap between what the ReLU gets of a filter."""
    x, w, param = (case.args[name] for name in ("x", "w", "conv_param"))
    biases = []
    for values_of in convolution.forward(x, w, np.zeros(len(w)), **param).value.swapaxes(0, 1):
        sides = np.sort(values_of, axis=None)
        sides = np.concatenate([[sides[0] - 1.0], sides, [sides[-1] + 1.0]])
        widest = int(np.argmax(np.diff(sides)))
        biases.append(-(sides[widest] + sides[widest + 1]) / 2.0)
    return case.with_args(b=np.array(biases))


def _cases(purpose: Purpose) -> st.SearchStrategy[Case]:
    if purpose is Purpose.KINK:  # zeros before the ReLU are common
        ties = st.builds(Values, st.just("ties"), SEEDS)
        return st.builds(make, ties, _FEW, _FEW, _FEW, GEOMETRIES)
    drawn = values(purpose, beside_kinks=_TINY)
    sizes = batch_sizes(purpose)
    cases = st.builds(make, drawn, sizes, CHANNELS, FILTERS, GEOMETRIES)
    return cases.map(_off_the_kink) if purpose is Purpose.SMOOTH else cases


CONV_RELU = LayerSpec(
    name="conv_relu",
    forward="conv_relu_forward",
    backward="conv_relu_backward",
    cases=_cases,
    differentiable=("x", "w", "b"),
    inputs={"conv_relu": CONV_FAST.inputs["conv_fast"]},
    reference=Reference(
        forward=convolution_composed.conv_relu, vjp=convolution_composed.conv_relu_vjp
    ),
    batched=("x",),
    kinks=Kinks(how="entrywise"),
    composition=Composition(
        arguments="x, w, b, conv_param",
        parts=(CONV_FAST, RELU),
        text="""
pre, conv_cache = conv_forward_fast(x, w, b, conv_param)
out, relu_cache = relu_forward(pre)
dpre = relu_backward(dout, relu_cache)
dx, dw, db = conv_backward_fast(dpre, conv_cache)
""",
    ),
    misconceptions=Misconceptions("conv_relu", wrong.CONV_RELU),
)

_POOLS = st.sampled_from(((1, 1), (2, 2), (2, 1), (1, 2), (3, 2)))


def _pooled(
    smooth: bool,
    v: Values,
    sizes: tuple[int, int, int],
    geometry: Geometry,
    window: tuple[int, int],
    stride: int,
) -> Case:
    """A convolution whose places are those that the pool's windows cover."""
    rows, columns = (
        stride * (min(many, 2) - 1) + side
        for many, side in zip(geometry.places, window, strict=True)
    )
    geometry = geometry._replace(places=(rows, columns))
    if geometry.image()[1] != geometry.places:
        geometry = geometry._replace(pad=0)
    case = make(v, *sizes, geometry)
    if smooth:
        case = _off_the_kink(case)
    param: Mapping[str, int] = {
        "pool_height": window[0],
        "pool_width": window[1],
        "stride": stride,
    }
    out = [1 + (many - side) // stride for many, side in zip((rows, columns), window, strict=True)]
    dout = v.upstream((sizes[0], sizes[2], *out))
    return replace(case, args={**case.args, "pool_param": param}, dout=dout)


def _pooled_cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.KINK:
        return None  # one entry of x moves several winners: their sum is no one-sided derivative
    smooth = purpose is Purpose.SMOOTH
    normal = st.builds(Values, st.just("normal"), SEEDS)
    drawn = normal if smooth else values(purpose, beside_kinks=_TINY)
    sizes = st.tuples(batch_sizes(purpose), CHANNELS, FILTERS)
    strides = st.sampled_from((1, 2))
    return st.builds(_pooled, st.just(smooth), drawn, sizes, GEOMETRIES, _POOLS, strides)


CONV_RELU_POOL = LayerSpec(
    name="conv_relu_pool",
    forward="conv_relu_pool_forward",
    backward="conv_relu_pool_backward",
    cases=_pooled_cases,
    differentiable=("x", "w", "b"),
    inputs={
        "conv_relu_pool": "x: (2, 3, 5, 6), w: (4, 3, 3, 2), b: (4,), "
        "conv_param: {'stride': 1, 'pad': 1}, "
        "pool_param: {'pool_height': 3, 'pool_width': 2, 'stride': 2}"
    },
    reference=Reference(
        forward=convolution_composed.conv_relu_pool, vjp=convolution_composed.conv_relu_pool_vjp
    ),
    batched=("x",),
    composition=Composition(
        arguments="x, w, b, conv_param, pool_param",
        parts=(CONV_FAST, RELU, MAX_POOL_FAST),
        text="""
pre, conv_cache = conv_forward_fast(x, w, b, conv_param)
active, relu_cache = relu_forward(pre)
out, pool_cache = max_pool_forward_fast(active, pool_param)
dactive = max_pool_backward_fast(dout, pool_cache)
dpre = relu_backward(dactive, relu_cache)
dx, dw, db = conv_backward_fast(dpre, conv_cache)
""",
    ),
    misconceptions=Misconceptions("conv_relu_pool", wrong.CONV_RELU_POOL),
)


def _normalised(purpose: Purpose, v: Values, n: int, c: int, f: int, geometry: Geometry) -> Case:
    case = make(v, n, c, f, geometry)
    args = {
        **{name: case.args[name] for name in ("x", "w", "b")},
        "gamma": v.tame((f,)),
        "beta": v.tame((f,)),
        "conv_param": case.args["conv_param"],
        "bn_param": bn_param(v, f, "train", purpose),
    }
    return replace(case, args=args)


def _normalised_cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.INTEGER):
        return None
    smooth = purpose is Purpose.SMOOTH
    drawn = st.builds(Values, st.just("normal"), SEEDS) if smooth else values(purpose)
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
        forward=convolution_composed.conv_bn_relu,
        vjp=convolution_composed.conv_bn_relu_vjp,
        state=convolution_composed.conv_bn_relu_running,
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
