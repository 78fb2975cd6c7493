"""Affine - ReLU and affine - batchnorm - ReLU."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import composed

from ..spec.case import Case
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import SEEDS, SIDES, TRAILING, Values, batch_sizes, values
from .affine import AFFINE
from .batchnorm import bn_param


def _away_from_kinks(purpose: Purpose) -> st.SearchStrategy[Values]:
    # Numerical derivatives that step over a kink are inconclusive, not wrong.
    return (
        st.builds(Values, st.just("normal"), SEEDS)
        if purpose is Purpose.SMOOTH
        else values(purpose)
    )


def _relu_cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    return AFFINE.cases(purpose)


AFFINE_RELU = LayerSpec(
    name="affine_relu",
    forward="affine_relu_forward",
    backward="affine_relu_backward",
    cases=_relu_cases,
    differentiable=("x", "w", "b"),
    reference=Reference(forward=composed.affine_relu, vjp=composed.affine_relu_vjp),
    batched=("x",),
)


def _make(purpose: Purpose, v: Values, n: int, trailing: tuple[int, ...], m: int) -> Case:
    d = 1
    for side in trailing:
        d *= side
    args = {
        "x": v.array((n, *trailing)),
        "w": v.tame((d, m)),
        "b": v.array((m,)),
        "gamma": v.tame((m,)),
        "beta": v.tame((m,)),
        "bn_param": bn_param(v, m, "train", purpose),
    }
    return Case(args=args, dout=v.upstream((n, m)), family=v.family)


def _normalised_cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.INTEGER):
        return None
    sizes = st.integers(3, 6) if purpose is Purpose.SMOOTH else batch_sizes(purpose)
    return st.builds(_make, st.just(purpose), _away_from_kinks(purpose), sizes, TRAILING, SIDES)


AFFINE_BATCHNORM_RELU = LayerSpec(
    name="affine_batchnorm_relu",
    forward="affine_batchnorm_relu_forward",
    backward="affine_batchnorm_relu_backward",
    cases=_normalised_cases,
    differentiable=("x", "w", "b", "gamma", "beta"),
    reference=Reference(
        forward=composed.affine_batchnorm_relu,
        vjp=composed.affine_batchnorm_relu_vjp,
        state=composed.affine_batchnorm_relu_running,
    ),
)
