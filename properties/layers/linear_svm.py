"""Hinge loss of a weight matrix, with a margin of 1."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from reference import linear_classifiers

from ..spec.case import Case
from ..spec.row import Kinks, Purpose, Reference
from ..spec.values import CLASSES, SIDES, Values, batch_sizes, of_family
from . import linear_classifiers_misconceptions as wrong
from .linear_classifiers import HALF, PENALISED, WHOLE, labelled, make, rows


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.EXTREME:
        return None  # the loss of scores speaks of those
    if purpose is not Purpose.SMOOTH:
        return labelled(purpose)
    return st.builds(_apart, of_family("dyadic"), batch_sizes(purpose), SIDES, CLASSES)


def _apart(v: Values, n: int, d: int, classes: int) -> Case:
    """No margin is nearer to zero than 1/16: scores are halves, and each class has a shift."""
    case = make(v, n, d, classes)
    W, X = np.round(2.0 * case.args["W"]) / 2.0, np.round(case.args["X"])
    W[-1], X[:, -1] = v.rng.permutation(classes) / 16.0, 1.0
    return case.with_args(W=W, X=X)


_HINGE = f"""
x = X @ W
correct = (x * onehot).sum(1)[:, None]
m0 = x - correct + 1
hinge = np.maximum(0, m0) * wrong
data = hinge.sum() / N
counted = (m0 > 0) * wrong
ds = (counted - onehot * counted.sum(1)[:, None]) / N
{PENALISED}"""
_HINGE_BY_INDEX = """
x = np.einsum('nd,dc->nc', X, W)
margins = np.where(wrong, np.maximum(0, x - x[rows, y][:, None] + 1), 0)
over = 1.0 * (margins > 0)
counts = over - onehot * over.sum(1)[:, None]
loss = margins.sum() / N + reg * np.sum(W * W)
dW = X.T @ counts / N + reg * (W + W)
"""

LINEAR_SVM = rows(
    "svm",
    wrong.SVM,
    (_HINGE, _HINGE_BY_INDEX),
    cases=_cases,
    reference=Reference(forward=linear_classifiers.svm, vjp=linear_classifiers.svm_gradient),
    kinks=Kinks(how="entrywise"),
    readings=(WHOLE, HALF),
)
