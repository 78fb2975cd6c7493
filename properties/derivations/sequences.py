"""What stands before and behind a recurrent layer, on paper: words in, scores and loss out."""

from __future__ import annotations

from .derivation import Claim, Derivation, Node

__all__ = ["SEQUENCES"]

N, C = Node, Claim

WORD_EMBEDDING = Derivation(
    name="word_embedding",
    title="Word embedding",
    inputs="x: labels(V, N, T), W: (V, D)",
    constants=(
        N(
            "E",
            "np.eye(len(W))[x]",
            text="$E_{ntv}$ is one where word $v$ stands at step $t$ of example $n$, else zero:",
        ),
    ),
    text=(
        "Row $x_{nt}$ of $W$ for each word: `out = W[x]`. That is the same as a product with "
        "unit vectors, which shows that it is linear in $W$. Words have no derivative."
    ),
    nodes=(N("out", "np.einsum('ntv,vd->ntd', E, W)"),),
    claims=(
        C(
            "W",
            "np.einsum('ntv,ntd->vd', E, dout)",
            text="A row collects from all places where its word stands:",
        ),
    ),
    closing=(
        "A word that stands in two places gets both, and one that stands nowhere gets zero. In "
        "code the sum is `np.add.at(dW, x, dout)`; `dW[x] += dout` keeps one of several places "
        "alone."
    ),
    source=(
        "Bengio, Ducharme, Vincent and Jauvin, “A Neural Probabilistic Language Model” (2003), "
        "section 2, for the layer; the derivative is that of an affine layer whose input is $E$."
    ),
)

TEMPORAL_AFFINE = Derivation(
    name="temporal_affine",
    title="Affine layer at every time step",
    inputs="x: (N, T, D), w: (D, M), b: (M,)",
    axes=("n", "t", "m"),
    text="Every step of every example is multiplied by the same matrix.",
    nodes=(
        N("z", "np.einsum('ntd,dm->ntm', x, w)"),
        N("out", "z + b"),
    ),
    claims=(
        C("z", "dout"),
        C("b", "dout.sum((0, 1))", text="The bias was added at every step of every example:"),
        C(
            "w",
            "np.einsum('ntd,ntm->dm', x, dz)",
            text="and so was the matrix used; both indices are summed over:",
        ),
        C("x", "np.einsum('ntm,dm->ntd', dz, w)", text="Steps do not meet:"),
    ),
    closing=(
        "With examples and steps laid out along one axis, $X \\in \\mathbb{R}^{N T \\times D}$, "
        "these are the lines of the [affine layer](affine.md): $\\bar w = X^T\\, \\bar z$."
    ),
    source=(
        "J. Johnson, “Derivatives, Backpropagation, and Vectorization” (CS231n, 2017), for the "
        "affine layer; CS231n, assignment 3, for this one."
    ),
)

TEMPORAL_SOFTMAX = Derivation(
    name="temporal_softmax",
    title="Softmax cross-entropy over time steps",
    inputs="x: (N, T, V), y: labels(V, N, T), mask: bits(N, T)",
    constants=(
        N("Y", "np.eye(x.shape[2])[y]", text="$Y$ holds the right words as unit vectors:"),
        N("m", "mask[:, :, None]", text="and $m$ the mask, one for each step that counts:"),
    ),
    symbols={"len(x)": "N"},
    axes=("n", "t", "v"),
    text=(
        "Scores of $V$ words at every step. The sum is over the steps that the mask keeps; the "
        "examples divide it, not the steps."
    ),
    nodes=(
        N("e", "exp(x)"),
        N("s", "e.sum(2, keepdims=True)"),
        N("p", "e / s"),
        N("L", "-(m * Y * log(p)).sum() / len(x)"),
    ),
    claims=(
        C("p", "-(m * Y) / p / len(x)"),
        C("s", "-(dp * e).sum(2, keepdims=True) / s ** 2"),
        C("e", "dp / s + ds", text="Each $e$ is in its own probability and in the sum:"),
        C("x", "de * e"),
        C(
            "x",
            "m * (p - Y) / len(x)",
            text="Inserted, as $Y$ adds up to one at each step; where the mask is zero, so is it:",
        ),
    ),
    source=(
        "Vinyals, Toshev, Bengio and Erhan, “Show and Tell” (2015), equation 7, for the loss; the "
        "steps are those of [softmax cross-entropy](softmax.md)."
    ),
)

SEQUENCES = (WORD_EMBEDDING, TEMPORAL_AFFINE, TEMPORAL_SOFTMAX)
