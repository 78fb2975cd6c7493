"""Cross-entropy of the softmax of a weight matrix's scores."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from hypothesis import strategies as st

from reference import linear_classifiers

from ..spec.case import Case, Run
from ..spec.row import Bounds, Precision, Purpose, Reading, Reference
from . import linear_classifiers_misconceptions as wrong
from .linear_classifiers import HALF, PENALISED, WHOLE, labelled, rows
from .softmax import GUARDS


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.EXTREME:
        return st.builds(_loud, labelled(Purpose.ORDINARY), st.sampled_from((1e3, 1e5)))
    return None if purpose in (Purpose.KINK, Purpose.INTEGER) else labelled(purpose)


def _loud(case: Case, times: float) -> Case:
    """Scores whose exponentials overflow, or all underflow."""
    return case.with_args(W=times * case.args["W"])


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


_ENTROPY = f"""
x = X @ W
x0 = x - x.max(1)[:, None]
logp = x0 - np.log(np.exp(x0).sum(1))[:, None]
data = -(onehot * logp).sum() / N
probs = np.exp(logp)
ds = (probs - onehot) / N
{PENALISED}"""
_ENTROPY_BY_INDEX = """
x = np.einsum('nd,dc->nc', X, W)
x0 = x - x.max(1)[:, None]
total = np.exp(x0).sum(1)
off = np.exp(x0) / total[:, None] - onehot
loss = (np.log(total) - x0[rows, y]).sum() / N + reg * np.sum(W * W)
dW = X.T @ off / N + reg * (W + W)
"""

LINEAR_SOFTMAX = rows(
    "softmax",
    wrong.SOFTMAX,
    (_ENTROPY, _ENTROPY_BY_INDEX),
    cases=_cases,
    reference=Reference(
        forward=linear_classifiers.softmax, vjp=linear_classifiers.softmax_gradient
    ),
    readings=(
        *(WHOLE, HALF),
        *(_with_guard(one, k) for k in range(len(GUARDS)) for one in (WHOLE, HALF)),
    ),
)
