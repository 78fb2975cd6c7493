"""Convolution, pooling and what is made of them, on paper: sums over the places of windows."""

from __future__ import annotations

from .derivation import Claim, Derivation, Node

__all__ = ["IMAGES"]

N, C = Node, Claim

_SYMBOLS = {
    "stride": "s",
    "pad": r"\mathit{pad}",
    "x.shape[2]": "H",
    "x.shape[3]": "W",
    "w.shape[2]": r"\mathit{HH}",
    "w.shape[3]": r"\mathit{WW}",
    "H1": "H'",
    "W1": "W'",
    "b[:, None, None]": "b",
}
_LENGTHS = {
    "x": "(N, C, H, W)",
    "w": "(F, C, HH, WW)",
    "b": "(F,)",
    "A": "(H', HH, H)",
    "B": "(W', WW, W)",
    "P": "(N, C, H', W', HH, WW)",
    **dict.fromkeys(("z", "a", "r", "out"), "(N, F, H', W')"),
}


def _picked(pad: str, side: str, window: str, places: str) -> str:
    """Which row of an image each row of each window reads, as zeros and ones."""
    reads = f"stride * arange({places})[:, None, None] + arange({window})[:, None]"
    shifted = f" + {pad}" if pad else ""
    return f"(arange({side}){shifted} == {reads}) * 1.0"


_PLACES = (
    N("H1", "1 + (x.shape[2] + 2 * pad - w.shape[2]) / stride"),
    N("W1", "1 + (x.shape[3] + 2 * pad - w.shape[3]) / stride"),
    N(
        "A",
        _picked("pad", "x.shape[2]", "w.shape[2]", "H1"),
        text=(
            "$A_{pik} = [k + \\mathit{pad} = s p + i]$: row $i$ of a window at $p$ reads row $k$ "
            "of the image. Where it lies in the padding no $k$ fits, and it reads zero."
        ),
    ),
    N(
        "B",
        _picked("pad", "x.shape[3]", "w.shape[3]", "W1"),
        text="$B_{qjl} = [l + \\mathit{pad} = s q + j]$: the same for the columns.",
    ),
)
_PATCHES = N(
    "P",
    "np.einsum('nckl,pik,qjl->ncpqij', x, A, B)",
    text=(
        "$P_{ncpqij} = x_{nc,\\, sp+i-\\mathit{pad},\\, sq+j-\\mathit{pad}}$ are the windows. They "
        "are copies of entries of $x$, so this is linear in $x$, with zeros and ones:"
    ),
)
_FILTERED = N(
    "z",
    "np.einsum('ncpqij,fcij->nfpq', P, w)",
    text="At each place, each filter meets the window entry by entry. It is not turned around:",
)

_FROM_Z = (
    C(
        "w",
        "np.einsum('nfpq,ncpqij->fcij', dz, P)",
        text=(
            "$z_{nfpq}$ is a sum of products, and each factor is the derivative with respect to "
            "the other. An entry of $w$ is used at every place of every image:"
        ),
    ),
    C(
        "P",
        "np.einsum('nfpq,fcij->ncpqij', dz, w)",
        text="and an entry of a window by every filter:",
    ),
    C(
        "x",
        "np.einsum('ncpqij,pik,qjl->nckl', dP, A, B)",
        text=(
            "An entry of the image collects from every window that covers it, at each of its "
            "places in them; what falls on the padding is dropped, as no $k$ or $l$ belongs to it:"
        ),
    ),
)
_BIAS = C("b", "dz.sum((0, 2, 3))", text="The bias of a filter was added at every place:")

CONV = Derivation(
    name="conv",
    title="Convolution",
    inputs="x: (2, 2, 4, 5), w: (3, 2, 2, 3), b: (3,), stride: 2, pad: 1",
    constants=_PLACES,
    symbols=_SYMBOLS,
    lengths=_LENGTHS,
    axes=("n", "f", "p", "q"),
    text=(
        "$N$ images of $C$ channels, $F$ filters of $\\mathit{HH} \\times \\mathit{WW}$, which "
        "move by the stride $s$ over the image and its border of $\\mathit{pad}$ zeros. Indices: "
        "image $n$, channel $c$, filter $f$, place of the window $(p, q)$, place within it "
        "$(i, j)$, row and column of the image $(k, l)$."
    ),
    nodes=(_PATCHES, _FILTERED, N("out", "z + b[:, None, None]")),
    claims=(C("z", "dout"), _BIAS, *_FROM_Z),
    closing=(
        "With $A$ and $B$ written out, $\\bar x_{nckl} = \\sum \\bar P_{ncpqij}$ over all $p, i$ "
        "with $s p + i = k + \\mathit{pad}$ and all $q, j$ with $s q + j = l + \\mathit{pad}$: in "
        "code `dx[:, :, s*p + i, s*q + j] += dP[:, :, p, q, i, j]` on the padded image, from "
        "which the border is cut off. For a stride of 1 the sum is over $p = k + \\mathit{pad} - "
        "i$, so that $\\bar x$ is $\\overline{\\mathit{out}}$ convolved with the filters turned "
        "by 180 degrees. `conv_backward_fast` takes the same sums filter row by filter row."
    ),
    source=(
        "Goodfellow, Bengio and Courville, “Deep Learning” (2016), section 9.5, with the "
        "derivatives as its equations 9.11 and 9.13; Dumoulin and Visin, “A guide to convolution "
        "arithmetic for deep learning” (2016), chapter 4."
    ),
    rows=("conv_fast",),
)

