"""The recurrent layers on paper: one step, and a sequence unrolled over two of them."""

from __future__ import annotations

from .derivation import Claim, Derivation, Node

__all__ = ["RECURRENT"]

N, C = Node, Claim

_WEIGHTS = {"Wx": "W_x", "Wh": "W_h"}

RNN_STEP = Derivation(
    name="rnn_step",
    title="RNN step",
    inputs="x: (N, D), prev_h: (N, H), Wx: (D, H), Wh: (H, H), b: (H,)",
    symbols={**_WEIGHTS, "prev_h": "h", "next_h": "h'"},
    text="$h$ is the state before the step, $h'$ the one after it.",
    nodes=(
        N("a", "x @ Wx + prev_h @ Wh + b", text="A sum of two affine layers:"),
        N("next_h", "np.tanh(a)"),
    ),
    claims=(
        C("a", "dnext_h * (1 - next_h ** 2)", text="tanh has the slope $1 - \\tanh^2$:"),
        C("x", "da @ Wx.T", text="From here on it is the affine layer, twice:"),
        C("prev_h", "da @ Wh.T"),
        C("Wx", "x.T @ da"),
        C("Wh", "prev_h.T @ da", text="$W_h$ is square, so that a lost transpose does not raise."),
        C("b", "da.sum(0)"),
    ),
    source=(
        "Goodfellow, Bengio and Courville, “Deep Learning” (2016), section 10.2.2; Elman, “Finding "
        "Structure in Time” (1990), for the layer."
    ),
)

RNN = Derivation(
    name="rnn",
    title="RNN over a sequence",
    inputs=(
        "x1: (N, D), x2: (N, D), h0: (N, H), Wx: (D, H), Wh: (H, H), b: (H,), "
        "u1: (N, H), u2: (N, H)"
    ),
    symbols=_WEIGHTS,
    text=(
        "Backpropagation through time, for two steps; more steps repeat what happens at step 1. "
        "$x_t$ and $h_t$ are input and state of step $t$, and $u_t$ is the upstream derivative of "
        "the state $h_t$ as an output, `dh[:, t]`. The last node is a loss with just these "
        "derivatives."
    ),
    nodes=(
        N("a1", "x1 @ Wx + h0 @ Wh + b"),
        N("h1", "np.tanh(a1)"),
        N("a2", "x2 @ Wx + h1 @ Wh + b", text="The same weights again:"),
        N("h2", "np.tanh(a2)"),
        N("L", "(u1 * h1).sum() + (u2 * h2).sum()"),
    ),
    claims=(
        C("h2", "u2", text="After the last step nothing comes back:"),
        C("a2", "dh2 * (1 - h2 ** 2)"),
        C("x2", "da2 @ Wx.T"),
        C("h1", "u1", through="L", text="The state $h_1$ is used twice. It is an output:"),
        C("h1", "da2 @ Wh.T", through="a2", text="and what step 2 begins with:"),
        C("h1", "u1 + da2 @ Wh.T", text="The two add up before step 1 is gone through:"),
        C("a1", "dh1 * (1 - h1 ** 2)"),
        C("x1", "da1 @ Wx.T"),
        C("h0", "da1 @ Wh.T"),
        C("Wx", "x2.T @ da2", through="a2", text="The weights are used at each step:"),
        C("Wx", "x1.T @ da1 + x2.T @ da2"),
        C("Wh", "h0.T @ da1 + h1.T @ da2", text="$W_h$ meets the state *before* each step:"),
        C("b", "(da1 + da2).sum(0)"),
    ),
    closing=(
        "For $T$ steps, from $t = T$ down to 1 with $\\bar a_{T+1} = 0$: $\\bar h_t = u_t + \\bar "
        "a_{t+1} W_h^T$ and $\\bar a_t = \\bar h_t \\odot (1 - h_t^2)$, and then $\\bar W_x = "
        "\\sum_t x_t^T \\bar a_t$, $\\bar W_h = \\sum_t h_{t-1}^T \\bar a_t$, $\\bar b = \\sum_t "
        "\\sum_n \\bar a_t$."
    ),
    source=(
        "Werbos, “Backpropagation Through Time: What It Does and How to Do It” (1990); Goodfellow, "
        "Bengio and Courville, “Deep Learning” (2016), section 10.2.2, equations 10.17 to 10.28."
    ),
)

