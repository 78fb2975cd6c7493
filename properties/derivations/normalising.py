"""The normalisations on paper: one chain of steps, over other axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .derivation import Claim, Derivation, Node

__all__ = ["NORMALISATIONS"]

N, C = Node, Claim


def _normalisation(
    name: str,
    *,
    title: str,
    text: str,
    inputs: str,
    count: str,
    statistics: str,
    parameters: str,
    short: tuple[str, str],
    source: str,
    symbols: Mapping[str, str],
    axes: Sequence[str],
    constants: tuple[Node, ...] = (),
    rows: tuple[str, ...] = (),
) -> Derivation:
    """Write the chain of one normalisation.

    Parameters
    ----------
    count
        How many numbers make a mean.
    statistics, parameters
        What a call of ``sum`` gets for the statistics, and for the gradients of gamma and beta.
    short
        The words before the short formula of dx, and the formula.
    """
    total = f".sum({statistics})"
    through_hat, through_var = "dxhat / std", f"2 / {count} * xc * dvar"
    return Derivation(
        name=name,
        title=title,
        inputs=inputs,
        constants=constants,
        symbols={"xc": "x_c", "var": "v", "std": "s", "eps": r"\epsilon", **symbols},
        axes=tuple(axes),
        text=text,
        source=source,
        rows=rows,
        nodes=(
            N("mu", f"x{total} / {count}"),
            N("xc", "x - mu"),
            N("var", f"(xc ** 2){total} / {count}"),
            N("std", "sqrt(var + eps)"),
            N("xhat", "xc / std"),
            N("out", "gamma * xhat + beta"),
        ),
        claims=(
            C("beta", f"dout.sum({parameters})"),
            C("gamma", f"(dout * xhat).sum({parameters})"),
            C("xhat", "dout * gamma"),
            C("std", f"-(dxhat * xc){total} / std ** 2"),
            C(
                "var",
                "0.5 * dstd / std",
                text="The derivative of a square root brings the ½ that is most often lost.",
            ),
            C(
                "xc",
                through_hat,
                through="xhat",
                text="Two paths lead from $x_c$ to the loss. The first goes through $\\hat x$:",
            ),
            C("xc", through_var, through="var", text="the second through the variance:"),
            C(
                "xc",
                f"{through_hat} + {through_var}",
                text="and the law of total derivatives adds them up.",
            ),
            C("mu", f"-dxc{total}"),
            C("x", f"dxc + dmu / {count}"),
            C("x", short[1], text=short[0]),
        ),
    )


BATCHNORM = _normalisation(
    "batchnorm",
    title="Batch normalisation, train mode",
    text=(
        "$N$ is the number of rows; mean and variance are taken over the rows. "
        "`batchnorm_backward` is the short formula at the end, `batchnorm_backward_alt` the steps "
        "that lead to it."
    ),
    inputs="x: (N, D), gamma: positive(D), beta: (D,), eps: 0.125",
    count="len(x)",
    statistics="0",
    parameters="0",
    short=(
        "Inserted into one another, the lines above give the short formula:",
        "gamma / (len(x) * std) * (len(x) * dout - dbeta - xhat * dgamma)",
    ),
    source=(
        "Ioffe and Szegedy, “Batch Normalization: Accelerating Deep Network Training by Reducing "
        "Internal Covariate Shift” (2015), section 3; the short formula as in K. Zakka, “Deriving "
        "the Gradient for the Backward Pass of Batch Normalization” (2016)."
    ),
    symbols={"len(x)": "N"},
    axes=("n", "d"),
    rows=("batchnorm_alt",),
)

SPATIAL_BATCHNORM = _normalisation(
    "spatial_batchnorm",
    title="Batch normalisation of images, train mode",
    text=(
        "The statistics of a channel are over all images and all places, $M = N H W$ numbers. "
        "$\\gamma$ and $\\beta$ belong to the channels; they are written as $(1, C, 1, 1)$, which "
        "meets images."
    ),
    inputs="x: (N, C, H, W), gamma: positive(1, C, 1, 1), beta: (1, C, 1, 1), eps: 0.125",
    constants=(N("M", "len(x) * x.shape[2] * x.shape[3]"),),
    count="M",
    statistics="(0, 2, 3), keepdims=True",
    parameters="(0, 2, 3), keepdims=True",
    short=(
        "The steps are those of batch normalisation, with $M$ in the place of $N$, and so is the "
        "short formula:",
        "gamma / (M * std) * (M * dout - dbeta - xhat * dgamma)",
    ),
    source="Ioffe and Szegedy, “Batch Normalization” (2015), section 3.2.",
    symbols={"len(x)": "N", "x.shape[2]": "H", "x.shape[3]": "W"},
    axes=("n", "c", "h", "w"),
)

LAYERNORM = _normalisation(
    "layernorm",
    title="Layer normalisation",
    text="As batch normalisation, with mean and variance over the $D$ features of each row.",
    inputs="x: (N, D), gamma: positive(D), beta: (D,), eps: 0.125",
    count="x.shape[1]",
    statistics="1, keepdims=True",
    parameters="0",
    short=(
        "Inserted. $\\gamma$ differs within a row, so it stays inside of $\\bar{\\hat x}$:",
        "(dxhat - dxhat.mean(1, keepdims=True)"
        " - xhat * (dxhat * xhat).mean(1, keepdims=True)) / std",
    ),
    source="Ba, Kiros and Hinton, “Layer Normalization” (2016), section 3.",
    symbols={"x.shape[1]": "D"},
    axes=("n", "d"),
)

SPATIAL_GROUPNORM = _normalisation(
    "spatial_groupnorm",
    title="Group normalisation of images",
    text=(
        "The $C = G K$ channels are cut into $G$ groups of $K$ neighbours, and the $P = H W$ "
        "places are laid out in a row: channel $g K + k$ of an image is $x_{ngk}$. Mean and "
        "variance are over the $S = K P$ numbers of a group, while $\\gamma$ and $\\beta$ belong "
        "to the channels. $G = 1$ is layer normalisation over channels and places."
    ),
    inputs="x: (N, G, K, P), gamma: positive(1, G, K, 1), beta: (1, G, K, 1), eps: 0.125",
    constants=(N("S", "x.shape[2] * x.shape[3]"),),
    count="S",
    statistics="(2, 3), keepdims=True",
    parameters="(0, 3), keepdims=True",
    short=(
        "Inserted. $\\gamma$ differs within a group, so it stays inside of $\\bar{\\hat x}$:",
        "(dxhat - dxhat.mean((2, 3), keepdims=True)"
        " - xhat * (dxhat * xhat).mean((2, 3), keepdims=True)) / std",
    ),
    source="Wu and He, “Group Normalization” (2018), section 3.1.",
    symbols={"x.shape[2]": "K", "x.shape[3]": "P"},
    axes=("n", "g", "k", "p"),
)

NORMALISATIONS = (BATCHNORM, LAYERNORM, SPATIAL_BATCHNORM, SPATIAL_GROUPNORM)