_WINNER = (
    "$m$ is one where a window has its largest entry. Away from ties a small change moves no "
    "winner, so that $m$ is a constant:"
)

MAX_POOL = Derivation(
    name="max_pool",
    title="Max pooling",
    inputs="x: (2, 2, 4, 5), height: 2, width: 3, stride: 2",
    constants=(
        N("H1", "1 + (x.shape[2] - height) / stride"),
        N("W1", "1 + (x.shape[3] - width) / stride"),
        N(
            "A",
            _picked("", "x.shape[2]", "height", "H1"),
            text="$A_{pik} = [k = s p + i]$: row $i$ of a window at $p$ reads row $k$.",
        ),
        N(
            "B",
            _picked("", "x.shape[3]", "width", "W1"),
            text="$B_{qjl} = [l = s q + j]$: the same for the columns.",
        ),
    ),
    symbols={**_SYMBOLS, "height": r"\mathit{HH}", "width": r"\mathit{WW}"},
    lengths={**_LENGTHS, "m": "(N, C, H', W', HH, WW)", "out": "(N, C, H', W')"},
    axes=("n", "c", "p", "q", "i", "j"),
    text=(
        "The largest entry of each window of $\\mathit{HH} \\times \\mathit{WW}$, channel by "
        "channel. Windows overlap where the stride $s$ is smaller than they are; a rest that no "
        "whole window reaches is left out, and $H'$ is rounded down."
    ),
    nodes=(
        N(
            "P",
            "np.einsum('nckl,pik,qjl->ncpqij', x, A, B)",
            text="The windows, $P_{ncpqij} = x_{nc,\\, sp+i,\\, sq+j}$:",
        ),
        N("m", "(P == P.max((4, 5), keepdims=True)) * 1.0", text=_WINNER),
        N("out", "np.einsum('ncpqij,ncpqij->ncpq', m, P)"),
    ),
    claims=(
        C(
            "P",
            "np.einsum('ncpq,ncpqij->ncpqij', dout, m)",
            text="The winner of a window moves the output as much as itself, all others not:",
        ),
        C(
            "x",
            "np.einsum('ncpqij,pik,qjl->nckl', dP, A, B)",
            text=(
                "An entry of the image collects from every window that it wins. Where windows "
                "overlap, they may be several, and the derivatives add up:"
            ),
        ),
    ),
    closing=(
        "The entries of $\\bar x$ add up to those of the upstream derivative. Where entries of a "
        "window tie, every way to share its derivative among them is a subgradient: to the first, "
        "to all in equal parts."
    ),
    source=(
        "CS231n, notes on “Convolutional Neural Networks”, section “Pooling Layer”, on the "
        "backward pass; LeCun, Bottou, Bengio and Haffner, “Gradient-Based Learning Applied to "
        "Document Recognition” (1998), section II.A, for layers of this kind."
    ),
    rows=("max_pool_fast",),
)

CONV_RELU = Derivation(
    name="conv_relu",
    title="Convolution, then ReLU",
    inputs=CONV.inputs,
    constants=_PLACES,
    symbols=_SYMBOLS,
    lengths=_LENGTHS,
    axes=CONV.axes,
    text="The chain rule, from the end. Letters and indices are those of [convolution](conv.md).",
    nodes=(_PATCHES, _FILTERED, N("a", "z + b[:, None, None]"), N("out", "maximum(a, 0)")),
    claims=(
        C("a", "dout * (a > 0)", text="ReLU lets pass what was positive:"),
        C("z", "da"),
        _BIAS,
        *_FROM_Z,
    ),
    source=(
        "The steps are those of the two layers; CS231n, assignment 2, `layer_utils.py`, has the "
        "composition."
    ),
)

