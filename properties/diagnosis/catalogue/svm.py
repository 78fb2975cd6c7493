"""Multiclass hinge: margins, the true class, the mean over examples."""

from __future__ import annotations

from ...judge.mismatch import Kind
from ..misconception import Group, Misconception

_loss = Group(layer="svm", function="svm_loss", argument="loss")
_dx = Group(layer="svm", function="svm_loss", argument="dx")

MISCONCEPTIONS: tuple[Misconception, ...] = (
    _loss(
        "not divided by N",
        "hinge.sum()",
        "The loss is a mean over examples: divide by N.",
        "~jax3113",
    ),
    _loss(
        "true class counted",
        "hinge.sum() / N + 1",
        "The true class is not counted: its margin is always 1.",
        "light9",
    ),
    _loss(
        "divided by N C",
        "hinge.mean()",
        "Divide by the number of examples, not by examples times classes.",
        "~jax1023",
    ),
    _loss(
        "margin missing",
        "np.where(wrong, np.maximum(0, x - correct), 0).sum() / N",
        "The margin of 1 is missing.",
        "~mlpack1648",
    ),
    _loss(
        "sign of the margin",
        "np.where(wrong, np.maximum(0, correct - x + 1), 0).sum() / N",
        "Sign: the wrong score minus the true score.",
        "~mlpack1648",
    ),
    _loss(
        "not clipped at zero",
        "np.where(wrong, x - correct + 1, 0).sum() / N",
        "Satisfied margins count as 0, not as negative.",
        "~nyu832",
    ),
    _loss(
        "squared hinge",
        "(hinge ** 2).sum() / N",
        "That is the squared hinge.",
        "~chainer546",
    ),
    _loss(
        "halved",
        "0.5 * hinge.sum() / N",
        "The hinge has no 1/2.",
    ),
    _loss(
        "maximum for sum",
        "hinge.max(1).sum() / N",
        ("Add up all violated margins; the maximum alone is Crammer and Singer's hinge."),
        "~mlpack1648",
    ),
    _loss(
        "margin two",
        "np.where(wrong, np.maximum(0, x - correct + 2), 0).sum() / N",
        "The margin is 1.",
        "mlpack1648",
    ),
    _loss(
        "compared with the largest score",
        ("np.where(wrong, np.maximum(0, x - x.max(1, keepdims=True) + 1), 0).sum() / N"),
        "Compare with the true class's score, not with the largest.",
    ),
    _loss(
        "divided by C - 1",
        "hinge.sum() / (N * (C - 1))",
        "Divide by N alone.",
        "~jax1023",
    ),
    _dx(
        "not divided by N",
        "g * N",
        "The loss is divided by N, so its gradient is, too.",
        "~so6527",
        "~mlfs135",
    ),
    _dx(
        "true class missing",
        "np.where(wrong, active, 0) / N",
        ("The true class's score stands in every margin: its gradient is minus their number."),
        "mantasu9",
        "newbedev",
    ),
    _dx(
        "true class counted once",
        "(active * wrong - onehot) / N",
        "The true class gets minus the NUMBER of violated margins, not -1.",
        "mantasu9",
    ),
    _dx(
        "sign of the true class",
        "(active * wrong + onehot * count) / N",
        "The true class's score enters with a minus sign.",
        "~mantasu9",
    ),
    _dx(
        "true class counted",
        "((m0 > 0) * 1.0 - onehot * count) / N",
        ("The true class's own margin is counted: with -= its 1 stays in the gradient."),
        "~bruce5",
    ),
    _dx(
        "margin for its step",
        "(hinge - onehot * hinge.sum(1, keepdims=True)) / N",
        "The derivative of the hinge is 1 where it is positive, not its value.",
    ),
    _dx(
        "squared hinge",
        "2 * (hinge - onehot * hinge.sum(1, keepdims=True)) / N",
        "That is the gradient of the squared hinge.",
        "~chainer546",
    ),
    _dx(
        "sign reversed",
        "-g",
        "The gradient points uphill; the sign is the loss's.",
        "~newbedev",
    ),
    _dx(
        "true class gets C - 1",
        "(active * wrong - onehot * (C - 1)) / N",
        "Only violated margins count for the true class.",
        "~newbedev",
    ),
    _dx(
        "counted over examples",
        "(active * wrong - onehot * (active * wrong).sum(0)) / N",
        "Count violated margins for each example (axis 1), not for each class.",
    ),
    _dx(
        "times the loss",
        "g * (hinge.sum() / N)",
        "No upstream factor: the loss is the end of the graph.",
    ),
    _dx(
        "active at zero",
        (
            "((np.where(wrong, m0, -1) >= 0) * 1.0 - onehot * (np.where(wrong, m0, "
            "-1) >= 0).sum(1, keepdims=True)) / N"
        ),
        "At a margin of exactly zero you take the other subgradient.",
        "~cs274",
        kind=Kind.CONVENTION,
    ),
)
