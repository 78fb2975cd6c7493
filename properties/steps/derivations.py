r"""The derivations of all layers and of both exercises, and the pages that are made of them.

``python -m properties.steps.derivations FOLDER`` writes one page per derivation. Every line on a
page is a claim that the tests check, so page and check cannot part.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from .derivation import Claim, Derivation, Node

__all__ = ["DERIVATIONS", "page", "write_pages"]

N, C = Node, Claim

_AFFINE = Derivation(
    name="affine",
    title="Affine layer",
    inputs="x: (4, 3), w: (3, 5), b: (5,)",
    text="Each row of $x$ is one flattened example, $x \\in \\mathbb{R}^{N \\times D}$.",
    nodes=(N("z", "x @ w", r"z = x w"), N("out", "z + b", r"out = z + \mathbf{1} b^T")),
    claims=(
        C("z", "dout", r"\frac{\partial L}{\partial z} = \bar{out}"),
        C(
            "b",
            "dout.sum(0)",
            r"\frac{\partial L}{\partial b} = \sum_n \bar{out}_n",
            text="The bias was added to every row, so its derivative is the sum over the rows.",
        ),
        C("w", "x.T @ dz", r"\frac{\partial L}{\partial w} = x^T \bar z"),
        C("x", "dz @ w.T", r"\frac{\partial L}{\partial x} = \bar z\, w^T"),
    ),
)

_RELU = Derivation(
    name="relu",
    title="ReLU",
    inputs="x: (4, 3)",
    text="Away from zero. At zero every value between 0 and the upstream derivative is a "
    "subgradient.",
    nodes=(N("out", "maximum(x, 0)", r"out = \max(x, 0)"),),
    claims=(C("x", "dout * (x > 0)", r"\frac{\partial L}{\partial x} = \bar{out} \odot [x > 0]"),),
)

_BATCHNORM = Derivation(
    name="batchnorm",
    title="Batch normalisation, train mode",
    inputs="x: (5, 3), gamma: positive(3), beta: (3,), eps: 0.125",
    text="$N$ is the number of rows; mean and variance are taken over the rows.",
    nodes=(
        N("mu", "x.sum(0) / len(x)", r"\mu = \tfrac1N \sum_n x_n"),
        N("xc", "x - mu", r"x^c = x - \mu"),
        N("var", "(xc ** 2).sum(0) / len(x)", r"v = \tfrac1N \sum_n (x^c_n)^2"),
        N("std", "sqrt(var + eps)", r"s = \sqrt{v + \epsilon}"),
        N("xhat", "xc / std", r"\hat x = x^c / s"),
        N("out", "gamma * xhat + beta", r"out = \gamma \hat x + \beta"),
    ),
    claims=(
        C("beta", "dout.sum(0)", r"\frac{\partial L}{\partial \beta} = \sum_n \bar{out}_n"),
        C(
            "gamma",
            "(dout * xhat).sum(0)",
            r"\frac{\partial L}{\partial \gamma} = \sum_n \bar{out}_n \hat x_n",
        ),
        C("xhat", "dout * gamma", r"\frac{\partial L}{\partial \hat x} = \gamma\, \bar{out}"),
        C(
            "std",
            "-(dxhat * xc).sum(0) / std ** 2",
            r"\frac{\partial L}{\partial s} = -\frac{1}{s^2} \sum_n \bar{\hat x}_n x^c_n",
        ),
        C(
            "var",
            "0.5 * dstd / std",
            r"\frac{\partial L}{\partial v} = \frac{\bar s}{2 s}",
            text="The derivative of a square root brings the ½ that is most often lost.",
        ),
        C(
            "xc",
            "dxhat / std",
            r"\left.\frac{\partial L}{\partial x^c}\right|_{\hat x} = "
            r"\frac{\bar{\hat x}}{s}",
            through="xhat",
            text="Two paths lead from $x^c$ to the loss. The first goes through $\\hat x$:",
        ),
        C(
            "xc",
            "2 / len(x) * xc * dvar",
            r"\left.\frac{\partial L}{\partial x^c}\right|_{v} = \frac2N x^c\, \bar v",
            through="var",
            text="the second through the variance:",
        ),
        C(
            "xc",
            "dxhat / std + 2 / len(x) * xc * dvar",
            r"\frac{\partial L}{\partial x^c} = \frac{\bar{\hat x}}{s} + \frac2N x^c\, \bar v",
            text="and the law of total derivatives adds them up.",
        ),
        C("mu", "-dxc.sum(0)", r"\frac{\partial L}{\partial \mu} = -\sum_n \bar{x^c}_n"),
        C(
            "x",
            "dxc + dmu / len(x)",
            r"\frac{\partial L}{\partial x} = \bar{x^c} + \tfrac1N \bar\mu",
        ),
        C(
            "x",
            "gamma / (len(x) * std) * (len(x) * dout - dbeta - xhat * dgamma)",
            r"\frac{\partial L}{\partial x} = \frac{\gamma}{N s}\left(N\, \bar{out} - "
            r"\bar\beta - \hat x\, \bar\gamma\right)",
            text="Inserted into one another, the lines above give the short formula:",
        ),
    ),
)

_LAYERNORM = Derivation(
    name="layernorm",
    title="Layer normalisation",
    inputs="x: (4, 5), gamma: positive(5), beta: (5,), eps: 0.125",
    text="As batch normalisation, with mean and variance over the $D$ features of each row.",
    nodes=(
        N("xc", "x - x.mean(1, keepdims=True)", r"x^c = x - \tfrac1D \sum_d x_d"),
        N(
            "std",
            "sqrt((xc ** 2).mean(1, keepdims=True) + eps)",
            r"s = \sqrt{\tfrac1D \sum_d (x^c_d)^2 + \epsilon}",
        ),
        N("xhat", "xc / std", r"\hat x = x^c / s"),
        N("out", "gamma * xhat + beta", r"out = \gamma \hat x + \beta"),
    ),
    claims=(
        C("beta", "dout.sum(0)", r"\frac{\partial L}{\partial \beta} = \sum_n \bar{out}_n"),
        C(
            "gamma",
            "(dout * xhat).sum(0)",
            r"\frac{\partial L}{\partial \gamma} = \sum_n \bar{out}_n \hat x_n",
        ),
        C("xhat", "dout * gamma", r"\frac{\partial L}{\partial \hat x} = \gamma\, \bar{out}"),
        C(
            "std",
            "-(dxhat * xhat).sum(1, keepdims=True) / std",
            r"\frac{\partial L}{\partial s} = -\frac1s \sum_d \bar{\hat x}_d \hat x_d",
        ),
        C(
            "xc",
            "dxhat / std + dstd * xhat / x.shape[1]",
            r"\frac{\partial L}{\partial x^c} = \frac{\bar{\hat x}}{s} + \frac1D \hat x\, \bar s",
        ),
        C(
            "x",
            "dxc - dxc.mean(1, keepdims=True)",
            r"\frac{\partial L}{\partial x} = \bar{x^c} - \tfrac1D \sum_d \bar{x^c}_d",
        ),
    ),
)

_DROPOUT = Derivation(
    name="dropout",
    title="Inverted dropout, train mode",
    inputs="x: (4, 3), kept: mask(4, 3), p: 0.375",
    text="$p$ is the probability that a unit is dropped; *kept* is drawn once and is a constant.",
    nodes=(N("out", "x * kept / (1 - p)", r"out = \frac{x \odot kept}{1 - p}"),),
    claims=(
        C(
            "x",
            "dout * kept / (1 - p)",
            r"\frac{\partial L}{\partial x} = \frac{\bar{out} \odot kept}{1 - p}",
        ),
    ),
)

_SOFTMAX = Derivation(
    name="softmax",
    title="Softmax cross-entropy",
    inputs="x: (5, 3), y: labels(3)",
    constants=(N("t", "(y[:, None] == arange(x.shape[1])) * 1.0"),),
    text="$t$ holds the labels as unit vectors.",
    nodes=(
        N("e", "exp(x)", r"e = \exp(x)"),
        N("s", "e.sum(1, keepdims=True)", r"s_n = \sum_c e_{nc}"),
        N("p", "e / s", r"p = e / s"),
        N("L", "-(t * log(p)).sum() / len(x)", r"L = -\tfrac1N \sum_n \sum_c t_{nc} \log p_{nc}"),
    ),
    claims=(
        C("p", "-t / p / len(x)", r"\frac{\partial L}{\partial p} = -\frac{t}{N p}"),
        C(
            "s",
            "-(dp * e).sum(1, keepdims=True) / s ** 2",
            r"\frac{\partial L}{\partial s} = -\frac{1}{s^2} \sum_c \bar p_c e_c",
        ),
        C(
            "e",
            "dp / s",
            r"\left.\frac{\partial L}{\partial e}\right|_p = \frac{\bar p}{s}",
            through="p",
        ),
        C("e", "dp / s + ds", r"\frac{\partial L}{\partial e} = \frac{\bar p}{s} + \bar s"),
        C("x", "de * e", r"\frac{\partial L}{\partial x} = \bar e \odot e"),
        C(
            "x",
            "(p - t) / len(x)",
            r"\frac{\partial L}{\partial x} = \frac{p - t}{N}",
            text="which is, with the lines above inserted,",
        ),
    ),
)

_SVM = Derivation(
    name="svm",
    title="Multiclass hinge loss",
    inputs="x: (5, 3), y: labels(3)",
    constants=(N("t", "(y[:, None] == arange(x.shape[1])) * 1.0"),),
    text="$t$ holds the labels as unit vectors; the margin of the true class does not count. "
    "Away from margins that are exactly zero.",
    nodes=(
        N("c", "(x * t).sum(1, keepdims=True)", r"c_n = x_{n, y_n}"),
        N("m", "x - c + 1", r"m_{nj} = x_{nj} - c_n + 1"),
        N(
            "L",
            "(maximum(m, 0) * (1 - t)).sum() / len(x)",
            r"L = \tfrac1N \sum_{nj} (1 - t_{nj}) \max(0, m_{nj})",
        ),
    ),
    claims=(
        C(
            "m",
            "(m > 0) * (1 - t) / len(x)",
            r"\frac{\partial L}{\partial m} = \tfrac1N [m > 0] \odot (1 - t)",
        ),
        C("c", "-dm.sum(1, keepdims=True)", r"\frac{\partial L}{\partial c} = -\sum_j \bar m_j"),
        C("x", "dm + dc * t", r"\frac{\partial L}{\partial x} = \bar m + \bar c\, t"),
    ),
)

_AFFINE_RELU = Derivation(
    name="affine_relu",
    title="Affine, then ReLU",
    inputs="x: (4, 3), w: (3, 5), b: (5,)",
    nodes=(N("a", "x @ w + b", r"a = x w + b"), N("out", "maximum(a, 0)", r"out = \max(a, 0)")),
    claims=(
        C("a", "dout * (a > 0)", r"\frac{\partial L}{\partial a} = \bar{out} \odot [a > 0]"),
        C("w", "x.T @ da", r"\frac{\partial L}{\partial w} = x^T \bar a"),
        C("b", "da.sum(0)", r"\frac{\partial L}{\partial b} = \sum_n \bar a_n"),
        C("x", "da @ w.T", r"\frac{\partial L}{\partial x} = \bar a\, w^T"),
    ),
)

_AFFINE_BATCHNORM_RELU = Derivation(
    name="affine_batchnorm_relu",
    title="Affine, batch normalisation, ReLU",
    inputs="x: (5, 2), w: (2, 3), b: (3,), gamma: positive(3), beta: (3,), eps: 0.125",
    nodes=(
        N("a", "x @ w + b", r"a = x w + b"),
        N(
            "s",
            "sqrt(((a - a.mean(0)) ** 2).mean(0) + eps)",
            r"s = \sqrt{\mathrm{var}(a) + \epsilon}",
        ),
        N("ahat", "(a - a.mean(0)) / s", r"\hat a = (a - \mathrm{mean}(a)) / s"),
        N("h", "gamma * ahat + beta", r"h = \gamma \hat a + \beta"),
        N("out", "maximum(h, 0)", r"out = \max(h, 0)"),
    ),
    claims=(
        C("h", "dout * (h > 0)", r"\frac{\partial L}{\partial h} = \bar{out} \odot [h > 0]"),
        C("beta", "dh.sum(0)", r"\frac{\partial L}{\partial \beta} = \sum_n \bar h_n"),
        C(
            "gamma",
            "(dh * ahat).sum(0)",
            r"\frac{\partial L}{\partial \gamma} = \sum_n \bar h_n \hat a_n",
        ),
        C(
            "a",
            "gamma / (len(x) * s) * (len(x) * dh - dbeta - ahat * dgamma)",
            r"\frac{\partial L}{\partial a} = \frac{\gamma}{N s}\left(N \bar h - \bar\beta - "
            r"\hat a\, \bar\gamma\right)",
        ),
        C("w", "x.T @ da", r"\frac{\partial L}{\partial w} = x^T \bar a"),
        C(
            "b",
            "zeros(b.shape)",
            r"\frac{\partial L}{\partial b} = \sum_n \bar a_n = 0",
            text="A bias before batch normalisation has no effect: the mean takes it out.",
        ),
        C("x", "da @ w.T", r"\frac{\partial L}{\partial x} = \bar a\, w^T"),
    ),
)

_AUTOENCODER = Derivation(
    name="autoencoder",
    title="Linear autoencoder with tied weights",
    inputs="W: (3, 5), x: (5,)",
    text="$L(W) = \\tfrac12 \\lVert W^T W x - x \\rVert^2$ with $W \\in \\mathbb{R}^{m \\times n}$ "
    "and $m < n$. The same $W$ is used twice, so two paths lead from it to the loss.",
    nodes=(
        N("b", "W @ x", r"b = W x"),
        N("WT", "W.T", r"W^T"),
        N("a", "WT @ b - x", r"a = W^T b - x"),
        N("L", "0.5 * (a ** 2).sum()", r"L = \tfrac12 \lVert a \rVert^2"),
    ),
    claims=(
        C("a", "a", r"\frac{\partial L}{\partial a} = a"),
        C("b", "W @ a", r"\frac{\partial L}{\partial b} = W a"),
        C("WT", "outer(a, b)", r"\frac{\partial L}{\partial W^T} = a b^T"),
        C(
            "W",
            "outer(b, a)",
            r"\left.\frac{\partial L}{\partial W}\right|_{W^T} = b a^T = "
            r"W x (W^T W x - x)^T",
            through="WT",
            text="The path through $W^T$ is the transpose of that:",
        ),
        C(
            "W",
            "outer(W @ a, x)",
            r"\left.\frac{\partial L}{\partial W}\right|_{b} = W a x^T = "
            r"W (W^T W x - x) x^T",
            through="b",
            text="the path through $b$:",
        ),
        C(
            "W",
            "W @ outer(W.T @ W @ x - x, x) + outer(W @ x, W.T @ W @ x - x)",
            r"\nabla_W L = W (W^T W x - x) x^T + W x (W^T W x - x)^T",
            text="and the law of total derivatives adds them up.",
        ),
    ),
)

_GPLVM = Derivation(
    name="gplvm",
    title="Gaussian process latent variable model",
    inputs="X: (5, 2), Y: (5, 3), alpha: 0.7, beta: 1.25",
    constants=(N("D", "Y.shape[1]"), N("I", "eye(len(X))")),
    text="$K = \\alpha X X^T + \\beta^{-1} I$, and the log likelihood, up to a constant, is "
    "$L = -\\tfrac D2 \\log|K| - \\tfrac12 \\mathrm{tr}(K^{-1} Y Y^T)$.",
    nodes=(
        N("K", "alpha * X @ X.T + I / beta", r"K = \alpha X X^T + \beta^{-1} I"),
        N("ld", "logdet(K)", r"\ell = \log |K|"),
        N("L1", "-D / 2 * ld", r"L_1 = -\tfrac D2 \ell"),
        N("Kinv", "inv(K)", r"K^{-1}"),
        N("tr", "trace(Kinv @ Y @ Y.T)", r"\tau = \mathrm{tr}(K^{-1} Y Y^T)"),
        N("L2", "-0.5 * tr", r"L_2 = -\tfrac12 \tau"),
        N("L", "L1 + L2", r"L = L_1 + L_2"),
    ),
    claims=(
        C("ld", "-D / 2", r"\frac{\partial L}{\partial \ell} = -\tfrac D2"),
        C(
            "K",
            "-D / 2 * inv(K).T",
            r"\frac{\partial L_1}{\partial K} = -\tfrac D2 K^{-T}",
            through="ld",
        ),
        C("tr", "-0.5", r"\frac{\partial L}{\partial \tau} = -\tfrac12"),
        C(
            "Kinv",
            "-0.5 * Y @ Y.T",
            r"\frac{\partial L_2}{\partial K^{-1}} = -\tfrac12 Y Y^T",
            text="This is the derivative with respect to $K^{-1}$. A common slip in print is to "
            "call it the derivative with respect to $K$.",
        ),
        C(
            "K",
            "0.5 * inv(K).T @ Y @ Y.T @ inv(K).T",
            r"\frac{\partial L_2}{\partial K} = \tfrac12 K^{-T} Y Y^T K^{-T}",
            through="Kinv",
            text="From $K^{-1}$ to $K$ it takes $-K^{-T} (\\cdot) K^{-T}$:",
        ),
        C(
            "K",
            "0.5 * Kinv.T @ Y @ Y.T @ Kinv.T - D / 2 * Kinv.T",
            r"\frac{\partial L}{\partial K} = \tfrac12 K^{-T} Y Y^T K^{-T} - \tfrac D2 K^{-T}",
        ),
        C(
            "X",
            "alpha * (dK + dK.T) @ X",
            r"\frac{\partial L}{\partial X} = \alpha (\bar K + \bar K^T) X",
        ),
        C(
            "X",
            "alpha * Kinv @ Y @ Y.T @ Kinv @ X - alpha * D * Kinv @ X",
            r"\frac{\partial L}{\partial X} = \alpha K^{-1} Y Y^T K^{-1} X - \alpha D K^{-1} X",
        ),
    ),
)

_TWO_LAYER = Derivation(
    name="two_layer_net",
    title="Two-layer net",
    inputs="X: (4, 5), y: labels(3), W1: (6, 5), b1: (6,), W2: (3, 6), b2: (3,), reg: 0.35",
    constants=(N("t", "(y[:, None] == arange(3)) * 1.0"),),
    text="Affine, ReLU, affine, softmax cross-entropy, with "
    "$\\tfrac12 \\lambda (\\lVert W_1 \\rVert^2 + \\lVert W_2 \\rVert^2)$ added.",
    nodes=(
        N("z", "X @ W1.T + b1", r"z = X W_1^T + b_1"),
        N("h", "maximum(z, 0)", r"h = \max(z, 0)"),
        N("s", "h @ W2.T + b2", r"s = h W_2^T + b_2"),
        N(
            "data",
            "(log(exp(s).sum(1)) - (s * t).sum(1)).mean()",
            r"L_d = \tfrac1N \sum_n \left(\log \sum_c e^{s_{nc}} - s_{n y_n}\right)",
        ),
        N(
            "L",
            "data + 0.5 * reg * ((W1 ** 2).sum() + (W2 ** 2).sum())",
            r"L = L_d + \tfrac\lambda2 (\lVert W_1 \rVert^2 + \lVert W_2 \rVert^2)",
        ),
    ),
    claims=(
        C(
            "s",
            "(exp(s) / exp(s).sum(1, keepdims=True) - t) / len(X)",
            r"\frac{\partial L}{\partial s} = \frac{\mathrm{softmax}(s) - t}{N}",
        ),
        C(
            "W2",
            "ds.T @ h + reg * W2",
            r"\frac{\partial L}{\partial W_2} = \bar s^T h + \lambda W_2",
        ),
        C("b2", "ds.sum(0)", r"\frac{\partial L}{\partial b_2} = \sum_n \bar s_n"),
        C("h", "ds @ W2", r"\frac{\partial L}{\partial h} = \bar s\, W_2"),
        C("z", "dh * (z > 0)", r"\frac{\partial L}{\partial z} = \bar h \odot [z > 0]"),
        C(
            "W1",
            "dz.T @ X + reg * W1",
            r"\frac{\partial L}{\partial W_1} = \bar z^T X + \lambda W_1",
        ),
        C("b1", "dz.sum(0)", r"\frac{\partial L}{\partial b_1} = \sum_n \bar z_n"),
    ),
)

DERIVATIONS: tuple[Derivation, ...] = (
    _AFFINE,
    _RELU,
    _BATCHNORM,
    _LAYERNORM,
    _DROPOUT,
    _SOFTMAX,
    _SVM,
    _AFFINE_RELU,
    _AFFINE_BATCHNORM_RELU,
    _TWO_LAYER,
    _AUTOENCODER,
    _GPLVM,
)


def page(derivation: Derivation) -> str:
    """Return the page of a derivation in Markdown with formulas between dollar signs."""
    lines = [f"# {derivation.title}", ""]
    lines += [
        "A bar over a value is the derivative of the loss with respect to it: "
        r"$\bar v = \partial L / \partial v$, and $\bar{out}$ is what comes from above.",
        "",
    ]
    if derivation.text:
        lines += [derivation.text, ""]
    lines += ["## Forward", ""]
    for node in derivation.nodes:
        lines += [f"$$ {node.formula} $$", ""]
    lines += ["## Backward", ""]
    for claim in derivation.claims:
        if claim.text:
            lines += [claim.text, ""]
        lines += [f"$$ {claim.formula} $$", "", f"    d{claim.of} = {claim.expression}", ""]
    if derivation.closing:
        lines += [derivation.closing, ""]
    lines += [
        "Every line is checked against the numerical derivative of the forward above by "
        "`properties/steps/derivations.py`, from which this page is written.",
        "",
    ]
    return "\n".join(lines)


def index() -> str:
    """Return the page that lists the others."""
    lines = [
        "# Derivations",
        "",
        "Forward, backward, and every step between, one line at a time.",
        "",
    ]
    lines += [f"- [{one.title}]({one.name}.md)" for one in DERIVATIONS]
    return "\n".join([*lines, ""])


def write_pages(folder: Path) -> list[Path]:
    """Write all pages into a folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in [("index", index()), *((d.name, page(d)) for d in DERIVATIONS)]:
        path = folder / f"{name}.md"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages into the folder that the command line names."""
    chosen = list(sys.argv[1:] if arguments is None else arguments) or ["docs/derivations"]
    for path in write_pages(Path(chosen[0])):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
