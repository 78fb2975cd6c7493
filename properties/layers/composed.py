"""Affine - ReLU and affine - batchnorm - ReLU."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from reference import composed

from ..spec.case import Case, Run
from ..spec.row import Bounds, LayerSpec, Precision, Purpose, Reference
from ..spec.values import SEEDS, SIDES, TRAILING, Values, batch_sizes, values
from .affine import AFFINE
from .batchnorm import bn_param, options


def _away_from_kinks(purpose: Purpose) -> st.SearchStrategy[Values]:
    # Numerical derivatives that step over a kink are inconclusive, not wrong.
    return (
        st.builds(Values, st.just("normal"), SEEDS)
        if purpose is Purpose.SMOOTH
        else values(purpose)
    )


def _relu_cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    return AFFINE.cases(purpose)


def _relu_value(case: Case, run: Run | None, precision: Precision) -> Bounds:
    return {"out": composed.affine_relu(**case.args, unit=precision.unit)}


def _relu_gradients(case: Case, run: Run | None, precision: Precision) -> Bounds:
    dx, dw, db = composed.affine_relu_vjp(case.upstream, **case.args, unit=precision.unit)
    return {"x": dx, "w": dw, "b": db}


AFFINE_RELU = LayerSpec(
    name="affine_relu",
    forward="affine_relu_forward",
    backward="affine_relu_backward",
    cases=_relu_cases,
    differentiable=("x", "w", "b"),
    reference=Reference(value=_relu_value, gradients=_relu_gradients),
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


def _normalised_value(case: Case, run: Run | None, precision: Precision) -> Bounds:
    given = options(case)
    momentum = given.pop("momentum")
    args = {name: case.args[name] for name in ("x", "w", "b", "gamma", "beta")}
    accuracy: dict[str, Any] = {"unit": precision.unit, "stable": precision.stable}
    truth = {"out": composed.affine_batchnorm_relu(**args, **given, **accuracy)}
    if given["mode"] == "train":
        old = {name: given[name] for name in ("running_mean", "running_var")}
        mean, var = composed.affine_batchnorm_relu_running(
            args["x"], args["w"], args["b"], momentum=momentum, **old, **accuracy
        )
        truth |= {"running_mean": mean, "running_var": var}
    return truth


def _normalised_gradients(case: Case, run: Run | None, precision: Precision) -> Bounds:
    args = {name: case.args[name] for name in ("x", "w", "b", "gamma", "beta")}
    gradients = composed.affine_batchnorm_relu_vjp(
        case.upstream,
        **args,
        eps=options(case)["eps"],
        unit=precision.unit,
        stable=precision.stable,
    )
    return dict(zip(args, gradients, strict=True))


AFFINE_BATCHNORM_RELU = LayerSpec(
    name="affine_batchnorm_relu",
    forward="affine_batchnorm_relu_forward",
    backward="affine_batchnorm_relu_backward",
    cases=_normalised_cases,
    differentiable=("x", "w", "b", "gamma", "beta"),
    reference=Reference(value=_normalised_value, gradients=_normalised_gradients),
)
