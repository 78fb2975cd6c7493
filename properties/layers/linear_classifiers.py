"""Losses of a weight matrix: hinge and cross-entropy of the scores X W, plus reg Σ W²."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from hypothesis import strategies as st

from reference import linear_classifiers

from ..spec.case import Case, Run
from ..spec.misconception import Misconceptions
from ..spec.row import Bounds, Kinks, LayerSpec, Precision, Purpose, Reading, Reference
from ..spec.values import CLASSES, SEEDS, SIDES, Values, batch_sizes, values
from ..spec.ways import Ways, sizes
from . import linear_classifiers_misconceptions as wrong
from .softmax import GUARDS


def _make(v: Values, n: int, d: int, classes: int) -> Case:
    args = {
        "W": v.tame((d, classes)),
        "X": v.array((n, d)),
        "y": v.labels(n, classes),
        "reg": v.choice(0.5, 0.0, 0.125, 2.0),
    }
    return Case(args=args, family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case]:
    return st.builds(_make, values(purpose), batch_sizes(purpose), SIDES, CLASSES)


def _softmax_cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.EXTREME:
        return st.builds(_loud, _cases(Purpose.ORDINARY), st.sampled_from((1e3, 1e5)))
    return None if purpose in (Purpose.KINK, Purpose.INTEGER) else _cases(purpose)


def _loud(case: Case, times: float) -> Case:
    """Scores whose exponentials overflow, or all underflow."""
    return case.with_args(W=times * case.args["W"])


def _svm_cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.EXTREME:
        return None  # the loss of scores speaks of those
    if purpose is not Purpose.SMOOTH:
        return _cases(purpose)
    drawn = st.builds(Values, st.just("dyadic"), SEEDS)
    return st.builds(_apart, drawn, batch_sizes(purpose), SIDES, CLASSES)


def _apart(v: Values, n: int, d: int, classes: int) -> Case:
    """No margin is nearer to zero than 1/16: scores are halves, and each class has a shift."""
    case = _make(v, n, d, classes)
    W, X = np.round(2.0 * case.args["W"]) / 2.0, np.round(case.args["X"])
    W[-1], X[:, -1] = v.rng.permutation(classes) / 16.0, 1.0
    return case.with_args(W=W, X=X)


def _doubled(case: Case) -> Case:
    return case.with_args(reg=2.0 * case.args["reg"])


_WHOLE = Reading(name="reg", sentence="regularisation adds reg times the sum of squares")
_HALF = Reading(
    name="half reg",
    sentence="regularisation adds half of reg times the sum of squares",
    send=_doubled,
)


def _guarded(guard: int, case: Case, run: Run | None, precision: Precision) -> Bounds:
    of = (case.args[name] for name in ("W", "X", "y", "reg"))
    loss = linear_classifiers.guarded_softmax(*of, guard=GUARDS[guard], precision=precision)
    return {"loss": loss}


def _with_guard(reading: Reading, guard: int) -> Reading:
    return replace(
        reading,
        name=f"{reading.name}, {GUARDS[guard].kind} {GUARDS[guard].eps:g}",
        sentence=f"{reading.sentence}; {GUARDS[guard].sentence}",
        value=partial(_guarded, guard),
    )


_PENALISED = """
penalty = reg * (W ** 2).sum()
loss = data + penalty
dW = X.T @ ds + 2 * reg * W
"""
_GIVEN = (
    sizes(X="N D", W="_ C")
    + """
rows = np.arange(N)
onehot = np.eye(C)[y]
wrong = onehot == 0
"""
)
_HINGE = f"""
x = X @ W
correct = (x * onehot).sum(1)[:, None]
m0 = x - correct + 1
hinge = np.maximum(0, m0) * wrong
data = hinge.sum() / N
counted = (m0 > 0) * wrong
ds = (counted - onehot * counted.sum(1)[:, None]) / N
{_PENALISED}"""
_HINGE_BY_INDEX = """
x = np.einsum('nd,dc->nc', X, W)
margins = np.where(wrong, np.maximum(0, x - x[rows, y][:, None] + 1), 0)
over = 1.0 * (margins > 0)
counts = over - onehot * over.sum(1)[:, None]
loss = margins.sum() / N + reg * np.sum(W * W)
dW = X.T @ counts / N + reg * (W + W)
"""
_ENTROPY = f"""
x = X @ W
x0 = x - x.max(1)[:, None]
logp = x0 - np.log(np.exp(x0).sum(1))[:, None]
data = -(onehot * logp).sum() / N
probs = np.exp(logp)
ds = (probs - onehot) / N
{_PENALISED}"""
_ENTROPY_BY_INDEX = """
x = np.einsum('nd,dc->nc', X, W)
x0 = x - x.max(1)[:, None]
total = np.exp(x0).sum(1)
off = np.exp(x0) / total[:, None] - onehot
loss = (np.log(total) - x0[rows, y]).sum() / N + reg * np.sum(W * W)
dW = X.T @ off / N + reg * (W + W)
"""

_SVM = LayerSpec(
    name="svm_loss_naive",
    forward="svm_loss_naive",
    backward=None,
    cases=_svm_cases,
    differentiable=("W",),
    inputs={"svm": "W: (D, C), X: (N, D), y: labels(C, N), reg: 0.125"},
    value="loss",
    reference=Reference(forward=linear_classifiers.svm, vjp=linear_classifiers.svm_gradient),
    batched=("X", "y"),
    adds_up=-1,
    kinks=Kinks(how="entrywise"),
    readings=(_WHOLE, _HALF),
    ways=Ways(arguments="W, X, y, reg", given=_GIVEN, texts={"": (_HINGE, _HINGE_BY_INDEX)}),
)
_SOFTMAX = LayerSpec(
    name="softmax_loss_naive",
    forward="softmax_loss_naive",
    backward=None,
    cases=_softmax_cases,
    differentiable=("W",),
    inputs={"softmax": "W: (D, C), X: (N, D), y: labels(C, N), reg: 0.125"},
    value="loss",
    reference=Reference(
        forward=linear_classifiers.softmax, vjp=linear_classifiers.softmax_gradient
    ),
    batched=("X", "y"),
    adds_up=-1,
    readings=(
        *(_WHOLE, _HALF),
        *(_with_guard(one, k) for k in range(len(GUARDS)) for one in (_WHOLE, _HALF)),
    ),
    ways=Ways(arguments="W, X, y, reg", given=_GIVEN, texts={"": (_ENTROPY, _ENTROPY_BY_INDEX)}),
)


def _row(row: LayerSpec, name: str, text: str) -> LayerSpec:
    told = Misconceptions(name, text.replace("NAME", name))
    return replace(row, name=name, layer=name, forward=name, misconceptions=told)


LINEAR_CLASSIFIERS = (
    _row(_SVM, "svm_loss_naive", wrong.SVM),
    _row(_SVM, "svm_loss_vectorized", wrong.SVM),
    _row(_SOFTMAX, "softmax_loss_naive", wrong.SOFTMAX),
    _row(_SOFTMAX, "softmax_loss_vectorized", wrong.SOFTMAX),
)
