"""Convolution, then ReLU."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from reference import convolution
from reference import convolution_composed as composed

from ..spec.case import Case
from ..spec.composition import Composition
from ..spec.misconception import Misconceptions
from ..spec.row import Kinks, LayerSpec, Purpose, Reference
from ..spec.values import batch_sizes, of_family, values
from . import conv_composed_misconceptions as wrong
from .conv import CONV_FAST, make
from .relu import RELU
from .windows import CHANNELS, FILTERS, GEOMETRIES

TINY = ("faint", "least")
_FEW = st.integers(1, 2)


def off_the_kink(case: Case) -> Case:
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
        return st.builds(make, of_family("ties"), _FEW, _FEW, _FEW, GEOMETRIES)
    drawn = values(purpose, beside_kinks=TINY)
    sizes = batch_sizes(purpose)
    cases = st.builds(make, drawn, sizes, CHANNELS, FILTERS, GEOMETRIES)
    return cases.map(off_the_kink) if purpose is Purpose.SMOOTH else cases


CONV_RELU = LayerSpec(
    name="conv_relu",
    forward="conv_relu_forward",
    backward="conv_relu_backward",
    cases=_cases,
    differentiable=("x", "w", "b"),
    inputs={"conv_relu": CONV_FAST.inputs["conv_fast"]},
    reference=Reference(forward=composed.conv_relu, vjp=composed.conv_relu_vjp),
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