_GATES = {":H": "i", "H:2 * H": "f", "2 * H:3 * H": "o", "3 * H:": "g"}


def _blocks(name: str, letter: str) -> dict[str, str]:
    """The symbols of the four blocks of columns of one value."""
    return {f"{name}[:, {columns}]": f"{letter}^{gate}" for columns, gate in _GATES.items()}


LSTM_STEP = Derivation(
    name="lstm_step",
    title="LSTM step",
    inputs=(
        "x: (N, D), prev_h: (N, H), prev_c: (N, H), Wx: (D, 4 * H), Wh: (H, 4 * H), b: (4 * H,), "
        "uh: (N, H), uc: (N, H)"
    ),
    constants=(N("H", "prev_h.shape[1]"),),
    symbols={
        **_WEIGHTS,
        "prev_h": "h",
        "prev_h.shape[1]": "H",
        "prev_c": "c",
        "next_h": "h'",
        "next_c": "c'",
        "uh": "u_h",
        "uc": "u_c",
        **_blocks("a", "a"),
    },
    text=(
        "$h, c$ are hidden and cell state before the step, $h', c'$ after it, and $u_h, u_c$ the "
        "upstream derivatives of these. $a$ is cut into four blocks of $H$ columns, in the order "
        "i, f, o, g. The last node is a loss with just the derivatives $u_h$ and $u_c$."
    ),
    nodes=(
        N("a", "x @ Wx + prev_h @ Wh + b"),
        N("i", "sigmoid(a[:, :H])", text="How much is written, kept and shown, and what:"),
        N("f", "sigmoid(a[:, H:2 * H])"),
        N("o", "sigmoid(a[:, 2 * H:3 * H])"),
        N("g", "np.tanh(a[:, 3 * H:])"),
        N("next_c", "f * prev_c + i * g"),
        N("s", "np.tanh(next_c)"),
        N("next_h", "o * s"),
        N("L", "(uh * next_h).sum() + (uc * next_c).sum()"),
    ),
    claims=(
        C("next_h", "uh"),
        C("o", "dnext_h * s"),
        C("s", "dnext_h * o"),
        C("next_c", "uc", through="L", text="The new cell state is used twice. It is an output:"),
        C("next_c", "ds * (1 - s ** 2)", through="s", text="and inside of the hidden state:"),
        C("next_c", "uc + ds * (1 - s ** 2)"),
        C("prev_c", "dnext_c * f", text="From the cell state to what it is made of:"),
        C("f", "dnext_c * prev_c", text="The forget gate multiplies the previous cell."),
        C("i", "dnext_c * g"),
        C("g", "dnext_c * i"),
        C(
            "a",
            "np.concatenate([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), "
            "dg * (1 - g ** 2)], 1)",
            text=(
                "A sigmoid has the slope $\\sigma (1 - \\sigma)$, tanh $1 - \\tanh^2$. The blocks "
                "lie side by side again:"
            ),
        ),
        C("x", "da @ Wx.T", text="From here on it is the affine layer, twice:"),
        C("prev_h", "da @ Wh.T"),
        C("Wx", "x.T @ da"),
        C("Wh", "prev_h.T @ da"),
        C("b", "da.sum(0)"),
    ),
    source=(
        "Greff, Srivastava, Koutník, Steunebrink and Schmidhuber, “LSTM: A Search Space Odyssey” "
        "(2017), section II.B, without peepholes; Hochreiter and Schmidhuber, “Long Short-Term "
        "Memory” (1997), and Gers, Schmidhuber and Cummins, “Learning to Forget” (2000), for the "
        "layer."
    ),
)

