"""Convolution of images, as neural networks mean it: cross-correlation with zeros around."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import convolution

from ..spec.case import Case
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import Values, batch_sizes, values
from ..spec.ways import Ways, sizes
from . import conv_misconceptions
from .windows import (
    CHANNELS,
    FILTERS,
    GEOMETRIES,
    SIGNS,
    Geometry,
    beside,
    renamed,
)


def make(v: Values, n: int, c: int, f: int, geometry: Geometry) -> Case:
    sides, places = geometry.image()
    args = {
        "x": v.array((n, c, *sides)),
        "w": v.tame((f, c, *geometry.window)),
        "b": v.array((f,)),
        "conv_param": geometry.conv_param(),
    }
    return Case(args=args, dout=v.upstream((n, f, *places)), family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.KINK:
        return None
    sizes = batch_sizes(purpose)
    return st.builds(make, values(purpose), sizes, CHANNELS, FILTERS, GEOMETRIES)


_PADDED = "xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))"
_CROPPED = "dx = dxp[:, :, pad:dxp.shape[2] - pad, pad:dxp.shape[3] - pad]"
WAYS = Ways(
    arguments="x, w, b, conv_param",
    given=sizes(x="N C H W", w="F _ HH WW")
    + """
stride = conv_param['stride']
pad = conv_param['pad']
H2 = 1 + (H + 2 * pad - HH) // stride
W2 = 1 + (W + 2 * pad - WW) // stride
""",
    texts={
        "": (
            f"""
{_PADDED}
windows = np.lib.stride_tricks.sliding_window_view(xp, (HH, WW), (2, 3))
patches = windows[:, :, ::stride, ::stride]
out = np.einsum('ncpqij,fcij->nfpq', patches, w) + b[:, None, None]
db = dout.sum((0, 2, 3))
dw = np.einsum('nfpq,ncpqij->fcij', dout, patches)
dpatches = np.einsum('nfpq,fcij->ncpqij', dout, w)
first_row = stride * np.arange(H2)[:, None, None]
first_column = stride * np.arange(W2)[:, None, None]
rows = 1.0 * (first_row + np.arange(HH)[:, None] == np.arange(H + 2 * pad))
columns = 1.0 * (first_column + np.arange(WW)[:, None] == np.arange(W + 2 * pad))
dxp = np.einsum('ncpqij,pih,qjw->nchw', dpatches, rows, columns)
{_CROPPED}
""",
            f"""
{_PADDED}
i = stride * np.arange(H2)[:, None, None, None] + np.arange(HH)[:, None]
j = stride * np.arange(W2)[:, None, None] + np.arange(WW)
cols = xp[:, :, i, j].transpose(0, 2, 3, 1, 4, 5).reshape(N * H2 * W2, C * HH * WW)
filters = w.reshape(F, C * HH * WW)
flat = cols @ filters.T + b
out = flat.reshape(N, H2, W2, F).transpose(0, 3, 1, 2)
dflat = dout.transpose(0, 2, 3, 1).reshape(N * H2 * W2, F)
db = dflat.sum(0)
dw = (dflat.T @ cols).reshape(w.shape)
apart = np.insert(dout, np.repeat(np.arange(1, H2), stride - 1), 0, 2)
spread = np.insert(apart, np.repeat(np.arange(1, W2), stride - 1), 0, 3)
full = np.pad(spread, ((0, 0), (0, 0), (HH - 1, HH - 1), (WW - 1, WW - 1)))
above = np.lib.stride_tricks.sliding_window_view(full, (HH, WW), (2, 3))
dxp = np.einsum('nfhwij,fcij->nchw', above, w[:, :, ::-1, ::-1])
{_CROPPED}
""",
        )
    },
)

CONV = LayerSpec(
    name="conv",
    forward="conv_forward_naive",
    backward="conv_backward_naive",
    cases=_cases,
    differentiable=("x", "w", "b"),
    inputs={
        "conv": "x: (2, 3, 5, 6), w: (4, 3, 3, 2), b: (4,), conv_param: {'stride': 2, 'pad': 1}"
    },
    reference=Reference(forward=convolution.forward, vjp=convolution.vjp),
    batched=("x",),
    laws={"linear": "x w", "shifts": "x w conv_param", "border": "w conv_param"},
    ways=WAYS,
    misconceptions=Misconceptions("conv", conv_misconceptions.TEXT),
    hints=Hints(factors=("w", "b", "x", "dout"), cases=beside(make), circumstances=SIGNS),
)

CONV_FAST = renamed(CONV, "fast")
CONV_OTHERS = tuple(renamed(CONV, way) for way in ("im2col", "strides", "cython"))
