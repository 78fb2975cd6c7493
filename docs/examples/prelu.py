"""A layer of one's own, judged without a reference: numerical derivatives decide.

Run with ``nndl check FOLDER --specs prelu.py --only prelu``; the folder's ``layers.py``
defines ``prelu_forward(x, slope) -> out, cache`` and ``prelu_backward(dout, cache)``.
"""

import numpy as np
from hypothesis import strategies as st
from nndl_suite import Case, LayerSpec, Purpose


def _case(shape: tuple[int, ...], slope: float, seed: int) -> Case:
    rng = np.random.default_rng(seed)
    # Multiples of 1/8 read well, and none of these is closer than 1/8 to the kink at zero.
    x = rng.choice([-1, 1], shape) * rng.integers(1, 16, shape) / 8
    return Case(args={"x": x, "slope": slope}, dout=rng.integers(-8, 9, shape) / 4)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.EMPTY):
        return None  # not for this layer; the matrix shows a dot
    shapes = st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple)
    slopes = st.sampled_from([0.125, 0.25, 0.5])
    return st.builds(_case, shapes, slopes, st.integers(0, 2**31))


PRELU = LayerSpec(
    name="prelu",
    forward="prelu_forward",
    backward="prelu_backward",
    cases=_cases,
    differentiable=("x",),
    batched=("x",),
)
