"""The derivative exercises on paper: tied weights, the latent variable model and its terms."""

from __future__ import annotations

from .derivation import Claim, Derivation, Node

__all__ = ["EXERCISES"]

N, C = Node, Claim

_LAWRENCE = (
    "Lawrence, “Probabilistic Non-linear Principal Component Analysis with Gaussian Process Latent "
    "Variable Models”, JMLR 6 (2005); Petersen and Pedersen, “The Matrix Cookbook” (2012), "
    "equations 57 and 124, for the two derivatives with respect to $K$."
)

AUTOENCODER = Derivation(
    name="autoencoder",
    title="Linear autoencoder with tied weights",
    inputs="W: (M, N), x: (N,)",
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
    source=(
        "UCLA ECE C147/C247, homework on backpropagation; Baldi and Hornik, “Neural networks and "
        "principal component analysis” (1989), for its minima."
    ),
)

GPLVM = Derivation(
    name="gplvm",
    title="Gaussian process latent variable model",
    inputs="X: (N, Q), Y: (N, P), alpha: 0.7, beta: 1.25",
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
    source=_LAWRENCE,
)

LOG_DETERMINANT = Derivation(
    name="log_determinant_term",
    title="The log determinant term",
    inputs="X: (N, Q), D: 3, alpha: 0.7, beta: 1.25",
    constants=(N("I", "eye(len(X))"),),
    symbols={"ld": r"\ell"},
    text="$K = \\alpha X X^T + \\beta^{-1} I$, and the term is $-\\tfrac D2 \\log|K|$.",
    nodes=(
        N("K", "alpha * X @ X.T + I / beta"),
        N("ld", "logdet(K)"),
        N("L", "-D / 2 * ld"),
    ),
    claims=(
        C("ld", "-D / 2"),
        C("K", "-D / 2 * inv(K).T", text="$\\partial \\log|K| / \\partial K = K^{-T}$:"),
        C(
            "X",
            "alpha * (dK + dK.T) @ X",
            text="$X$ is in $K$ twice, once transposed, so that two paths add up:",
        ),
        C("X", "-alpha * D * inv(K) @ X", text="$K$ is symmetric, so that both are the same:"),
    ),
    source=_LAWRENCE,
)

TRACE = Derivation(
    name="trace_term",
    title="The trace term",
    inputs="X: (N, Q), Y: (N, P), alpha: 0.7, beta: 1.25",
    constants=(N("I", "eye(len(X))"),),
    symbols={"Kinv": "K^{-1}", "tr": r"\tau"},
    text=(
        "$K = \\alpha X X^T + \\beta^{-1} I$, and the term is $-\\tfrac12 \\mathrm{tr}(K^{-1} Y "
        "Y^T)$."
    ),
    nodes=(
        N("K", "alpha * X @ X.T + I / beta"),
        N("Kinv", "inv(K)"),
        N("tr", "trace(Kinv @ Y @ Y.T)"),
        N("L", "-0.5 * tr"),
    ),
    claims=(
        C("tr", "-0.5"),
        C("Kinv", "-0.5 * Y @ Y.T", text="A trace is linear in what stands in it:"),
        C(
            "K",
            "-inv(K).T @ dKinv @ inv(K).T",
            text="From $K^{-1}$ to $K$ it takes $-K^{-T} (\\cdot) K^{-T}$:",
        ),
        C("K", "0.5 * inv(K).T @ Y @ Y.T @ inv(K).T", text="Inserted, the signs cancel:"),
        C(
            "X",
            "alpha * (dK + dK.T) @ X",
            text="$X$ is in $K$ twice, once transposed, so that two paths add up:",
        ),
        C("X", "alpha * inv(K) @ Y @ Y.T @ inv(K) @ X"),
    ),
    source=_LAWRENCE,
)

EXERCISES = (AUTOENCODER, GPLVM, LOG_DETERMINANT, TRACE)
