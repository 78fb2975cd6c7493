"""Affine - ReLU and affine - batchnorm - ReLU."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import composed

from ..spec.case import Case
from ..spec.row import Kinks, LayerSpec, Purpose, Reference
from ..spec.values import SEEDS, SIDES, TRAILING, Values, batch_sizes, values
from .affine import make as make_affine
from .batchnorm import bn_param

_TINY = ("faint", "least")


def _away_from_kinks(purpose: Purpose) -> st.SearchStrategy[Values]:
    # Numerical derivatives that step over a kink are inconclusive, not wrong.
    return (
        st.builds(Values, st.just("normal"), SEEDS)
        if purpose is Purpose.SMOOTH
        else values(purpose, beside_kinks=_TINY)
    )


def _relu_cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.KINK:  # zeros before the ReLU are common
        ties = st.builds(Values, st.just("ties"), SEEDS)
        few = st.integers(1, 3)
        return st.builds(make_affine, ties, few, st.sampled_from(((2,), (3,), (1, 2))), few)
    drawn = values(purpose, beside_kinks=_TINY)
    return st.builds(make_affine, drawn, batch_sizes(purpose), TRAILING, SIDES)


AFFINE_RELU = LayerSpec(
    name="affine_relu",
    forward="affine_relu_forward",
    backward="affine_relu_backward",
    cases=_relu_cases,
    differentiable=("x", "w", "b"),
    reference=Reference(forward=composed.affine_relu, vjp=composed.affine_relu_vjp),
    batched=("x",),
    kinks=Kinks(how="entrywise"),
)


def _make(purpose: Purpose, v: Values, n: int, trailing: tuple[int, ...], m: int) -> Case:
    d = 1
    for side in trailing:
        d *= side
    # The ReLU's input is of the size of gamma and beta, whatever that of x.
    outer, inner = (v.tame, v.array) if v.family in _TINY else (v.array, v.tame)
    args = {
        "x": outer((n, *trailing)),
        "w": v.tame((d, m)),
        "b": outer((m,)),
        "gamma": inner((m,)),
        "beta": inner((m,)),
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
