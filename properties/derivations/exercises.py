"""The two derivative exercises on paper: tied weights, and the latent variable model."""

from __future__ import annotations

from .derivation import Claim, Derivation, Node

__all__ = ["AUTOENCODER", "GPLVM"]

N, C = Node, Claim

AUTOENCODER = Derivation(
    name="autoencoder",
    title="Linear autoencoder with tied weights",
    inputs="W: (3, 5), x: (5,)",
    symbols={"WT": "W^T"},
    text=(
        "$L(W) = \\tfrac12 \\lVert W^T W x - x \\rVert^2$ with $W \\in \\mathbb{R}^{m \\times "
        "n}$ and $m < n$. The same $W$ is used twice, so two paths lead from it to the "
        "loss."
    ),
    nodes=(
        N("b", "W @ x"),
        N("WT", "W.T"),
        N("a", "WT @ b - x"),
        N("L", "0.5 * (a ** 2).sum()"),
    ),
    claims=(
        C("a", "a"),
        C("b", "W @ a"),
        C("WT", "outer(a, b)"),
        C(
            "W",
            "outer(b, a)",
            through="WT",
            text="The path through $W^T$ is the transpose of that:",
        ),
        C("W", "outer(W @ a, x)", through="b", text="the path through $b$:"),
        C(
            "W",
            "W @ outer(W.T @ W @ x - x, x) + outer(W @ x, W.T @ W @ x - x)",
            text="and the law of total derivatives adds them up.",
        ),
    ),
)

GPLVM = Derivation(
    name="gplvm",
    title="Gaussian process latent variable model",
    inputs="X: (5, 2), Y: (5, 3), alpha: 0.7, beta: 1.25",
    constants=(
        N("D", "Y.shape[1]"),
        N("I", "eye(len(X))"),
    ),
    symbols={"ld": r"\ell", "L1": "L_1", "L2": "L_2", "Kinv": "K^{-1}", "tr": r"\tau"},
    text=(
        "$K = \\alpha X X^T + \\beta^{-1} I$, and the log likelihood, up to a constant, is "
        "$L = -\\tfrac D2 \\log|K| - \\tfrac12 \\mathrm{tr}(K^{-1} Y Y^T)$."
    ),
    nodes=(
        N("K", "alpha * X @ X.T + I / beta"),
        N("ld", "logdet(K)"),
        N("L1", "-D / 2 * ld"),
        N("Kinv", "inv(K)"),
        N("tr", "trace(Kinv @ Y @ Y.T)"),
        N("L2", "-0.5 * tr"),
        N("L", "L1 + L2"),
    ),
    claims=(
        C("ld", "-D / 2"),
        C("K", "-D / 2 * inv(K).T", through="ld"),
        C("tr", "-0.5"),
        C(
            "Kinv",
            "-0.5 * Y @ Y.T",
            text=(
                "This is the derivative with respect to $K^{-1}$. A common slip in print is to "
                "call it the derivative with respect to $K$."
            ),
        ),
        C(
            "K",
            "0.5 * inv(K).T @ Y @ Y.T @ inv(K).T",
            through="Kinv",
            text="From $K^{-1}$ to $K$ it takes $-K^{-T} (\\cdot) K^{-T}$:",
        ),
        C("K", "0.5 * Kinv.T @ Y @ Y.T @ Kinv.T - D / 2 * Kinv.T"),
        C("X", "alpha * (dK + dK.T) @ X"),
        C("X", "alpha * Kinv @ Y @ Y.T @ Kinv @ X - alpha * D * Kinv @ X"),
    ),
)