LSTM = Derivation(
    name="lstm",
    title="LSTM over a sequence",
    inputs=(
        "x1: (N, D), x2: (N, D), h0: (N, H), Wx: (D, 4 * H), Wh: (H, 4 * H), b: (4 * H,), "
        "u1: (N, H), u2: (N, H)"
    ),
    constants=(N("H", "h0.shape[1]"),),
    symbols={
        **_WEIGHTS,
        "h0.shape[1]": "H",
        **_blocks("a1", "a_1"),
        **_blocks("a2", "a_2"),
    },
    text=(
        "Backpropagation through time, for two steps; more steps repeat what happens at step 1. "
        "$u_t$ is the upstream derivative of the hidden state $h_t$ as an output, `dh[:, t]`; the "
        "cell state is no output. It begins at zero, so that the first step has nothing to forget. "
        "The last node is a loss with just the derivatives $u_t$. Each step by itself is on "
        "[its own page](lstm_step.md)."
    ),
    nodes=(
        N("a1", "x1 @ Wx + h0 @ Wh + b"),
        N("i1", "sigmoid(a1[:, :H])"),
        N("o1", "sigmoid(a1[:, 2 * H:3 * H])"),
        N("g1", "np.tanh(a1[:, 3 * H:])"),
        N("c1", "i1 * g1"),
        N("s1", "np.tanh(c1)"),
        N("h1", "o1 * s1"),
        N("a2", "x2 @ Wx + h1 @ Wh + b", text="The same weights again:"),
        N("i2", "sigmoid(a2[:, :H])"),
        N("f2", "sigmoid(a2[:, H:2 * H])"),
        N("o2", "sigmoid(a2[:, 2 * H:3 * H])"),
        N("g2", "np.tanh(a2[:, 3 * H:])"),
        N("c2", "f2 * c1 + i2 * g2"),
        N("s2", "np.tanh(c2)"),
        N("h2", "o2 * s2"),
        N("L", "(u1 * h1).sum() + (u2 * h2).sum()"),
    ),
    claims=(
        C("h2", "u2", text="After the last step nothing comes back, of either state:"),
        C("c2", "dh2 * o2 * (1 - s2 ** 2)"),
        C(
            "a2",
            "np.concatenate([dc2 * g2 * i2 * (1 - i2), dc2 * c1 * f2 * (1 - f2), "
            "dh2 * s2 * o2 * (1 - o2), dc2 * i2 * (1 - g2 ** 2)], 1)",
            text="The four blocks, as in one step:",
        ),
        C("x2", "da2 @ Wx.T"),
        C("h1", "u1", through="L", text="The hidden state $h_1$ is an output:"),
        C("h1", "da2 @ Wh.T", through="a2", text="and an input of step 2:"),
        C("h1", "u1 + da2 @ Wh.T"),
        C("c1", "dc2 * f2", through="c2", text="The cell state $c_1$ is an input of step 2:"),
        C("c1", "dh1 * o1 * (1 - s1 ** 2)", through="s1", text="and inside of $h_1$:"),
        C("c1", "dc2 * f2 + dh1 * o1 * (1 - s1 ** 2)"),
        C(
            "a1",
            "np.concatenate([dc1 * g1 * i1 * (1 - i1), zeros(i1.shape), "
            "dh1 * s1 * o1 * (1 - o1), dc1 * i1 * (1 - g1 ** 2)], 1)",
            text="The forget gate of the first step multiplied a cell of zeros:",
        ),
        C("x1", "da1 @ Wx.T"),
        C("h0", "da1 @ Wh.T"),
        C("Wx", "x1.T @ da1 + x2.T @ da2", text="The weights are used at each step:"),
        C("Wh", "h0.T @ da1 + h1.T @ da2", text="$W_h$ meets the state *before* each step:"),
        C("b", "(da1 + da2).sum(0)"),
    ),
    closing=(
        "For $T$ steps, from $t = T$ down to 1 with $\\bar a_{T+1} = 0$ and $\\bar c_{T+1} = 0$: "
        "$\\bar h_t = u_t + \\bar a_{t+1} W_h^T$, $\\bar c_t = \\bar c_{t+1} \\odot f_{t+1} + "
        "\\bar h_t \\odot o_t \\odot (1 - s_t^2)$, $\\bar a_t$ as above with $c_{t-1}$ for the "
        "forget gate, and the sums over the steps for the weights."
    ),
    source=(
        "Graves, “Supervised Sequence Labelling with Recurrent Neural Networks” (2012), section "
        "4.6; Greff et al., “LSTM: A Search Space Odyssey” (2017), section II.B."
    ),
)

RECURRENT = (RNN_STEP, RNN, LSTM_STEP, LSTM)