CONV_RELU_POOL = Derivation(
    name="conv_relu_pool",
    title="Convolution, then ReLU, then max pooling",
    inputs="x: (2, 2, 3, 5), w: (2, 2, 2, 2), b: (2,), stride: 1, pad: 0, height: 2, width: 2",
    constants=(
        *_PLACES,
        N("H2", "1"),
        N("W2", "2"),
        N(
            "U",
            "(arange(H1) == 2 * arange(H2)[:, None, None] + arange(height)[:, None]) * 1.0",
            text="$U$ and $V$ pick the windows of the pooling, as $A$ and $B$ did before:",
        ),
        N("V", "(arange(W1) == 2 * arange(W2)[:, None, None] + arange(width)[:, None]) * 1.0"),
    ),
    symbols={**_SYMBOLS, "H2": "H''", "W2": "W''"},
    lengths={
        **_LENGTHS,
        "U": "(H'', height, H')",
        "V": "(W'', width, W')",
        **dict.fromkeys(("Q", "m"), "(N, F, H'', W'', height, width)"),
        "out": "(N, F, H'', W'')",
    },
    axes=("n", "f", "p", "q", "i", "j"),
    text=(
        "The chain rule, from the end. Letters and indices are those of [convolution](conv.md) and "
        "[max pooling](max_pool.md); the places of the pooling's windows are $(u, v)$, here with a "
        "stride of 2."
    ),
    nodes=(
        _PATCHES,
        _FILTERED,
        N("a", "z + b[:, None, None]"),
        N("r", "maximum(a, 0)"),
        N("Q", "np.einsum('nfpq,uip,vjq->nfuvij', r, U, V)", text="The windows of the pooling:"),
        N("m", "(Q == Q.max((4, 5), keepdims=True)) * 1.0", text=_WINNER),
        N("out", "np.einsum('nfuvij,nfuvij->nfuv', m, Q)"),
    ),
    claims=(
        C(
            "Q",
            "np.einsum('nfuv,nfuvij->nfuvij', dout, m)",
            text="Pooling gives the upstream derivative to the winners of its windows:",
        ),
        C("r", "np.einsum('nfuvij,uip,vjq->nfpq', dQ, U, V)"),
        C("a", "dr * (a > 0)", text="ReLU lets pass what was positive:"),
        C("z", "da"),
        _BIAS,
        *_FROM_Z,
    ),
    closing=(
        "A window whose entries are all zero after ReLU is a tie; whoever wins it, ReLU lets "
        "nothing pass."
    ),
    source=(
        "The steps are those of the three layers; CS231n, assignment 2, `layer_utils.py`, has the "
        "composition."
    ),
)

CONV_BN_RELU = Derivation(
    name="conv_bn_relu",
    title="Convolution, batch normalisation, ReLU",
    inputs=(
        "x: (2, 2, 4, 5), w: (3, 2, 2, 3), b: (3,), gamma: positive(1, 3, 1, 1), "
        "beta: (1, 3, 1, 1), stride: 2, pad: 1, eps: 0.125"
    ),
    constants=(*_PLACES, N("M", "len(x) * H1 * W1")),
    symbols={**_SYMBOLS, "len(x)": "N", "eps": r"\epsilon", "mu": r"\mu", "sd": r"\tau"},
    lengths={
        **_LENGTHS,
        **dict.fromkeys(("gamma", "beta", "mu", "sd"), "(1, F, 1, 1)"),
        **dict.fromkeys(("ahat", "h"), "(N, F, H', W')"),
    },
    axes=CONV.axes,
    text=(
        "The chain rule, from the end. Letters and indices are those of [convolution](conv.md); "
        "the statistics of a filter are over the $M = N H' W'$ places of all images."
    ),
    nodes=(
        _PATCHES,
        _FILTERED,
        N("a", "z + b[:, None, None]"),
        N("mu", "a.sum((0, 2, 3), keepdims=True) / M"),
        N("sd", "sqrt(((a - mu) ** 2).sum((0, 2, 3), keepdims=True) / M + eps)"),
        N("ahat", "(a - mu) / sd"),
        N("h", "gamma * ahat + beta"),
        N("out", "maximum(h, 0)"),
    ),
    claims=(
        C("h", "dout * (h > 0)"),
        C("beta", "dh.sum((0, 2, 3), keepdims=True)"),
        C("gamma", "(dh * ahat).sum((0, 2, 3), keepdims=True)"),
        C(
            "a",
            "gamma / (M * sd) * (M * dh - dbeta - ahat * dgamma)",
            text="The short formula of [batch normalisation of images](spatial_batchnorm.md):",
        ),
        C("z", "da"),
        C(
            "b",
            "zeros(b.shape)",
            text="A bias before batch normalisation has no effect: the mean takes it out.",
        ),
        *_FROM_Z,
    ),
    source=(
        "The steps are those of the three layers; Ioffe and Szegedy, “Batch Normalization” "
        "(2015), section 3.2, on the order and the bias."
    ),
)

IMAGES = (CONV, MAX_POOL, CONV_RELU, CONV_RELU_POOL, CONV_BN_RELU)
