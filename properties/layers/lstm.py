"""LSTM with the gates in the order i, f, o, g: one step with two outputs, and a sequence."""

from __future__ import annotations

from functools import partial

from reference import recurrent

from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Reference
from ..spec.ways import Ways, sizes
from . import lstm_misconceptions
from .recurrent import MANY_STEPS, SUMS, flat_sums, fold, sequence_cases, step_cases
from .recurrent_misconceptions import of_sequence

_GATES = """
pre = x @ Wx + prev_h @ Wh + b
i = 1 / (1 + np.exp(-pre[:, :H]))
f = 1 / (1 + np.exp(-pre[:, H:2 * H]))
o = 1 / (1 + np.exp(-pre[:, 2 * H:3 * H]))
g = np.tanh(pre[:, 3 * H:])
next_c = f * prev_c + i * g
"""
_GATES_BY_SPLIT = """
pre = x @ Wx + prev_h @ Wh + b
gates = 0.5 * (1 + np.tanh(0.5 * pre[:, :3 * H]))
i = gates[:, :H]
f = gates[:, H:2 * H]
o = gates[:, 2 * H:]
g = np.tanh(pre[:, 3 * H:])
next_c = i * g + prev_c * f
"""
_REST = """
shown = np.tanh(next_c)
next_h = o * shown
dc = dnext_c + dout * o * (1 - shown ** 2)
di = dc * g * i * (1 - i)
df = dc * prev_c * f * (1 - f)
do = dout * shown * o * (1 - o)
dg = dc * i * (1 - g ** 2)
da = np.concatenate([di, df, do, dg], 1)
dx = da @ Wx.T
dprev_h = da @ Wh.T
dprev_c = dc * f
dWx = x.T @ da
dWh = prev_h.T @ da
db = da.sum(0)
"""
_UNROLLED = """
cell = lambda a, c: sig(a[:, H:2 * H]) * c + sig(a[:, :H]) * np.tanh(a[:, 3 * H:])
shown = lambda a, c: sig(a[:, 2 * H:3 * H]) * np.tanh(c)
follow = lambda step: scan(lambda s, x_t: step(x_t @ Wx + s[0] @ Wh + b, s[1]),
                           np.stack([h0, 0 * h0]), x)
states = follow(lambda a, c: np.stack([shown(a, cell(a, c)), cell(a, c)]))
h = states[0]
c = states[1]
before = np.concatenate([h0[:, None], h[:, :-1]], 1)
c_before = np.concatenate([0 * h0[:, None], c[:, :-1]], 1)
a = x @ Wx + before @ Wh + b
i = sig(a[..., :H])
f = sig(a[..., H:2 * H])
o = sig(a[..., 2 * H:3 * H])
g = np.tanh(a[..., 3 * H:])
tanh_c = np.tanh(c)
back_to = lambda step: scan(step, np.zeros((N, 5 * H)), dout, o, tanh_c, i, f, g, c_before,
                            backwards=True)
dh = lambda later, d_t: d_t + later[:, :4 * H] @ Wh.T
dc = lambda later, dh_t, o_t, shown_t: later[:, 4 * H:] + dh_t * o_t * (1 - shown_t ** 2)
dgates = lambda dh_t, dc_t, o_t, shown_t, i_t, f_t, g_t, c_t: np.concatenate(
    [dc_t * g_t * i_t * (1 - i_t), dc_t * c_t * f_t * (1 - f_t),
     dh_t * shown_t * o_t * (1 - o_t), dc_t * i_t * (1 - g_t ** 2), dc_t * f_t], 1)
back = back_to(lambda later, d_t, o_t, shown_t, *others: dgates(
    dh(later, d_t), dc(later, dh(later, d_t), o_t, shown_t), o_t, shown_t, *others))
da = back[..., :4 * H]
dx = da @ Wx.T
dh0 = da[:, 0] @ Wh.T
"""
LSTM_STEP = LayerSpec(
    name="lstm_step",
    forward="lstm_step_forward",
    backward="lstm_step_backward",
    cases=partial(step_cases, gates=4, states=("prev_h", "prev_c"), douts=("dnext_c",)),
    differentiable=("x", "prev_h", "prev_c", "Wx", "Wh", "b"),
    outputs=("next_h", "next_c"),
    reference=Reference(forward=recurrent.lstm_step, vjp=recurrent.lstm_step_vjp),
    batched=("x", "prev_h", "prev_c"),
    ways=Ways(
        arguments="x, prev_h, prev_c, Wx, Wh, b",
        given=sizes(x="N D", prev_h="_ H"),
        texts={"": (_GATES + _REST, _GATES_BY_SPLIT + _REST)},
        upstreams=("dout", "dnext_c"),
    ),
    misconceptions=Misconceptions("lstm_step", lstm_misconceptions.STEP),
)

LSTM = LayerSpec(
    name="lstm",
    forward="lstm_forward",
    backward="lstm_backward",
    cases=partial(sequence_cases, gates=4),
    differentiable=("x", "h0", "Wx", "Wh", "b"),
    value="h",
    reference=Reference(forward=recurrent.lstm, vjp=recurrent.lstm_vjp),
    batched=("x", "h0"),
    laws={"causal": "x"},
    same_as=fold(LSTM_STEP),
    ways=Ways(
        arguments="x, h0, Wx, Wh, b",
        given=sizes(x="N T D", h0="_ H"),
        texts={
            "": (
                f"sig = lambda a: 1 / (1 + np.exp(-a)){_UNROLLED}{SUMS}",
                f"sig = lambda a: 0.5 * (1 + np.tanh(0.5 * a)){_UNROLLED}{flat_sums('4 * H')}",
            )
        },
    ),
    misconceptions=Misconceptions("lstm", lstm_misconceptions.SEQUENCE + of_sequence("lstm")),
    hints=Hints(circumstances=(MANY_STEPS,)),
)
