"""The losses of labels on paper, by themselves and behind a linear classifier."""

from __future__ import annotations

from .derivation import Claim, Derivation, Node

__all__ = ["LINEAR_SOFTMAX", "LINEAR_SVM", "SOFTMAX", "SVM"]

N, C = Node, Claim

SOFTMAX = Derivation(
    name="softmax",
    title="Softmax cross-entropy",
    inputs="x: (N, C), y: labels(C, N)",
    constants=(N("t", "(y[:, None] == arange(x.shape[1])) * 1.0"),),
    symbols={"len(x)": "N"},
    axes=("n", "c"),
    text="$t$ holds the labels as unit vectors.",
    nodes=(
        N("e", "exp(x)"),
        N("s", "e.sum(1, keepdims=True)"),
        N("p", "e / s"),
        N("L", "-(t * log(p)).sum() / len(x)"),
    ),
    claims=(
        C("p", "-t / p / len(x)"),
        C("s", "-(dp * e).sum(1, keepdims=True) / s ** 2"),
        C("e", "dp / s", through="p"),
        C("e", "dp / s + ds"),
        C("x", "de * e"),
        C("x", "(p - t) / len(x)", text="which is, with the lines above inserted,"),
    ),
    source=(
        "Goodfellow, Bengio and Courville, “Deep Learning” (2016), section 6.2.2.3; CS231n, notes "
        "on “Linear Classification”, section “Softmax classifier”."
    ),
)

SVM = Derivation(
    name="svm",
    title="Multiclass hinge loss",
    inputs="x: (N, C), y: labels(C, N)",
    constants=(N("t", "(y[:, None] == arange(x.shape[1])) * 1.0"),),
    symbols={"len(x)": "N"},
    axes=("n", "j"),
    text=(
        "$t$ holds the labels as unit vectors; the margin of the true class does not "
        "count. Away from margins that are exactly zero."
    ),
    nodes=(
        N("c", "(x * t).sum(1, keepdims=True)"),
        N("m", "x - c + 1"),
        N("L", "(maximum(m, 0) * (1 - t)).sum() / len(x)"),
    ),
    claims=(
        C("m", "(m > 0) * (1 - t) / len(x)"),
        C("c", "-dm.sum(1, keepdims=True)"),
        C("x", "dm + dc * t"),
    ),
    source=(
        "Weston and Watkins, “Support Vector Machines for Multi-Class Pattern Recognition” (1999), "
        "for the loss; CS231n, notes on “Optimization”, section “Computing the gradient "
        "analytically”."
    ),
)

_SCORES = {"data": "L_d", "reg": r"\lambda", "len(X)": "N"}

LINEAR_SVM = Derivation(
    name="svm_loss_naive",
    title="Hinge loss of a linear classifier",
    inputs="W: (D, C), X: (N, D), y: labels(C, N), reg: 0.35",
    constants=(N("t", "(y[:, None] == arange(W.shape[1])) * 1.0"),),
    symbols=_SCORES,
    axes=("n", "j"),
    text="$t$ holds the labels as unit vectors; the margin of the true class does not count.",
    nodes=(
        N("s", "X @ W"),
        N("c", "(s * t).sum(1, keepdims=True)", text="The score of the true class:"),
        N("m", "s - c + 1"),
        N("data", "(maximum(m, 0) * (1 - t)).sum() / len(X)"),
        N("L", "data + reg * (W ** 2).sum()"),
    ),
    claims=(
        C("m", "(m > 0) * (1 - t) / len(X)", text="A margin counts where it is positive:"),
        C("c", "-dm.sum(1, keepdims=True)", text="The true class is in all margins of its row:"),
        C("s", "dm + dc * t"),
        C("W", "X.T @ ds", through="s", text="The scores are an affine layer without a bias:"),
        C("W", "2 * reg * W", through="L", text="and the regularisation has no factor ½:"),
        C("W", "X.T @ ds + 2 * reg * W"),
    ),
    closing=(
        "Example by example: each positive margin adds $x_n$ to its column of $\\bar W$ and takes "
        "$x_n$ from the column of the true class."
    ),
    source="CS231n, notes on “Optimization”, section “Computing the gradient analytically”.",
    rows=("svm_loss_vectorized",),
)

LINEAR_SOFTMAX = Derivation(
    name="softmax_loss_naive",
    title="Softmax cross-entropy of a linear classifier",
    inputs="W: (D, C), X: (N, D), y: labels(C, N), reg: 0.35",
    constants=(N("t", "(y[:, None] == arange(W.shape[1])) * 1.0"),),
    symbols=_SCORES,
    axes=("n", "c"),
    text="$t$ holds the labels as unit vectors.",
    nodes=(
        N("s", "X @ W"),
        N(
            "data",
            "(log(exp(s).sum(1)) - (s * t).sum(1)).mean()",
            text="$-\\log p$ of the true class, written without the probabilities:",
        ),
        N("L", "data + reg * (W ** 2).sum()"),
    ),
    claims=(
        C(
            "s",
            "(exp(s) / exp(s).sum(1, keepdims=True) - t) / len(X)",
            text="The steps to this are those of [softmax cross-entropy](softmax.md), $(p - t)/N$:",
        ),
        C("W", "X.T @ ds", through="s", text="The scores are an affine layer without a bias:"),
        C("W", "2 * reg * W", through="L", text="and the regularisation has no factor ½:"),
        C("W", "X.T @ ds + 2 * reg * W"),
    ),
    source="CS231n, notes on “Linear Classification”, section “Softmax classifier”.",
    rows=("softmax_loss_vectorized",),
)
