"""LSTM with the gates in the order i, f, o, g: one step with two outputs, and a sequence."""

from __future__ import annotations

from functools import partial

from reference import recurrent

from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Reference
from ..spec.ways import Ways
from .recurrent import sequence_cases, step_cases

_FORWARD = """
pre = x @ Wx + prev_h @ Wh + b
i = 1 / (1 + np.exp(-pre[:, :H]))
f = 1 / (1 + np.exp(-pre[:, H:2 * H]))
o = 1 / (1 + np.exp(-pre[:, 2 * H:3 * H]))
g = np.tanh(pre[:, 3 * H:])
next_c = f * prev_c + i * g
shown = np.tanh(next_c)
next_h = o * shown
"""
_BACKWARD = """
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
_BY_SPLIT = """
pre = x @ Wx + prev_h @ Wh + b
gates = 0.5 * (1 + np.tanh(0.5 * pre[:, :3 * H]))
i = gates[:, :H]
f = gates[:, H:2 * H]
o = gates[:, 2 * H:]
g = np.tanh(pre[:, 3 * H:])
next_c = i * g + prev_c * f
shown = np.tanh(next_c)
next_h = o * shown
"""

_WAYS = Ways(
    arguments="x, prev_h, prev_c, Wx, Wh, b",
    given="""
N = x.shape[0]
D = x.shape[1]
H = prev_h.shape[1]
""",
    texts={"": (_FORWARD + _BACKWARD, _BY_SPLIT + _BACKWARD)},
    upstreams=("dout", "dnext_c"),
)

_MISCONCEPTIONS = """
lstm_step_forward, next_c
  gates in the order i, f, g, o
    = f * prev_c + i * np.tanh(pre[:, 2 * H:3 * H])
    The gates stand in the order i, f, o, g along the axis of length 4H.
  gates in the order f, i, o, g
    = i * prev_c + f * g
    The gates stand in the order i, f, o, g along the axis of length 4H.
  sigmoid for tanh
    = f * prev_c + i / (1 + np.exp(-pre[:, 3 * H:]))
    The candidate g has tanh, not the sigmoid.
  tanh missing
    = f * prev_c + i * pre[:, 3 * H:]
    The candidate g has tanh.
  input gate missing
    = f * prev_c + g
    The input gate is missing: i * g.
  forget gate missing
    = prev_c + i * g
    The forget gate is missing: f * prev_c.
  coupled gates
    = (1 - i) * prev_c + i * g
    The forget gate is a gate of its own, not 1 - i.
lstm_step_forward, next_h
  tanh missing
    = o * next_c
    The cell goes through tanh: next_h = o * tanh(next_c).
  previous cell
    = o * np.tanh(prev_c)
    The state shows the new cell, not the previous one.
  output gate missing
    = shown
    The output gate is missing.
  candidate for output gate
    = 1 / (1 + np.exp(-pre[:, 3 * H:])) * shown
    The gates stand in the order i, f, o, g along the axis of length 4H.
lstm_step_backward, dprev_c
  path of the cell alone
    = dnext_c * f
    The cell has two upstreams: its own and that through tanh and the output gate.
  path of the state alone
    = dout * o * (1 - shown ** 2) * f
    The cell has two upstreams: dnext_c is missing.
  forget gate missing
    = dc
    The previous cell goes through the forget gate.
  slope of tanh missing
    = (dnext_c + dout * o) * f
    The slope of tanh is missing in the path from the state to the cell.
  output gate missing
    = (dnext_c + dout * (1 - shown ** 2)) * f
    The output gate is missing in the path from the state to the cell.
lstm_step_backward, dprev_h
  recurrent weights with the gates turned
    = np.concatenate([di, df, dg, do], 1) @ Wh.T
    The gates stand in the order i, f, o, g in the gradient, too.
  slope of the gates missing
    = np.concatenate([dc * g, dc * prev_c, dout * shown, dg], 1) @ Wh.T
    The slopes of the sigmoids are missing: gate * (1 - gate).
  averaged
    = da @ Wh.T / N
    No average in a layer. [~d2l1000]
lstm_step_backward, dx
  gates turned
    = np.concatenate([di, df, dg, do], 1) @ Wx.T
    The gates stand in the order i, f, o, g in the gradient, too.
  slope of the gates missing
    = np.concatenate([dc * g, dc * prev_c, dout * shown, dg], 1) @ Wx.T
    The slopes of the sigmoids are missing: gate * (1 - gate).
  slope of tanh missing
    = np.concatenate([di, df, do, dc * i], 1) @ Wx.T
    The slope of tanh is missing in dg: 1 - g**2.
  cell's own upstream missing
    = da @ Wx.T - (dnext_c * i * (1 - g ** 2)) @ Wx[:, 3 * H:].T - (dnext_c * g * i * (1 - i)) @
      Wx[:, :H].T - (dnext_c * prev_c * f * (1 - f)) @ Wx[:, H:2 * H].T
    The cell has two upstreams: dnext_c is missing.
  new cell for previous
    = np.concatenate([di, dc * next_c * f * (1 - f), do, dg], 1) @ Wx.T
    The forget gate multiplies the previous cell.
lstm_step_backward, dWx
  averaged
    = x.T @ da / N
    Sum over the batch, do not average. [~wjb7]
  slope of tanh missing
    = x.T @ np.concatenate([di, df, do, dc * i], 1)
    The slope of tanh is missing in dg: 1 - g**2.
lstm_step_backward, dWh
  next state for previous
    = next_h.T @ da
    Wh multiplies the previous state.
  averaged
    = prev_h.T @ da / N
    Sum over the batch, do not average. [~wjb7]
lstm_step_backward, db
  averaged
    = da.mean(0)
    Sum over the batch, do not average. [~kvfrans5]
  slope of tanh missing
    = np.concatenate([di, df, do, dc * i], 1).sum(0)
    The slope of tanh is missing in dg: 1 - g**2.
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
    ways=_WAYS,
    misconceptions=Misconceptions("lstm_step", _MISCONCEPTIONS),
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
)
