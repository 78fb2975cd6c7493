"""The LSTM on paper: one step, with the gates in the order i, f, o, g."""

from __future__ import annotations

from .derivation import Claim, Derivation, Node

__all__ = ["LSTM_STEP"]

N, C = Node, Claim

LSTM_STEP = Derivation(
    name="lstm_step",
    title="LSTM step",
    inputs="a_i: (3, 2), a_f: (3, 2), a_o: (3, 2), a_g: (3, 2), prev_c: (3, 2)",
    symbols={
        "a_i": "a_i",
        "a_f": "a_f",
        "a_o": "a_o",
        "a_g": "a_g",
        "prev_c": "c",
        "next_c": "c'",
    },
    text=(
        "$a_i, a_f, a_o, a_g$ are the four blocks of $a = x W_x + h W_h + b$, a sum of two affine "
        "layers, whose own derivation goes on from here. The output is the hidden state."
    ),
    nodes=(
        N("i", "1 / (1 + np.exp(-a_i))"),
        N("f", "1 / (1 + np.exp(-a_f))"),
        N("o", "1 / (1 + np.exp(-a_o))"),
        N("g", "np.tanh(a_g)"),
        N("next_c", "f * prev_c + i * g"),
        N("s", "np.tanh(next_c)"),
        N("out", "o * s"),
    ),
    claims=(
        C("o", "dout * s"),
        C("s", "dout * o"),
        C(
            "next_c",
            "ds * (1 - s ** 2)",
            text=(
                "In a sequence the cell state goes into the next step too: what comes back from "
                "there is added here."
            ),
        ),
        C("prev_c", "dnext_c * f"),
        C("f", "dnext_c * prev_c", text="The forget gate multiplies the previous cell."),
        C("i", "dnext_c * g"),
        C("g", "dnext_c * i"),
        C("a_i", "di * i * (1 - i)", text="A sigmoid has the slope $\\sigma (1 - \\sigma)$:"),
        C("a_f", "df * f * (1 - f)"),
        C("a_o", "do * o * (1 - o)"),
        C("a_g", "dg * (1 - g ** 2)", text="and tanh $1 - \\tanh^2$:"),
    ),
)
