"""The layers on paper: affine, ReLU, the normalisations, dropout, and their compositions."""

from __future__ import annotations

from .derivation import Claim, Derivation, Node

__all__ = [
    "AFFINE",
    "AFFINE_BATCHNORM_RELU",
    "AFFINE_RELU",
    "BATCHNORM",
    "DROPOUT",
    "LAYERNORM",
    "RELU",
    "SPATIAL_BATCHNORM",
]

N, C = Node, Claim

AFFINE = Derivation(
    name="affine",
    title="Affine layer",
    inputs="x: (4, 3), w: (3, 5), b: (5,)",
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
)

RELU = Derivation(
    name="relu",
    title="ReLU",
    inputs="x: (4, 3)",
    text=(
        "Away from zero. At zero every value between 0 and the upstream derivative is a "
        "subgradient."
    ),
    nodes=(N("out", "maximum(x, 0)"),),
    claims=(C("x", "dout * (x > 0)"),),
)

BATCHNORM = Derivation(
    name="batchnorm",
    title="Batch normalisation, train mode",
    inputs="x: (5, 3), gamma: positive(3), beta: (3,), eps: 0.125",
    symbols={"xc": "x_c", "var": "v", "std": "s", "eps": r"\epsilon", "len(x)": "N"},
    text="$N$ is the number of rows; mean and variance are taken over the rows.",
    nodes=(
        N("mu", "x.sum(0) / len(x)"),
        N("xc", "x - mu"),
        N("var", "(xc ** 2).sum(0) / len(x)"),
        N("std", "sqrt(var + eps)"),
        N("xhat", "xc / std"),
        N("out", "gamma * xhat + beta"),
    ),
    claims=(
        C("beta", "dout.sum(0)"),
        C("gamma", "(dout * xhat).sum(0)"),
        C("xhat", "dout * gamma"),
        C("std", "-(dxhat * xc).sum(0) / std ** 2"),
        C(
            "var",
            "0.5 * dstd / std",
            text="The derivative of a square root brings the ½ that is most often lost.",
        ),
        C(
            "xc",
            "dxhat / std",
            through="xhat",
            text=("Two paths lead from $x_c$ to the loss. The first goes through $\\hat x$:"),
        ),
        C("xc", "2 / len(x) * xc * dvar", through="var", text="the second through the variance:"),
        C(
            "xc",
            "dxhat / std + 2 / len(x) * xc * dvar",
            text="and the law of total derivatives adds them up.",
        ),
        C("mu", "-dxc.sum(0)"),
        C("x", "dxc + dmu / len(x)"),
        C(
            "x",
            "gamma / (len(x) * std) * (len(x) * dout - dbeta - xhat * dgamma)",
            text="Inserted into one another, the lines above give the short formula:",
        ),
    ),
)

LAYERNORM = Derivation(
    name="layernorm",
    title="Layer normalisation",
    inputs="x: (4, 5), gamma: positive(5), beta: (5,), eps: 0.125",
    symbols={"xc": "x_c", "std": "s", "eps": r"\epsilon", "x.shape[1]": "D"},
    text=("As batch normalisation, with mean and variance over the $D$ features of each row."),
    nodes=(
        N("xc", "x - x.mean(1, keepdims=True)"),
        N("std", "sqrt((xc ** 2).mean(1, keepdims=True) + eps)"),
        N("xhat", "xc / std"),
        N("out", "gamma * xhat + beta"),
    ),
    claims=(
        C("beta", "dout.sum(0)"),
        C("gamma", "(dout * xhat).sum(0)"),
        C("xhat", "dout * gamma"),
        C("std", "-(dxhat * xhat).sum(1, keepdims=True) / std"),
        C("xc", "dxhat / std + dstd * xhat / x.shape[1]"),
        C("x", "dxc - dxc.mean(1, keepdims=True)"),
    ),
)

DROPOUT = Derivation(
    name="dropout",
    title="Inverted dropout, train mode",
    inputs="x: (4, 3), kept: mask(4, 3), p: 0.375",
    symbols={"kept": r"\mathit{kept}"},
    text=("$p$ is the probability that a unit is dropped; *kept* is drawn once and is a constant."),
    nodes=(N("out", "x * kept / (1 - p)"),),
    claims=(C("x", "dout * kept / (1 - p)"),),
)

AFFINE_RELU = Derivation(
    name="affine_relu",
    title="Affine, then ReLU",
    inputs="x: (4, 3), w: (3, 5), b: (5,)",
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
)

AFFINE_BATCHNORM_RELU = Derivation(
    name="affine_batchnorm_relu",
    title="Affine, batch normalisation, ReLU",
    inputs="x: (5, 2), w: (2, 3), b: (3,), gamma: positive(3), beta: (3,), eps: 0.125",
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
)

SPATIAL_BATCHNORM = Derivation(
    name="spatial_batchnorm",
    title="Batch normalisation of images, train mode",
    inputs="x: (3, 5), gamma: positive(3, 1), beta: (3, 1), eps: 0.125, M: 5.0",
    symbols={"xc": "x_c", "var": "v", "std": "s", "eps": r"\epsilon"},
    text=(
        "A channel in a row: $x \\in \\mathbb{R}^{C \\times M}$, the $M = N H W$ numbers that make "
        "its statistics."
    ),
    nodes=(
        N("mu", "x.sum(1, keepdims=True) / M"),
        N("xc", "x - mu"),
        N("var", "(xc ** 2).sum(1, keepdims=True) / M"),
        N("std", "sqrt(var + eps)"),
        N("xhat", "xc / std"),
        N("out", "gamma * xhat + beta"),
    ),
    claims=(
        C("beta", "dout.sum(1, keepdims=True)"),
        C("gamma", "(dout * xhat).sum(1, keepdims=True)"),
        C(
            "x",
            "gamma / (M * std) * (M * dout - dbeta - xhat * dgamma)",
            text="The steps are those of batch normalisation, with $M$ in the place of $N$:",
        ),
    ),
)
