"""Whole nets on paper: what the layers hand to each other, down to every parameter."""

from __future__ import annotations

from .derivation import Claim, Derivation, Node

__all__ = ["NETS"]

N, C = Node, Claim

TWO_LAYER_NET = Derivation(
    name="two_layer_net",
    title="Two-layer net",
    inputs=("X: (N, D), y: labels(C, N), W1: (H, D), b1: (H,), W2: (C, H), b2: (C,), reg: 0.35"),
    constants=(N("t", "(y[:, None] == arange(len(W2))) * 1.0"),),
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
    source=(
        "Goodfellow, Bengio and Courville, “Deep Learning” (2016), section 6.5.7, which goes "
        "through this net with a weight decay."
    ),
)

_SCORES = {"data": "L_d", "reg": r"\lambda", "len(x)": "N"}
_ONE_ROW = "(exp({s}) / exp({s}).sum(1, keepdims=True) - {t})"

CONV_NET = Derivation(
    name="three_layer_conv_net",
    title="Convolutional net of three layers",
    inputs=(
        "x: (2, 1, 4, 4), y: labels(3), W1: (2, 1, 3, 3), b1: (2,), W2: (2, 2, 2, 4), b2: (4,), "
        "W3: (4, 3), b3: (3,), reg: 0.35"
    ),
    constants=(
        N(
            "A",
            "(arange(4) + 1 == arange(4)[:, None, None] + arange(3)[:, None]) * 1.0",
            text=(
                "Which row and column of the image each entry of a window of a filter reads, as "
                "for [convolution](conv.md); images and filters are square here, so that $A$ does "
                "for both. The stride is 1, and the padding keeps the size."
            ),
        ),
        N(
            "U",
            "(arange(4) == 2 * arange(2)[:, None, None] + arange(2)[:, None]) * 1.0",
            text="The same for the pooling, $2 \\times 2$ with a stride of 2:",
        ),
        N("t", "(y[:, None] == arange(len(b3))) * 1.0", text="The labels as unit vectors:"),
    ),
    symbols={
        **_SCORES,
        "b1[:, None, None]": "b_1",
        "W1": "W^{1}",
        "W2": "W^{2}",
    },
    lengths={
        "x": "(N, C, H, H)",
        "y": "(N,)",
        "W1": "(F, C, K, K)",
        "b1": "(F,)",
        "W2": "(F, H', H', M)",
        "b2": "(M,)",
        "W3": "(M, S)",
        "b3": "(S,)",
        "A": "(H, K, H)",
        "U": "(H', 2, H)",
        "t": "(N, S)",
        "P": "(N, C, H, H, K, K)",
        **dict.fromkeys(("z", "a", "r"), "(N, F, H, H)"),
        **dict.fromkeys(("Q", "m"), "(N, F, H', H', 2, 2)"),
        "o": "(N, F, H', H')",
        **dict.fromkeys(("g", "h"), "(N, M)"),
        "s": "(N, S)",
    },
    axes=("n", "f", "p", "q", "i", "j"),
    text=(
        "Convolution, ReLU, pooling; affine, ReLU; affine, softmax cross-entropy, with $\\tfrac12 "
        "\\lambda \\sum_k \\lVert W_k \\rVert^2$ added. The rows of $W_2$ belong to the entries "
        "of the pooled images, laid out as $(f, u, v)$. The images need no derivative."
    ),
    nodes=(
        N("P", "np.einsum('nckl,pik,qjl->ncpqij', x, A, A)"),
        N("z", "np.einsum('ncpqij,fcij->nfpq', P, W1)"),
        N("a", "z + b1[:, None, None]"),
        N("r", "maximum(a, 0)"),
        N("Q", "np.einsum('nfpq,uip,vjq->nfuvij', r, U, U)"),
        N("m", "(Q == Q.max((4, 5), keepdims=True)) * 1.0", text="The winners of the windows:"),
        N("o", "np.einsum('nfuvij,nfuvij->nfuv', m, Q)"),
        N("g", "np.einsum('nfuv,fuvk->nk', o, W2)"),
        N("h", "maximum(g + b2, 0)"),
        N("s", "h @ W3 + b3"),
        N("data", "(log(exp(s).sum(1)) - (s * t).sum(1)).mean()"),
        N("L", "data + 0.5 * reg * ((W1 ** 2).sum() + (W2 ** 2).sum() + (W3 ** 2).sum())"),
    ),
    claims=(
        C("s", _ONE_ROW.format(s="s", t="t") + " / len(x)", text="From the end:"),
        C("W3", "h.T @ ds + reg * W3", text="Each matrix has a second path, its penalty:"),
        C("b3", "ds.sum(0)"),
        C("h", "ds @ W3.T"),
        C("g", "dh * (h > 0)"),
        C("W2", "np.einsum('nfuv,nk->fuvk', o, dg)", through="g"),
        C("W2", "reg * W2", through="L", text="and its penalty; the two add up:"),
        C("b2", "dg.sum(0)"),
        C("o", "np.einsum('nk,fuvk->nfuv', dg, W2)"),
        C("Q", "np.einsum('nfuv,nfuvij->nfuvij', do, m)", text="To the winners:"),
        C("r", "np.einsum('nfuvij,uip,vjq->nfpq', dQ, U, U)"),
        C("a", "dr * (a > 0)"),
        C("b1", "da.sum((0, 2, 3))"),
        C("z", "da"),
        C("W1", "np.einsum('nfpq,ncpqij->fcij', dz, P)", through="z"),
        C("W1", "reg * W1", through="L", text="and its penalty; the two add up:"),
    ),
    source=(
        "The steps are those of the layers; CS231n, assignment 2, has the net. LeCun, Bottou, "
        "Bengio and Haffner, “Gradient-Based Learning Applied to Document Recognition” (1998), "
        "section II, for nets of this kind."
    ),
)

