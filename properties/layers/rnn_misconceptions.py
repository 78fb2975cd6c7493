"""Recurrent layer: what is believed of one step, and of a sequence."""

from __future__ import annotations

STEP = """
rnn_step_forward, next_h
  tanh missing
    = pre
    The tanh is missing.
  bias missing
    = np.tanh(x @ Wx + prev_h @ Wh)
    The bias is missing. [~dsbias]
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
    The previous state stands inside tanh. [theanets109]
rnn_step_backward, dx
  slope of tanh missing
    = dout @ Wx.T
    The slope of tanh is missing: (1 - next_h**2) comes first. [~siraj4]
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
  tanh taken twice
    = (dout * (1 - np.tanh(next_h) ** 2)) @ Wx.T
    tanh is taken once: next_h is tanh(a) already, so its slope is 1 - next_h**2. [~gopher6]
rnn_step_backward, dprev_h
  recurrent weights not transposed
    = da @ Wh
    Wh is square, so a forgotten transpose does not raise: da Whᵀ.
  slope of tanh missing
    = dout @ Wh.T
    The slope of tanh is missing: (1 - next_h**2) comes first. [~siraj4]
  square missing
    = (dout * (1 - next_h)) @ Wh.T
    The slope of tanh is 1 - next_h**2.
  upstream added
    = da @ Wh.T + dout
    The previous state has one path to the next: through Wh.
  zero
    = 0 * prev_h
    The previous state has a gradient: da Whᵀ.
  tanh taken twice
    = (dout * (1 - np.tanh(next_h) ** 2)) @ Wh.T
    tanh is taken once: next_h is tanh(a) already, so its slope is 1 - next_h**2. [~gopher6]
rnn_step_backward, dWx
  slope of tanh missing
    = x.T @ dout
    The slope of tanh is missing: (1 - next_h**2) comes first. [~siraj4]
  averaged
    = x.T @ da / N
    Sum over the batch, do not average. [~wjb7]
  tanh taken twice
    = x.T @ (dout * (1 - np.tanh(next_h) ** 2))
    tanh is taken once: next_h is tanh(a) already, so its slope is 1 - next_h**2. [~gopher6]
rnn_step_backward, dWh
  next state for previous
    = next_h.T @ da
    Wh multiplies the previous state. [zerogpt9]
  transposed
    = da.T @ prev_h
    dWh is prev_hᵀ da; being square, its transpose does not raise.
  slope of tanh missing
    = prev_h.T @ dout
    The slope of tanh is missing: (1 - next_h**2) comes first. [~siraj4]
  averaged
    = prev_h.T @ da / N
    Sum over the batch, do not average. [~wjb7]
  tanh taken twice
    = prev_h.T @ (dout * (1 - np.tanh(next_h) ** 2))
    tanh is taken once: next_h is tanh(a) already, so its slope is 1 - next_h**2. [~gopher6]
rnn_step_backward, db
  slope of tanh missing
    = dout.sum(0)
    The slope of tanh is missing: (1 - next_h**2) comes first. [~siraj4]
  averaged
    = da.mean(0)
    Sum over the batch, do not average. [~kvfrans5]
  tanh taken twice
    = (dout * (1 - np.tanh(next_h) ** 2)).sum(0)
    tanh is taken once: next_h is tanh(a) already, so its slope is 1 - next_h**2. [~gopher6]
"""

