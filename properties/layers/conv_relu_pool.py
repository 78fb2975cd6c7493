"""Convolution, ReLU, max pooling."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from reference import convolution_composed as composed

from ..spec.case import Case
from ..spec.composition import Composition
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import Values, batch_sizes, values
from . import conv_composed_misconceptions as wrong
from .conv import CONV_FAST, make
from .conv_relu import TINY, off_the_kink
from .max_pool import MAX_POOL_FAST
from .relu import RELU
from .windows import CHANNELS, FILTERS, GEOMETRIES, Geometry

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
        case = off_the_kink(case)
    param = Geometry((1, 1), window, stride, 0).pool_param()
    out = [1 + (many - side) // stride for many, side in zip((rows, columns), window, strict=True)]
    dout = v.upstream((sizes[0], sizes[2], *out))
    return replace(case, args={**case.args, "pool_param": param}, dout=dout)


def _pooled_cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.KINK:
        return None  # one entry of x moves several winners: their sum is no one-sided derivative
    smooth = purpose is Purpose.SMOOTH
    drawn = values(purpose, beside_kinks=TINY, smooth=("normal",))
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
    reference=Reference(forward=composed.conv_relu_pool, vjp=composed.conv_relu_pool_vjp),
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
