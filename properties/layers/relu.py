"""ReLU: out = max(x, 0); at zero any value between 0 and dout is a subgradient."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import relu

from ..spec.case import Case
from ..spec.row import Kinks, LayerSpec, Purpose, Reference
from ..spec.values import ANY_SHAPE, SEEDS, Values, values


def _make(v: Values, shape: tuple[int, ...]) -> Case:
    return Case(args={"x": v.array(shape)}, dout=v.upstream(shape), family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case]:
    if purpose is Purpose.EMPTY:
        return st.builds(_make, values(purpose), st.sampled_from(((0, 3), (0, 2, 2))))
    if purpose is Purpose.SMOOTH:  # dyadic values are never closer than 1/8 to the kink
        return st.builds(_make, st.builds(Values, st.just("dyadic"), SEEDS), ANY_SHAPE)
    if purpose is Purpose.KINK:
        return st.builds(_make, st.builds(Values, st.just("ties"), SEEDS), ANY_SHAPE)
    return st.builds(_make, values(purpose, beside_kinks=("faint", "subnormal")), ANY_SHAPE)


RELU = LayerSpec(
    name="relu",
    forward="relu_forward",
    backward="relu_backward",
    cases=_cases,
    differentiable=("x",),
    reference=Reference(forward=relu.forward, vjp=relu.vjp),
    batched=("x",),
    kinks=Kinks(how="elementwise", other="takes another slope than 0 at x = 0"),
)
