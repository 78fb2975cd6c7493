"""Recurrent layer: next_h = tanh(x Wx + prev_h Wh + b); one step, and a sequence of them."""

from __future__ import annotations

from functools import partial

from reference import recurrent

from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Reference
from ..spec.ways import Ways, sizes
from . import rnn_misconceptions
from .recurrent import MANY_STEPS, SUMS, flat_sums, fold, sequence_cases, step_cases
from .recurrent_misconceptions import of_sequence

_STEP = """
pre = x @ Wx + prev_h @ Wh + b
next_h = np.tanh(pre)
da = dout * (1 - next_h ** 2)
dx = da @ Wx.T
dprev_h = da @ Wh.T
dWx = x.T @ da
dWh = prev_h.T @ da
db = da.sum(0)
"""
_STACKED = """
both = np.concatenate([x, prev_h], 1)
weights = np.concatenate([Wx, Wh], 0)
next_h = np.tanh(both @ weights + b)
da = dout / np.cosh(both @ weights + b) ** 2
dboth = da @ weights.T
dx = dboth[:, :D]
dprev_h = dboth[:, D:]
dWx = (both.T @ da)[:D]
dWh = (both.T @ da)[D:]
db = da.sum(0)
"""

_WAYS = Ways(
    arguments="x, prev_h, Wx, Wh, b",
    given=sizes(x="N D", prev_h="_ H"),
    texts={"": (_STEP, _STACKED)},
)

_SEQUENCE = Ways(
    arguments="x, h0, Wx, Wh, b",
    given=sizes(x="N T D", h0="_ H"),
    texts={
        "": (
            """
h = scan(lambda prev, x_t: np.tanh(x_t @ Wx + prev @ Wh + b), h0, x)
before = np.concatenate([h0[:, None], h[:, :-1]], 1)
da = scan(lambda later, d_t, h_t: (d_t + later @ Wh.T) * (1 - h_t ** 2), 0 * h0, dout, h,
          backwards=True)
dx = da @ Wx.T
dh0 = da[:, 0] @ Wh.T
"""
            + SUMS,
            """
moved = x @ Wx + b
h = scan(lambda prev, a_t: np.tanh(a_t + prev @ Wh), h0, moved)
before = np.concatenate([h0[:, None], h], 1)[:, :T]
slopes = 1 / np.cosh(moved + before @ Wh) ** 2
carried = scan(lambda carry, d_t, slope_t: ((d_t + carry) * slope_t) @ Wh.T, 0 * h0, dout, slopes,
               backwards=True)
dh = dout + np.concatenate([carried[:, 1:], 0 * h0[:, None]], 1)
da = dh * slopes
dx = np.einsum('nth,dh->ntd', da, Wx)
dh0 = carried[:, 0]
"""
            + flat_sums("H"),
        )
    },
)

RNN_STEP = LayerSpec(
    name="rnn_step",
    forward="rnn_step_forward",
    backward="rnn_step_backward",
    cases=partial(step_cases, gates=1, states=("prev_h",)),
    differentiable=("x", "prev_h", "Wx", "Wh", "b"),
    inputs={"rnn_step": "x: (N, D), prev_h: (N, H), Wx: (D, H), Wh: (H, H), b: (H,)"},
    value="next_h",
    reference=Reference(forward=recurrent.rnn_step, vjp=recurrent.rnn_step_vjp),
    batched=("x", "prev_h"),
    ways=_WAYS,
    misconceptions=Misconceptions("rnn_step", rnn_misconceptions.STEP),
)

RNN = LayerSpec(
    name="rnn",
    forward="rnn_forward",
    backward="rnn_backward",
    cases=partial(sequence_cases, gates=1),
    differentiable=("x", "h0", "Wx", "Wh", "b"),
    value="h",
    reference=Reference(forward=recurrent.rnn, vjp=recurrent.rnn_vjp),
    batched=("x", "h0"),
    laws={"causal": "x"},
    same_as=fold(RNN_STEP),
    ways=_SEQUENCE,
    misconceptions=Misconceptions("rnn", rnn_misconceptions.SEQUENCE + of_sequence("rnn")),
    hints=Hints(circumstances=(MANY_STEPS,)),
)
