"""Losses that return value and gradient together: multiclass hinge and cross-entropy."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from hypothesis import strategies as st

from reference import losses

from ..spec.case import Case, Run
from ..spec.row import Bounds, Kinks, LayerSpec, Precision, Purpose, Reading, Reference
from ..spec.values import BATCHES, CLASSES, SEEDS, Values, batch_sizes, values


def _make(v: Values, n: int, classes: int) -> Case:
    args = {"x": v.array((n, classes)), "y": v.labels(n, classes)}
    return Case(args=args, family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case]:
    return st.builds(_make, values(purpose), batch_sizes(purpose), CLASSES)


def _svm_cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.SMOOTH:  # sums of odd eighths are never closer than 1/8 to a margin of 0
        return st.builds(
            _apart, st.builds(Values, st.just("dyadic"), SEEDS), batch_sizes(purpose), CLASSES
        )
    cases = _cases(purpose)
    if purpose is Purpose.ORDINARY:
        drawn = st.builds(Values, st.just("dyadic"), SEEDS)
        return st.one_of(cases, cases, cases, st.builds(_on_edge, drawn, BATCHES, CLASSES))
    return cases


def _on_edge(v: Values, n: int, classes: int) -> Case:
    """Margins of either sign, down to the smallest that rounding leaves certain."""
    case = _make(v, n, classes)
    x, rows = case.args["x"], np.arange(n)
    right = x[rows, case.args["y"]][:, None]
    low, high = v.rng.choice([(-45, -40), (-45, -5)])
    margins = np.ldexp(1.0, v.rng.integers(low, high, x.shape)) * v.rng.choice([-1, 1], x.shape)
    x = np.where(v.rng.random(x.shape) < 0.5, right - 1.0 + margins, x)
    x[rows, case.args["y"]] = right[:, 0]
    return replace(case.with_args(x=x), family="edge")


def _apart(v: Values, n: int, classes: int) -> Case:
    case = _make(v, n, classes)
    right = np.arange(classes) == case.args["y"][:, None]
    return case.with_args(x=np.round(case.args["x"] * 2.0) / 2.0 + np.where(right, 0.25, 0.0))


def _softmax_cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    return None if purpose in (Purpose.KINK, Purpose.INTEGER) else _cases(purpose)


def _guarded(guard: losses.Guard, case: Case, run: Run | None, precision: Precision) -> Bounds:
    x, y = case.args["x"], case.args["y"]
    return {"loss": losses.guarded_softmax(x, y, guard, precision=precision)}


_SIZES = (1e-8, 1e-10, 1e-9, 1e-7, 1e-6, 1e-5, 1e-12, 1e-15, 1e-16, 1e-20)
_GUARDS = tuple(losses.Guard(eps=eps, kind=kind) for eps in _SIZES for kind in ("plus", "clip"))

SOFTMAX = LayerSpec(
    name="softmax",
    forward="softmax_loss",
    backward=None,
    cases=_softmax_cases,
    differentiable=("x",),
    value="loss",
    reference=Reference(forward=losses.softmax, vjp=losses.softmax_gradient),
    batched=("x", "y"),
    adds_up=-1,
    readings=(
        Reading(name="exact", sentence="log p"),
        *(
            Reading(
                name=f"{guard.kind} {guard.eps:g}",
                sentence=guard.sentence,
                value=partial(_guarded, guard),
            )
            for guard in _GUARDS
        ),
    ),
)

SVM = LayerSpec(
    name="svm",
    forward="svm_loss",
    backward=None,
    cases=_svm_cases,
    differentiable=("x",),
    value="loss",
    reference=Reference(forward=losses.svm, vjp=losses.svm_gradient),
    batched=("x", "y"),
    adds_up=-1,
    kinks=Kinks(how="entrywise", other="counts a margin of exactly zero"),
)
