"""The losses on paper, and the net that ends in one."""

from __future__ import annotations

from .derivation import Claim, Derivation, Node

__all__ = ["SOFTMAX", "SVM", "TWO_LAYER_NET"]

N, C = Node, Claim

SOFTMAX = Derivation(
    name="softmax",
    title="Softmax cross-entropy",
    inputs="x: (5, 3), y: labels(3)",
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
)

SVM = Derivation(
    name="svm",
    title="Multiclass hinge loss",
    inputs="x: (5, 3), y: labels(3)",
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
)

TWO_LAYER_NET = Derivation(
    name="two_layer_net",
    title="Two-layer net",
    inputs="X: (4, 5), y: labels(3), W1: (6, 5), b1: (6,), W2: (3, 6), b2: (3,), reg: 0.35",
    constants=(N("t", "(y[:, None] == arange(3)) * 1.0"),),
    symbols={"data": "L_d", "reg": r"\lambda", "len(X)": "N"},
    axes=("n", "c"),
    text=(
        "Affine, ReLU, affine, softmax cross-entropy, with $\\tfrac12 \\lambda (\\lVert W_1 "
        "\\rVert^2 + \\lVert W_2 \\rVert^2)$ added."
    ),
    nodes=(
        N("z", "X @ W1.T + b1"),
        N("h", "maximum(z, 0)"),
        N("s", "h @ W2.T + b2"),
        N("data", "(log(exp(s).sum(1)) - (s * t).sum(1)).mean()"),
        N("L", "data + 0.5 * reg * ((W1 ** 2).sum() + (W2 ** 2).sum())"),
    ),
    claims=(
        C("s", "(exp(s) / exp(s).sum(1, keepdims=True) - t) / len(X)"),
        C("W2", "ds.T @ h + reg * W2"),
        C("b2", "ds.sum(0)"),
        C("h", "ds @ W2"),
        C("z", "dh * (z > 0)"),
        C("W1", "dz.T @ X + reg * W1"),
        C("b1", "dz.sum(0)"),
    ),
)