SEQUENCE = """
rnn_forward, h
  started at zero
    = scan(lambda prev, x_t: np.tanh(x_t @ Wx + prev @ Wh + b), 0 * h0, x)
    The first step starts at h0, not at zero.
  first state at every step
    = np.tanh(x @ Wx + (h0 @ Wh)[:, None] + b)
    Each step starts at the state of the step before, not at h0: pass next_h on.
  state missing
    = np.tanh(x @ Wx + b)
    The previous state is missing: prev_h Wh.
  recurrent weights transposed
    = scan(lambda prev, x_t: np.tanh(x_t @ Wx + prev @ Wh.T + b), h0, x)
    Wh is square, so its transpose does not raise: the product is prev_h Wh.
  tanh missing
    = scan(lambda prev, x_t: x_t @ Wx + prev @ Wh + b, h0, x)
    The tanh is missing.
  bias missing
    = scan(lambda prev, x_t: np.tanh(x_t @ Wx + prev @ Wh), h0, x)
    The bias is missing. [~dsbias]
  sigmoid
    = scan(lambda prev, x_t: 1 / (1 + np.exp(-(x_t @ Wx + prev @ Wh + b))), h0, x)
    The step has tanh, not the sigmoid.
  last state everywhere
    = np.broadcast_to(h[:, -1:], h.shape)
    h holds the state of every step: append a copy, not the array that the next step changes.
      [torch142303]
  run from the end
    = scan(lambda prev, x_t: np.tanh(x_t @ Wx + prev @ Wh + b), h0, x, backwards=True)
    The forward goes from the first time step to the last.
  first input at every step
    = scan(lambda prev, x_t: np.tanh(x_t @ Wx + prev @ Wh + b), h0, x[:, :1] + 0 * x)
    Step t reads x[:, t].
rnn_backward, dx
  no gradient from later steps
    = (dout * (1 - h ** 2)) @ Wx.T
    A state also goes into the next step: add the dprev_h that comes back from there to dh[:, t].
      [qixian2 halfish4]
  upstream of the last step alone
    = scan(lambda later, d_t, h_t: (d_t + later @ Wh.T) * (1 - h_t ** 2), 0 * h0, dout *
      (np.arange(T) == T - 1)[:, None], h, backwards=True) @ Wx.T
    Every state has an upstream of its own: add dh[:, t] at each step, not at the last alone.
  recurrent weights not transposed
    = scan(lambda later, d_t, h_t: (d_t + later @ Wh) * (1 - h_t ** 2), 0 * h0, dout, h,
      backwards=True) @ Wx.T
    Wh is square, so a forgotten transpose does not raise: da Whᵀ.
  slope of tanh missing
    = scan(lambda later, d_t: d_t + later @ Wh.T, 0 * h0, dout, backwards=True) @ Wx.T
    The slope of tanh is missing: (1 - h**2) comes first. [~siraj4]
  slope missing on the way back
    = scan(lambda later, d_t: d_t + later @ Wh.T, 0 * h0, dout, backwards=True) * (1 - h ** 2) @
      Wx.T
    What goes back to the step before is da Whᵀ, with the slope of tanh in da. [siraj4]
  slope of the state before
    = scan(lambda later, d_t, h_t: (d_t + later @ Wh.T) * (1 - h_t ** 2), 0 * h0, dout, before,
      backwards=True) @ Wx.T
    The slope of tanh is taken at the state after the step: 1 - h[:, t]**2.
  square missing
    = scan(lambda later, d_t, h_t: (d_t + later @ Wh.T) * (1 - h_t), 0 * h0, dout, h,
      backwards=True) @ Wx.T
    The slope of tanh is 1 - h**2.
  slope of the sigmoid
    = scan(lambda later, d_t, h_t: (d_t + later @ Wh.T) * h_t * (1 - h_t), 0 * h0, dout, h,
      backwards=True) @ Wx.T
    That is the sigmoid's slope; tanh's is 1 - h**2.
  run from the start
    = scan(lambda later, d_t, h_t: (d_t + later @ Wh.T) * (1 - h_t ** 2), 0 * h0, dout, h) @ Wx.T
    The backward goes from the last time step to the first.
  gradients of all later steps kept
    = ((dout + np.concatenate([scan(lambda kept, d_t, h_t: kept + ((d_t + kept) * (1 - h_t ** 2)) @
      Wh.T, 0 * h0, dout, h, backwards=True)[:, 1:], 0 * h0[:, None]], 1)) * (1 - h ** 2)) @ Wx.T
    What comes back from the next step is set anew at each step: = and not +=.
  tanh taken twice
    = scan(lambda later, d_t, h_t: (d_t + later @ Wh.T) *
      (1 - np.tanh(h_t) ** 2), 0 * h0, dout, h, backwards=True) @ Wx.T
    tanh is taken once: h is tanh already, so its slope is 1 - h**2. [~gopher6]
rnn_backward, dh0
  recurrent weights missing
    = da[:, 0]
    The gradient of h0 is da Whᵀ of the first step.
  no gradient from later steps
    = (dout * (1 - h ** 2))[:, 0] @ Wh.T
    A state also goes into the next step: add the dprev_h that comes back from there to dh[:, t].
      [qixian2 halfish4]
  recurrent weights not transposed
    = da[:, 0] @ Wh
    Wh is square, so a forgotten transpose does not raise: da Whᵀ.
  tanh taken twice
    = scan(lambda later, d_t, h_t: (d_t + later @ Wh.T) *
      (1 - np.tanh(h_t) ** 2), 0 * h0, dout, h, backwards=True)[:, 0] @ Wh.T
    tanh is taken once: h is tanh already, so its slope is 1 - h**2. [~gopher6]
rnn_backward, dWx
  no gradient from later steps
    = np.einsum('ntd,nth->dh', x, dout * (1 - h ** 2))
    A state also goes into the next step: add the dprev_h that comes back from there to dh[:, t].
      [qixian2 halfish4]
  tanh taken twice
    = np.einsum('ntd,nth->dh', x, scan(lambda later, d_t, h_t: (d_t + later @ Wh.T) *
      (1 - np.tanh(h_t) ** 2), 0 * h0, dout, h, backwards=True))
    tanh is taken once: h is tanh already, so its slope is 1 - h**2. [~gopher6]
rnn_backward, dWh
  transposed
    = dWh.T
    dWh is the state before, transposed, times da; being square, its transpose does not raise.
  no gradient from later steps
    = np.einsum('nth,ntk->hk', before, dout * (1 - h ** 2))
    A state also goes into the next step: add the dprev_h that comes back from there to dh[:, t].
      [qixian2 halfish4 ~d2l2616]
  tanh taken twice
    = np.einsum('nth,ntk->hk', before, scan(lambda later, d_t, h_t: (d_t + later @ Wh.T) *
      (1 - np.tanh(h_t) ** 2), 0 * h0, dout, h, backwards=True))
    tanh is taken once: h is tanh already, so its slope is 1 - h**2. [~gopher6]
rnn_backward, db
  summed upstream
    = dout.sum((0, 1))
    The bias stands inside tanh, and each state goes on to the next step: sum da, not dout.
  no gradient from later steps
    = (dout * (1 - h ** 2)).sum((0, 1))
    A state also goes into the next step: add the dprev_h that comes back from there to dh[:, t].
      [qixian2 halfish4]
  tanh taken twice
    = scan(lambda later, d_t, h_t: (d_t + later @ Wh.T) *
      (1 - np.tanh(h_t) ** 2), 0 * h0, dout, h, backwards=True).sum((0, 1))
    tanh is taken once: h is tanh already, so its slope is 1 - h**2. [~gopher6]
"""
