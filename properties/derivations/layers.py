"""The first layers on paper: affine, ReLU, dropout, and their compositions."""

from __future__ import annotations

from .derivation import Claim, Derivation, Node

__all__ = ["AFFINE", "AFFINE_BATCHNORM_RELU", "AFFINE_RELU", "DROPOUT", "RELU"]

N, C = Node, Claim

AFFINE = Derivation(
    name="affine",
    title="Affine layer",
    inputs="x: (N, D), w: (D, M), b: (M,)",
    text=("Each row of $x$ is one flattened example, $x \\in \\mathbb{R}^{N \\times D}$."),
    nodes=(
        N("z", "x @ w"),
        N("out", "z + b"),
    ),
    claims=(
        C("z", "dout"),
        C(
            "b",
            "dout.sum(0)",
            text=("The bias was added to every row, so its derivative is the sum over the rows."),
        ),
        C("w", "x.T @ dz"),
        C("x", "dz @ w.T"),
    ),
    source=("J. Johnson, “Derivatives, Backpropagation, and Vectorization” (CS231n, 2017)."),
)

RELU = Derivation(
    name="relu",
    title="ReLU",
    inputs="x: (N, D)",
    text=(
        "Away from zero. At zero every value between 0 and the upstream derivative is a "
        "subgradient."
    ),
    nodes=(N("out", "maximum(x, 0)"),),
    claims=(C("x", "dout * (x > 0)"),),
    source="Goodfellow, Bengio and Courville, “Deep Learning” (2016), section 6.3.",
)

DROPOUT = Derivation(
    name="dropout",
    title="Inverted dropout, train mode",
    inputs="x: (N, D), kept: mask(N, D), p: 0.375",
    symbols={"kept": r"\mathit{kept}"},
    text=("$p$ is the probability that a unit is dropped; *kept* is drawn once and is a constant."),
    nodes=(N("out", "x * kept / (1 - p)"),),
    claims=(C("x", "dout * kept / (1 - p)"),),
    source=(
        "Srivastava et al., “Dropout: A Simple Way to Prevent Neural Networks from Overfitting”, "
        "JMLR 15 (2014); CS231n, notes on “Neural Networks Part 2”, for the inverted scale."
    ),
)

AFFINE_RELU = Derivation(
    name="affine_relu",
    title="Affine, then ReLU",
    inputs="x: (N, D), w: (D, M), b: (M,)",
    nodes=(
        N("a", "x @ w + b"),
        N("out", "maximum(a, 0)"),
    ),
    claims=(
        C("a", "dout * (a > 0)"),
        C("w", "x.T @ da"),
        C("b", "da.sum(0)"),
        C("x", "da @ w.T"),
    ),
    source="CS231n, notes on “Backpropagation, Intuitions”, for the chain rule in stages.",
)

AFFINE_BATCHNORM_RELU = Derivation(
    name="affine_batchnorm_relu",
    title="Affine, batch normalisation, ReLU",
    inputs="x: (N, D), w: (D, M), b: (M,), gamma: positive(M), beta: (M,), eps: 0.125",
    symbols={"eps": r"\epsilon", "len(x)": "N", "b.shape": "M"},
    nodes=(
        N("a", "x @ w + b"),
        N("s", "sqrt(((a - a.mean(0)) ** 2).mean(0) + eps)"),
        N("ahat", "(a - a.mean(0)) / s"),
        N("h", "gamma * ahat + beta"),
        N("out", "maximum(h, 0)"),
    ),
    claims=(
        C("h", "dout * (h > 0)"),
        C("beta", "dh.sum(0)"),
        C("gamma", "(dh * ahat).sum(0)"),
        C("a", "gamma / (len(x) * s) * (len(x) * dh - dbeta - ahat * dgamma)"),
        C("w", "x.T @ da"),
        C(
            "b",
            "zeros(b.shape)",
            text=("A bias before batch normalisation has no effect: the mean takes it out."),
        ),
        C("x", "da @ w.T"),
    ),
    source=(
        "Ioffe and Szegedy, “Batch Normalization” (2015), section 3.2, on the order and the bias."
    ),
)
