"""Losses of a weight matrix: of the scores X W, plus reg Σ W²; what the hinge and the
cross-entropy share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from ..spec.case import Case
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reading
from ..spec.same import as_row
from ..spec.values import CLASSES, SIDES, Values, batch_sizes, values
from ..spec.ways import Ways, sizes


def make(v: Values, n: int, d: int, classes: int) -> Case:
    """Weights, inputs and labels."""
    args = {
        "W": v.tame((d, classes)),
        "X": v.array((n, d)),
        "y": v.labels(n, classes),
        "reg": v.choice(0.5, 0.0, 0.125, 2.0),
    }
    return Case(args=args, family=v.family)


def labelled(purpose: Purpose) -> st.SearchStrategy[Case]:
    """The usual cases of a purpose."""
    return st.builds(make, values(purpose), batch_sizes(purpose), SIDES, CLASSES)


def _doubled(case: Case) -> Case:
    return case.with_args(reg=2.0 * case.args["reg"])


WHOLE = Reading(name="reg", sentence="regularisation adds reg times the sum of squares")
HALF = Reading(
    name="half reg",
    sentence="regularisation adds half of reg times the sum of squares",
    send=_doubled,
)

PENALISED = """
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


def rows(loss: str, wrong: str, texts: tuple[str, ...], **own: Any) -> tuple[LayerSpec, ...]:
    """The rows of a loss, with loops and without.

    ``wrong`` are its misconceptions as text, with ``NAME`` for the function; ``texts`` its ways.
    """
    ways = Ways(arguments="W, X, y, reg", given=_GIVEN, texts={"": texts})
    naive = f"{loss}_loss_naive"
    row = LayerSpec(
        name=naive,
        forward=naive,
        backward=None,
        differentiable=("W",),
        inputs={loss: "W: (D, C), X: (N, D), y: labels(C, N), reg: 0.125"},
        value="loss",
        batched=("X", "y"),
        adds_up=-1,
        ways=ways,
        misconceptions=Misconceptions(naive, wrong.replace("NAME", naive)),
        **own,
    )
    name = f"{loss}_loss_vectorized"
    vectorized = replace(
        row,
        name=name,
        layer=name,
        forward=name,
        same_as=as_row(row, naive),
        misconceptions=Misconceptions(name, wrong.replace("NAME", name)),
    )
    return row, vectorized
