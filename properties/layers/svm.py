"""Multiclass hinge: the mean over examples of Σ max(0, x_j − x_y + 1) over the wrong classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from reference import losses

from ..spec.case import Case
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import Kinks, LayerSpec, Purpose, Reference
from ..spec.values import BATCHES, CLASSES, Values, batch_sizes, of_family, values
from ..spec.ways import Ways, sizes

LABELLED = (
    sizes(x="N C")
    + """
rows = np.arange(N)
onehot = np.eye(C)[y]
wrong = onehot == 0
"""
)


def _make(v: Values, n: int, classes: int) -> Case:
    args = {"x": v.array((n, classes)), "y": v.labels(n, classes)}
    return Case(args=args, family=v.family)


def labelled_cases(purpose: Purpose) -> st.SearchStrategy[Case]:
    """Scores and labels."""
    return st.builds(_make, values(purpose), batch_sizes(purpose), CLASSES)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.SMOOTH:  # sums of odd eighths are never closer than 1/8 to a margin of 0
        return st.builds(_apart, of_family("dyadic"), batch_sizes(purpose), CLASSES)
    cases = labelled_cases(purpose)
    if purpose is Purpose.ORDINARY:
        edge = st.builds(_on_edge, of_family("dyadic"), BATCHES, CLASSES)
        return st.one_of(cases, cases, cases, edge)
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


_WAYS = Ways(
    arguments="x, y",
    given=LABELLED,
    texts={
        "": (
            """
n = N
label = y
correct = x[rows, label][:, None]
m0 = x - correct + 1
hinge = np.maximum(0, m0) * (1 - onehot)
loss = hinge.sum() / n
active = (m0 > 0) * 1.0
counted = active * (1 - onehot)
count = counted.sum(1)[:, None]
dx = (counted - np.eye(C)[label] * count) / n
""",
            """
n = N
label = y
onehot = np.eye(C)[label]
score = (x * onehot).sum(1)
margins = np.maximum(0, x - score[:, None] + 1) - onehot
loss = margins.sum() / n
over = margins > 0
dx = (over - onehot * over.sum(1)[:, None]) / n
""",
        )
    },
)

_MISCONCEPTIONS = """
svm_loss, loss
  not divided by N
    = hinge.sum()
    The loss is a mean over examples: divide by N. [~jax3113]
  true class counted
    = hinge.sum() / N + 1
    The true class is not counted: its margin is always 1. [light9]
  divided by N C
    = hinge.mean()
    Divide by the number of examples, not by examples times classes. [~jax1023]
  margin missing
    = np.where(wrong, np.maximum(0, x - correct), 0).sum() / N
    The margin of 1 is missing. [~mlpack1648]
  sign of the margin
    = np.where(wrong, np.maximum(0, correct - x + 1), 0).sum() / N
    Sign: the wrong score minus the true score. [~mlpack1648]
  not clipped at zero
    = np.where(wrong, x - correct + 1, 0).sum() / N
    Satisfied margins count as 0, not as negative. [~nyu832]
  squared hinge
    = (hinge ** 2).sum() / N
    That is the squared hinge. [~chainer546]
  halved
    = 0.5 * hinge.sum() / N
    The hinge has no 1/2.
  maximum for sum
    = hinge.max(1).sum() / N
    Add up all violated margins; the maximum alone is Crammer and Singer's hinge. [~mlpack1648]
  margin two
    = np.where(wrong, np.maximum(0, x - correct + 2), 0).sum() / N
    The margin is 1. [mlpack1648]
  compared with the largest score
    = np.where(wrong, np.maximum(0, x - x.max(1, keepdims=True) + 1), 0).sum() / N
    Compare with the true class's score, not with the largest.
  divided by C - 1
    = hinge.sum() / (N * (C - 1))
    Divide by N alone. [~jax1023]
svm_loss, dx
  not divided by N
    = dx * N
    The loss is divided by N, so its gradient is, too. [~so6527 ~mlfs135]
  true class missing
    = np.where(wrong, active, 0) / N
    The true class's score stands in every margin: its gradient is minus their number. [mantasu9
      newbedev]
  true class counted once
    = (active * wrong - onehot) / N
    The true class gets minus the NUMBER of violated margins, not -1. [mantasu9]
  sign of the true class
    = (active * wrong + onehot * count) / N
    The true class's score enters with a minus sign. [~mantasu9]
  true class counted
    = ((m0 > 0) * 1.0 - onehot * count) / N
    The true class's own margin is counted: with -= its 1 stays in the gradient. [~bruce5]
  margin for its step
    = (hinge - onehot * hinge.sum(1, keepdims=True)) / N
    The derivative of the hinge is 1 where it is positive, not its value.
  squared hinge
    = 2 * (hinge - onehot * hinge.sum(1, keepdims=True)) / N
    That is the gradient of the squared hinge. [~chainer546]
  sign reversed
    = -dx
    The gradient points uphill; the sign is the loss's. [~newbedev]
  true class gets C - 1
    = (active * wrong - onehot * (C - 1)) / N
    Only violated margins count for the true class. [~newbedev]
  counted over examples
    = (active * wrong - onehot * (active * wrong).sum(0)) / N
    Count violated margins for each example (axis 1), not for each class.
  times the loss
    = dx * (hinge.sum() / N)
    No upstream factor: the loss is the end of the graph.
  active at zero (convention)
    = ((np.where(wrong, m0, -1) >= 0) * 1.0 - onehot * (np.where(wrong, m0, -1) >= 0).sum(1,
      keepdims=True)) / N
    At a margin of exactly zero you take the other subgradient. [~cs274]
"""

SVM = LayerSpec(
    name="svm",
    forward="svm_loss",
    backward=None,
    cases=_cases,
    differentiable=("x",),
    inputs={"svm": "x: (N, C), y: labels(C)"},
    value="loss",
    reference=Reference(forward=losses.svm, vjp=losses.svm_gradient),
    batched=("x", "y"),
    adds_up=-1,
    kinks=Kinks(how="entrywise", other="counts a margin of exactly zero"),
    ways=_WAYS,
    misconceptions=Misconceptions("svm", _MISCONCEPTIONS),
    hints=Hints(factors=("x",)),
)