CAPTIONING_RNN = Derivation(
    name="captioning_rnn",
    title="A net that writes captions",
    inputs=(
        "x: (N, D), words: labels(V, N, 3), Wp: (D, H), bp: (H,), We: (V, B), Wx: (B, H), "
        "Wh: (H, H), b: (H,), Wv: (H, V), bv: (V,), k1: bits(N, 1), k2: bits(N, 1)"
    ),
    constants=(
        N(
            "E1",
            "np.eye(len(bv))[words[:, 0]]",
            text="$E_t$ holds the word that goes into step $t$ as unit vectors,",
        ),
        N("E2", "np.eye(len(bv))[words[:, 1]]"),
        N("Y1", "np.eye(len(bv))[words[:, 1]]", text="and $Y_t$ the word that should come out:"),
        N("Y2", "np.eye(len(bv))[words[:, 2]]"),
    ),
    symbols={
        "len(x)": "N",
        "Wp": "W_p",
        "bp": "b_p",
        "We": "W_e",
        "Wx": "W_x",
        "Wh": "W_h",
        "Wv": "W_v",
        "bv": "b_v",
    },
    axes=("n", "v"),
    text=(
        "The features $x$ of an image give the first state, an [RNN](rnn.md) reads the caption "
        "word by word and scores the next word at each step, here at two of them. $k_t$ is one "
        "where the word that should come out counts, and zero where it is the filler."
    ),
    nodes=(
        N("h0", "x @ Wp + bp"),
        N("x1", "E1 @ We", text="The same embedding for all words:"),
        N("x2", "E2 @ We"),
        N("a1", "x1 @ Wx + h0 @ Wh + b"),
        N("h1", "np.tanh(a1)"),
        N("a2", "x2 @ Wx + h1 @ Wh + b"),
        N("h2", "np.tanh(a2)"),
        N("s1", "h1 @ Wv + bv", text="The same scores at all steps:"),
        N("s2", "h2 @ Wv + bv"),
        N("l1", "k1 * (log(exp(s1).sum(1, keepdims=True)) - (s1 * Y1).sum(1, keepdims=True))"),
        N("l2", "k2 * (log(exp(s2).sum(1, keepdims=True)) - (s2 * Y2).sum(1, keepdims=True))"),
        N("L", "(l1 + l2).sum() / len(x)"),
    ),
    claims=(
        C("s2", f"k2 * {_ONE_ROW.format(s='s2', t='Y2')} / len(x)", text="Both steps count:"),
        C("s1", f"k1 * {_ONE_ROW.format(s='s1', t='Y1')} / len(x)"),
        C("Wv", "h1.T @ ds1 + h2.T @ ds2", text="What all steps share is summed over them:"),
        C("bv", "(ds1 + ds2).sum(0)"),
        C("h2", "ds2 @ Wv.T"),
        C("a2", "dh2 * (1 - h2 ** 2)"),
        C("h1", "ds1 @ Wv.T", through="s1", text="A state has two uses, its scores"),
        C("h1", "da2 @ Wh.T", through="a2", text="and the next step:"),
        C("h1", "ds1 @ Wv.T + da2 @ Wh.T"),
        C("a1", "dh1 * (1 - h1 ** 2)"),
        C("Wx", "x1.T @ da1 + x2.T @ da2"),
        C("Wh", "h0.T @ da1 + h1.T @ da2"),
        C("b", "(da1 + da2).sum(0)"),
        C("h0", "da1 @ Wh.T", text="Through the first step to the image:"),
        C("Wp", "x.T @ dh0"),
        C("bp", "dh0.sum(0)"),
        C("x1", "da1 @ Wx.T", text="and at each step to its word:"),
        C("x2", "da2 @ Wx.T"),
        C("We", "E1.T @ dx1 + E2.T @ dx2", text="A word's row collects from all its places:"),
    ),
    source=(
        "Vinyals, Toshev, Bengio and Erhan, “Show and Tell” (2015), section 3; CS231n, assignment "
        "3, has the net. The steps are those of the layers."
    ),
)

NETS = (TWO_LAYER_NET, CONV_NET, CAPTIONING_RNN)
