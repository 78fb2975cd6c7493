"""Attention on paper: one head, and several."""

from __future__ import annotations

from .derivation import Claim, Derivation, Node

__all__ = ["ATTENTION", "SDPA"]

N, C = Node, Claim

_SEEN = (
    "$M$ is one where a query attends to a key and zero where the key is hidden; here each step "
    "sees itself and what came before. Any mask does, as long as no query is left without a key."
)

SDPA = Derivation(
    name="sdpa",
    title="Scaled dot-product attention",
    inputs="q: (T, D), k: unit(S, D), v: (S, E)",
    constants=(
        N("d", "q.shape[1]"),
        N("M", "np.tri(len(q), len(k))", text=_SEEN),
    ),
    symbols={"q.shape[1]": "D"},
    axes=("t", "j"),
    text=(
        "$T$ queries, $S$ keys and values. Leading axes, of examples and heads, stay apart: this "
        "is what happens for each of them. Code takes the largest score of a row from all of them "
        "first, which changes neither the weights nor their derivative."
    ),
    nodes=(
        N("s", "q @ k.T / sqrt(d)", text="How well each key fits each query:"),
        N("e", "M * exp(s)"),
        N("z", "e.sum(1, keepdims=True)"),
        N("p", "e / z", text="The weights of a query are a softmax over the keys that it sees:"),
        N("out", "p @ v"),
    ),
    claims=(
        C("v", "p.T @ dout", text="The output is a product of two matrices:"),
        C("p", "dout @ v.T"),
        C("z", "-(dp * e).sum(1, keepdims=True) / z ** 2", text="Softmax, row by row:"),
        C("e", "dp / z + dz"),
        C("s", "de * e", text="Where a key is hidden $e$ is zero, and so is this:"),
        C(
            "s",
            "p * (dp - (dp * p).sum(1, keepdims=True))",
            text="The three lines in one. Each weight depends on every score of its row:",
        ),
        C("q", "ds @ k / sqrt(d)", text="The scores are a product of two matrices, scaled:"),
        C("k", "ds.T @ q / sqrt(d)"),
    ),
    source=(
        "Vaswani et al., “Attention Is All You Need” (2017), section 3.2.1, for the layer; Dao, "
        "Fu, Ermon, Rudra and Ré, “FlashAttention” (2022), appendix B.2, for these equations."
    ),
)

ATTENTION = Derivation(
    name="attention",
    title="Multi-head self-attention",
    inputs="x: (T, D), Wq: unit(D, A, B), Wk: unit(D, A, B), Wv: (D, A, B), Wo: (A, B, D)",
    constants=(
        N("B", "Wq.shape[2]"),
        N("M", "np.tri(len(x))", text=_SEEN),
    ),
    symbols={
        "Wq": "W^q",
        "Wk": "W^k",
        "Wv": "W^v",
        "Wo": "W^o",
        "Wq.shape[2]": "B",
    },
    axes=("h", "t", "u"),
    text=(
        "One example; examples stay apart. $A$ heads have $B$ neighbouring columns each, so column "
        "$h B + b$ of the matrices that code has is $W_{d h b}$ here: cutting into heads and "
        "joining them move entries and change none. Indices: step $t$ that asks and step $u$ that "
        "is asked, head $h$, column $b$ of a head, feature $d$."
    ),
    nodes=(
        N("q", "np.einsum('td,dhb->htb', x, Wq)", text="$x$ is read three times:"),
        N("k", "np.einsum('td,dhb->htb', x, Wk)"),
        N("v", "np.einsum('td,dhb->htb', x, Wv)"),
        N("s", "np.einsum('htb,hub->htu', q, k) / sqrt(B)"),
        N("e", "M * exp(s)"),
        N("p", "e / e.sum(2, keepdims=True)"),
        N("z", "np.einsum('htu,hub->htb', p, v)"),
        N("out", "np.einsum('htb,hbd->td', z, Wo)", text="The heads, side by side, are mixed:"),
    ),
    claims=(
        C("Wo", "np.einsum('htb,td->hbd', z, dout)"),
        C("z", "np.einsum('td,hbd->htb', dout, Wo)", text="Each head gets its columns back:"),
        C(
            "v",
            "np.einsum('htu,htb->hub', p, dz)",
            text="In each head it is [scaled dot-product attention](sdpa.md):",
        ),
        C("p", "np.einsum('htb,hub->htu', dz, v)"),
        C("s", "p * (dp - (dp * p).sum(2, keepdims=True))"),
        C("q", "np.einsum('htu,hub->htb', ds, k) / sqrt(B)"),
        C("k", "np.einsum('htu,htb->hub', ds, q) / sqrt(B)"),
        C("Wq", "np.einsum('td,htb->dhb', x, dq)", text="Queries, keys, values are affine in $x$:"),
        C("Wk", "np.einsum('td,htb->dhb', x, dk)"),
        C("Wv", "np.einsum('td,htb->dhb', x, dv)"),
        C("x", "np.einsum('htb,dhb->td', dq, Wq)", through="q", text="$x$ has three paths:"),
        C("x", "np.einsum('htb,dhb->td', dk, Wk)", through="k"),
        C("x", "np.einsum('htb,dhb->td', dv, Wv)", through="v"),
        C(
            "x",
            "np.einsum('htb,dhb->td', dq, Wq) + np.einsum('htb,dhb->td', dk, Wk)"
            " + np.einsum('htb,dhb->td', dv, Wv)",
            text="and the law of total derivatives adds them up:",
        ),
    ),
    source=(
        "Vaswani et al., “Attention Is All You Need” (2017), section 3.2.2, for the layer; Dao et "
        "al., “FlashAttention” (2022), appendix B.2, for what happens in a head."
    ),
)
