"""Recurrent layer: next_h = tanh(x Wx + prev_h Wh + b); one step, and a sequence of them."""

from __future__ import annotations

from functools import partial

from reference import recurrent

from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Reference
from ..spec.ways import Ways
from .recurrent import sequence_cases, step_cases

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
    given="""
N = x.shape[0]
D = x.shape[1]
H = prev_h.shape[1]
""",
    texts={"": (_STEP, _STACKED)},
)

_MISCONCEPTIONS = """
rnn_step_forward, next_h
  tanh missing
    = pre
    The tanh is missing.
  bias missing
    = np.tanh(x @ Wx + prev_h @ Wh)
    The bias is missing.
  state missing
    = np.tanh(x @ Wx + b)
    The previous state is missing: prev_h Wh.
  recurrent weights transposed
    = np.tanh(x @ Wx + prev_h @ Wh.T + b)
    Wh is square, so its transpose does not raise: the product is prev_h Wh.
  sigmoid
    = 1 / (1 + np.exp(-pre))
    The step has tanh, not the sigmoid.
  ReLU
    = np.maximum(pre, 0)
    The step has tanh, not the ReLU.
  state added outside
    = np.tanh(x @ Wx + b) + prev_h @ Wh
    The previous state stands inside tanh.
rnn_step_backward, dx
  slope of tanh missing
    = dout @ Wx.T
    The slope of tanh is missing: (1 - next_h**2) comes first.
  slope at the sum
    = (dout * (1 - pre ** 2)) @ Wx.T
    1 - tanh**2 is taken at the output next_h, not at the sum.
  square missing
    = (dout * (1 - next_h)) @ Wx.T
    The slope of tanh is 1 - next_h**2.
  slope of the sigmoid
    = (dout * next_h * (1 - next_h)) @ Wx.T
    That is the sigmoid's slope; tanh's is 1 - next_h**2.
  divided by N
    = da @ Wx.T / N
    No average in a layer. [~d2l1000]
rnn_step_backward, dprev_h
  recurrent weights not transposed
    = da @ Wh
    Wh is square, so a forgotten transpose does not raise: da Whᵀ.
  slope of tanh missing
    = dout @ Wh.T
    The slope of tanh is missing: (1 - next_h**2) comes first.
  square missing
    = (dout * (1 - next_h)) @ Wh.T
    The slope of tanh is 1 - next_h**2.
  upstream added
    = da @ Wh.T + dout
    The previous state has one path to the next: through Wh.
  zero
    = 0 * prev_h
    The previous state has a gradient: da Whᵀ.
rnn_step_backward, dWx
  slope of tanh missing
    = x.T @ dout
    The slope of tanh is missing: (1 - next_h**2) comes first.
  averaged
    = x.T @ da / N
    Sum over the batch, do not average. [~wjb7]
rnn_step_backward, dWh
  next state for previous
    = next_h.T @ da
    Wh multiplies the previous state.
  transposed
    = da.T @ prev_h
    dWh is prev_hᵀ da; being square, its transpose does not raise.
  slope of tanh missing
    = prev_h.T @ dout
    The slope of tanh is missing: (1 - next_h**2) comes first.
  averaged
    = prev_h.T @ da / N
    Sum over the batch, do not average. [~wjb7]
rnn_step_backward, db
  slope of tanh missing
    = dout.sum(0)
    The slope of tanh is missing: (1 - next_h**2) comes first.
  averaged
    = da.mean(0)
    Sum over the batch, do not average. [~kvfrans5]
"""

RNN_STEP = LayerSpec(
    name="rnn_step",
    forward="rnn_step_forward",
    backward="rnn_step_backward",
    cases=partial(step_cases, gates=1, states=("prev_h",)),
    differentiable=("x", "prev_h", "Wx", "Wh", "b"),
    value="next_h",
    reference=Reference(forward=recurrent.rnn_step, vjp=recurrent.rnn_step_vjp),
    batched=("x", "prev_h"),
    ways=_WAYS,
    misconceptions=Misconceptions("rnn_step", _MISCONCEPTIONS),
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
)
