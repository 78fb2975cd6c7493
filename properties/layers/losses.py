"""Losses that return value and gradient together: multiclass hinge and cross-entropy."""

from __future__ import annotations

from functools import partial

import numpy as np
from hypothesis import strategies as st

from reference import losses
from reference.bounded import Bounded

from ..spec.case import Case, Run
from ..spec.row import Bounds, LayerSpec, Precision, Purpose, Reading, Reference
from ..spec.values import CLASSES, SEEDS, Values, batch_sizes, values


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
    return _cases(purpose)


def _apart(v: Values, n: int, classes: int) -> Case:
    case = _make(v, n, classes)
    right = np.arange(classes) == case.args["y"][:, None]
    return case.with_args(x=np.round(case.args["x"] * 2.0) / 2.0 + np.where(right, 0.25, 0.0))


def _softmax_cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    return None if purpose in (Purpose.KINK, Purpose.INTEGER) else _cases(purpose)


def _guarded(
    eps: float, clipped: bool, case: Case, run: Run | None, precision: Precision
) -> Bounds:
    """Cross-entropy of log(p + eps), or of p clipped to [eps, 1 - eps]."""
    x, y = case.args["x"], case.args["y"]
    shifted = x - x.max(axis=1, keepdims=True)
    scores = np.exp(shifted)
    p = (scores / scores.sum(axis=1, keepdims=True))[np.arange(len(y)), y]
    inner = np.clip(p, eps, 1.0 - eps) if clipped else p + eps
    plain = losses.softmax(x, y, precision=precision)
    size = 8.0 * precision.unit * (1.0 + np.abs(np.log(inner)).mean() + np.abs(x).max())
    error = np.minimum(plain.error, size) + size
    return {"loss": Bounded(-np.log(inner).mean(), error, precision)}


_GUARDS = (1e-8, 1e-10, 1e-9, 1e-7, 1e-6, 1e-5, 1e-12, 1e-15, 1e-16, 1e-20)

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
                name=f"{'clip' if clipped else 'plus'} {eps:g}",
                sentence=f"the loss takes the logarithm of {inside}",
                value=partial(_guarded, eps, clipped),
            )
            for eps in _GUARDS
            for clipped, inside in (
                (False, f"p + {eps:g}"),
                (True, f"p clipped to [{eps:g}, 1 - {eps:g}]"),
            )
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
)
