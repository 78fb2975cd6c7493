"""LSTM: what is believed of one step, and of a sequence."""

from __future__ import annotations


def _slopes(gradient: str) -> str:
    """What is believed of the slopes; ``gradient`` makes its own of da, which is ``{}`` in it."""
    return f"""\
  slope of the output gate missing
    = {gradient.format("np.concatenate([di, df, dout * shown, dg], 1)")}
    The slope of the output gate's sigmoid is missing: o * (1 - o). [~captaine1]
  slope of the forget gate missing
    = {gradient.format("np.concatenate([di, dc * prev_c, do, dg], 1)")}
    The slope of the forget gate's sigmoid is missing: f * (1 - f). [captaine1]
  slope of the input gate missing
    = {gradient.format("np.concatenate([dc * g, df, do, dg], 1)")}
    The slope of the input gate's sigmoid is missing: i * (1 - i). [~captaine1]
  slope of tanh at the forget gate
    = {gradient.format("np.concatenate([di, dc * prev_c * (1 - f ** 2), do, dg], 1)")}
    The forget gate is a sigmoid: its slope is f * (1 - f).
  tanh of the candidate taken twice
    = {gradient.format("np.concatenate([di, df, do, dc * i * (1 - np.tanh(g) ** 2)], 1)")}
    g is tanh already: its slope is 1 - g**2. [~gopher6]
"""


def _later(gradient: str) -> str:
    """What is believed of the later steps; ``gradient`` makes of da its own, as in `_slopes`."""

    def of(state: str, cell: str) -> str:
        return gradient.format(
            "back_to(lambda later, d_t, o_t, shown_t, *others: "
            f"dgates({state}, {cell}, o_t, shown_t, *others))[..., :4 * H]"
        )

    return f"""\
  no gradient of the cell from later steps
    = {of("dh(later, d_t)", "dh(later, d_t) * o_t * (1 - shown_t ** 2)")}
    The cell also goes into the next step: pass the dprev_c that comes back from there on.
      [captaine1 mxnet4057]
  no gradient of the state from later steps
    = {of("d_t", "dc(later, d_t, o_t, shown_t)")}
    A state also goes into the next step: add the dprev_h that comes back from there to dh[:, t].
      [~qixian2 ~halfish4 ~cthorey1]
  no gradient from later steps
    = {of("d_t", "d_t * o_t * (1 - shown_t ** 2)")}
    A state also goes into the next step: add the dprev_h that comes back from there to dh[:, t].
      [captaine1 ~qixian2]
"""


# What a step hands back: the gradients of its gates, and of the cell before it.
_BACK = {
    "i": "dc_t * g_t * i_t * (1 - i_t)",
    "f": "dc_t * c_t * f_t * (1 - f_t)",
    "o": "dh_t * shown_t * o_t * (1 - o_t)",
    "g": "dc_t * i_t * (1 - g_t ** 2)",
    "c": "dc_t * f_t",
}


def _way_back(**own: str) -> str:
    """The gradient of x where a step hands back something of its own."""
    return (
        "back_to(lambda later, d_t, o_t, shown_t, *others: (lambda dh_t, dc_t, o_t, shown_t, i_t, "
        f"f_t, g_t, c_t: np.concatenate([{', '.join((_BACK | own).values())}], 1))(dh(later, d_t), "
        "dc(later, dh(later, d_t), o_t, shown_t), o_t, shown_t, *others))[..., :4 * H] @ Wx.T"
    )


STEP = f"""
lstm_step_forward, next_c
  gates in the order i, f, g, o
    = f * prev_c + i * np.tanh(pre[:, 2 * H:3 * H])
    The gates stand in the order i, f, o, g along the axis of length 4H. [coreml93 crisp106]
  gates in the order f, i, o, g
    = i * prev_c + f * g
    The gates stand in the order i, f, o, g along the axis of length 4H. [xlstm98]
  gates in the order i, o, f, g
    = o * prev_c + i * g
    The gates stand in the order i, f, o, g along the axis of length 4H. [~crisp106 ~keras3088]
  sigmoid for tanh
    = f * prev_c + i / (1 + np.exp(-pre[:, 3 * H:]))
    The candidate g has tanh, not the sigmoid. [tflearn200 ~keras1286 ~suriya4]
  tanh missing
    = f * prev_c + i * pre[:, 3 * H:]
    The candidate g has tanh.
  input gate missing
    = f * prev_c + g
    The input gate is missing: i * g. [~recurrent22]
  forget gate missing
    = prev_c + i * g
    The forget gate is missing: f * prev_c.
  coupled gates
    = (1 - i) * prev_c + i * g
    The forget gate is a gate of its own, not 1 - i.
lstm_step_forward, next_h
  tanh missing
    = o * next_c
    The cell goes through tanh: next_h = o * tanh(next_c). [lstm47]
  gates in the order i, o, f, g
    = f * np.tanh(o * prev_c + i * g)
    The gates stand in the order i, f, o, g along the axis of length 4H. [~crisp106 ~keras3088]
  gates in the order f, i, o, g
    = o * np.tanh(i * prev_c + f * g)
    The gates stand in the order i, f, o, g along the axis of length 4H. [xlstm98]
  gates in the order i, f, g, o
    = 1 / (1 + np.exp(-pre[:, 3 * H:])) * np.tanh(f * prev_c + i * np.tanh(pre[:, 2 * H:3 * H]))
    The gates stand in the order i, f, o, g along the axis of length 4H. [coreml93 crisp106]
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
    The cell has two upstreams: dnext_c is missing. [mxnet4057 dl4j8838 ~lstm2]
  forget gate missing
    = dc
    The previous cell goes through the forget gate.
  input gate for the forget gate
    = dc * i
    The previous cell goes through the forget gate, not through the input gate.
  slope of tanh missing
    = (dnext_c + dout * o) * f
    The slope of tanh is missing in the path from the state to the cell. [~siraj4]
  output gate missing
    = (dnext_c + dout * (1 - shown ** 2)) * f
    The output gate is missing in the path from the state to the cell.
lstm_step_backward, dprev_h
  recurrent weights with the gates turned
    = np.concatenate([di, df, dg, do], 1) @ Wh.T
    The gates stand in the order i, f, o, g in the gradient, too. [~coreml93]
  slope of the gates missing
    = np.concatenate([dc * g, dc * prev_c, dout * shown, dg], 1) @ Wh.T
    The slopes of the sigmoids are missing: gate * (1 - gate). [~captaine1]
  averaged
    = da @ Wh.T / N
    No average in a layer. [~d2l1000]
{_slopes("{} @ Wh.T")}lstm_step_backward, dx
  gates turned
    = np.concatenate([di, df, dg, do], 1) @ Wx.T
    The gates stand in the order i, f, o, g in the gradient, too. [~coreml93]
  slope of the gates missing
    = np.concatenate([dc * g, dc * prev_c, dout * shown, dg], 1) @ Wx.T
    The slopes of the sigmoids are missing: gate * (1 - gate). [~captaine1]
  slope of tanh missing
    = np.concatenate([di, df, do, dc * i], 1) @ Wx.T
    The slope of tanh is missing in dg: 1 - g**2. [~siraj4]
  cell's own upstream missing
    = da @ Wx.T - (dnext_c * i * (1 - g ** 2)) @ Wx[:, 3 * H:].T - (dnext_c * g * i * (1 - i)) @
      Wx[:, :H].T - (dnext_c * prev_c * f * (1 - f)) @ Wx[:, H:2 * H].T
    The cell has two upstreams: dnext_c is missing. [mxnet4057 dl4j8838]
  new cell for previous
    = np.concatenate([di, dc * next_c * f * (1 - f), do, dg], 1) @ Wx.T
    The forget gate multiplies the previous cell.
  slope of tanh at the output gate
    = np.concatenate([di, df, dout * shown * (1 - o ** 2), dg], 1) @ Wx.T
    The output gate is a sigmoid: its slope is o * (1 - o).
{_slopes("{} @ Wx.T")}lstm_step_backward, dWx
  averaged
    = x.T @ da / N
    Sum over the batch, do not average. [~wjb7]
  slope of tanh missing
    = x.T @ np.concatenate([di, df, do, dc * i], 1)
    The slope of tanh is missing in dg: 1 - g**2. [~siraj4]
{_slopes("x.T @ {}")}lstm_step_backward, dWh
  next state for previous
    = next_h.T @ da
    Wh multiplies the previous state.
  averaged
    = prev_h.T @ da / N
    Sum over the batch, do not average. [~wjb7]
{_slopes("prev_h.T @ {}")}lstm_step_backward, db
  averaged
    = da.mean(0)
    Sum over the batch, do not average. [~kvfrans5]
  slope of tanh missing
    = np.concatenate([di, df, do, dc * i], 1).sum(0)
    The slope of tanh is missing in dg: 1 - g**2. [~siraj4]
{_slopes("{}.sum(0)")}"""

SEQUENCE = f"""
lstm_forward, h
  gates in the order i, f, g, o
    = follow(lambda a, c: np.stack([sig(a[:, 3 * H:]) * np.tanh(sig(a[:, H:2 * H]) * c + sig(a[:,
      :H]) * np.tanh(a[:, 2 * H:3 * H])), sig(a[:, H:2 * H]) * c + sig(a[:, :H]) * np.tanh(a[:, 2 *
      H:3 * H])]))[0]
    The gates stand in the order i, f, o, g along the axis of length 4H. [coreml93 crisp106]
  gates in the order f, i, o, g
    = follow(lambda a, c: np.stack([shown(a, sig(a[:, :H]) * c + sig(a[:, H:2 * H]) * np.tanh(a[:, 3
      * H:])), sig(a[:, :H]) * c + sig(a[:, H:2 * H]) * np.tanh(a[:, 3 * H:])]))[0]
    The gates stand in the order i, f, o, g along the axis of length 4H. [xlstm98]
  gates in the order i, o, f, g
    = follow(lambda a, c: np.stack([sig(a[:, H:2 * H]) * np.tanh(sig(a[:, 2 * H:3 * H]) * c +
      sig(a[:, :H]) * np.tanh(a[:, 3 * H:])), sig(a[:, 2 * H:3 * H]) * c + sig(a[:, :H]) *
      np.tanh(a[:, 3 * H:])]))[0]
    The gates stand in the order i, f, o, g along the axis of length 4H. [~crisp106 ~keras3088]
  cell starts at h0
    = scan(lambda s, x_t: np.stack([shown(x_t @ Wx + s[0] @ Wh + b, cell(x_t @ Wx + s[0] @ Wh + b,
      s[1])), cell(x_t @ Wx + s[0] @ Wh + b, s[1])]), np.stack([h0, h0]), x)[0]
    The cell starts at zero; h0 is the first hidden state.
  state starts at zero
    = scan(lambda s, x_t: np.stack([shown(x_t @ Wx + s[0] @ Wh + b, cell(x_t @ Wx + s[0] @ Wh + b,
      s[1])), cell(x_t @ Wx + s[0] @ Wh + b, s[1])]), np.stack([0 * h0, 0 * h0]), x)[0]
    The first step starts at h0, not at zero.
  cell not passed on
    = follow(lambda a, c: np.stack([shown(a, cell(a, 0 * c)), cell(a, 0 * c)]))[0]
    The new cell goes into the next step: pass next_c on.
  first state at every step
    = scan(lambda s, x_t: np.stack([shown(x_t @ Wx + h0 @ Wh + b, cell(x_t @ Wx + h0 @ Wh + b,
      s[1])), cell(x_t @ Wx + h0 @ Wh + b, s[1])]), np.stack([h0, 0 * h0]), x)[0]
    Each step starts at the state of the step before, not at h0: pass next_h on.
  state added to the cell
    = follow(lambda a, c: np.stack([shown(a, cell(a, c)), cell(a, c) + shown(a, cell(a, c))]))[0]
    The cell and the state are two things: pass each on as it is.
  tanh of the cell missing
    = follow(lambda a, c: np.stack([sig(a[:, 2 * H:3 * H]) * cell(a, c), cell(a, c)]))[0]
    The cell goes through tanh: next_h = o * tanh(next_c). [lstm47]
  sigmoid for tanh
    = follow(lambda a, c: np.stack([shown(a, sig(a[:, H:2 * H]) * c + sig(a[:, :H]) * sig(a[:, 3 *
      H:])), sig(a[:, H:2 * H]) * c + sig(a[:, :H]) * sig(a[:, 3 * H:])]))[0]
    The candidate g has tanh, not the sigmoid. [tflearn200 ~keras1286]
  tanh of the candidate missing
    = follow(lambda a, c: np.stack([shown(a, sig(a[:, H:2 * H]) * c + sig(a[:, :H]) * a[:, 3 * H:]),
      sig(a[:, H:2 * H]) * c + sig(a[:, :H]) * a[:, 3 * H:]]))[0]
    The candidate g has tanh.
  forget gate missing
    = follow(lambda a, c: np.stack([shown(a, c + sig(a[:, :H]) * np.tanh(a[:, 3 * H:])), c +
      sig(a[:, :H]) * np.tanh(a[:, 3 * H:])]))[0]
    The forget gate is missing: f * prev_c.
  input gate missing
    = follow(lambda a, c: np.stack([shown(a, sig(a[:, H:2 * H]) * c + np.tanh(a[:, 3 * H:])),
      sig(a[:, H:2 * H]) * c + np.tanh(a[:, 3 * H:])]))[0]
    The input gate is missing: i * g. [~recurrent22]
  output gate missing
    = follow(lambda a, c: np.stack([np.tanh(cell(a, c)), cell(a, c)]))[0]
    The output gate is missing: next_h = o * tanh(next_c).
  previous cell shown
    = follow(lambda a, c: np.stack([shown(a, c), cell(a, c)]))[0]
    The state shows the new cell, not the previous one.
  coupled gates
    = follow(lambda a, c: np.stack([shown(a, (1 - sig(a[:, :H])) * c + sig(a[:, :H]) * np.tanh(a[:,
      3 * H:])), (1 - sig(a[:, :H])) * c + sig(a[:, :H]) * np.tanh(a[:, 3 * H:])]))[0]
    The forget gate is a gate of its own, not 1 - i.
  bias missing
    = scan(lambda s, x_t: np.stack([shown(x_t @ Wx + s[0] @ Wh, cell(x_t @ Wx + s[0] @ Wh, s[1])),
      cell(x_t @ Wx + s[0] @ Wh, s[1])]), np.stack([h0, 0 * h0]), x)[0]
    The bias is missing. [~dsbias]
  cells for states
    = c
    h holds the hidden states, not the cells.
  last state everywhere
    = np.broadcast_to(h[:, -1:], h.shape)
    h holds the state of every step: keep a copy, not the array that the next step changes.
      [~torch142303]
lstm_backward, dx
{_later("{} @ Wx.T")}  upstream of the last step alone
    = scan(lambda later, d_t, o_t, shown_t, *others: dgates(dh(later, d_t), dc(later, dh(later,
      d_t), o_t, shown_t), o_t, shown_t, *others), np.zeros((N, 5 * H)), dout * (np.arange(T) == T -
      1)[:, None], o, tanh_c, i, f, g, c_before, backwards=True)[..., :4 * H] @ Wx.T
    Every state has an upstream of its own: add dh[:, t] at each step, not at the last alone.
  gates in the order i, f, g, o
    = {_way_back(o=_BACK["g"], g=_BACK["o"])}
    The gates stand in the order i, f, o, g in the gradient, too. [~coreml93]
  gates in the order i, o, f, g
    = {_way_back(f=_BACK["o"], o=_BACK["f"])}
    The gates stand in the order i, f, o, g in the gradient, too. [~coreml93]
  slopes of the gates missing
    = {_way_back(i="dc_t * g_t", f="dc_t * c_t", o="dh_t * shown_t")}
    The slopes of the sigmoids are missing: gate * (1 - gate). [~captaine1]
  slope of the candidate missing
    = {_way_back(g="dc_t * i_t")}
    The slope of tanh is missing in dg: 1 - g**2. [~siraj4]
  sigmoid's slope at the candidate
    = {_way_back(g="dc_t * i_t * g_t * (1 - g_t)")}
    The candidate g has tanh: its slope is 1 - g**2.
  slope of tanh missing from state to cell
    = back_to(lambda later, d_t, o_t, shown_t, *others: dgates(dh(later, d_t), later[:, 4 * H:] +
      dh(later, d_t) * o_t, o_t, shown_t, *others))[..., :4 * H] @ Wx.T
    The slope of tanh is missing in the path from the state to the cell. [~siraj4]
  output gate missing from state to cell
    = back_to(lambda later, d_t, o_t, shown_t, *others: dgates(dh(later, d_t), later[:, 4 * H:] +
      dh(later, d_t) * (1 - shown_t ** 2), o_t, shown_t, *others))[..., :4 * H] @ Wx.T
    The output gate is missing in the path from the state to the cell.
  new cell for previous
    = scan(lambda later, d_t, o_t, shown_t, *others: (lambda dh_t, dc_t, o_t, shown_t, i_t, f_t,
      g_t, c_t: np.concatenate([dc_t * g_t * i_t * (1 - i_t), dc_t * c_t * f_t * (1 - f_t), dh_t *
      shown_t * o_t * (1 - o_t), dc_t * i_t * (1 - g_t ** 2), dc_t * f_t], 1))(dh(later, d_t),
      dc(later, dh(later, d_t), o_t, shown_t), o_t, shown_t, *others), np.zeros((N, 5 * H)), dout,
      o, tanh_c, i, f, g, c, backwards=True)[..., :4 * H] @ Wx.T
    The forget gate multiplies the previous cell.
  forget gate missing on the way back
    = {_way_back(c="dc_t")}
    The previous cell goes through the forget gate: dprev_c = dc * f.
  input gate for the forget gate on the way back
    = {_way_back(c="dc_t * i_t")}
    The previous cell goes through the forget gate, not through the input gate: dprev_c = dc * f.
lstm_backward, dh0
  gradient of the first cell
    = back[:, 0, 4 * H:]
    That is the gradient of the cell before the first step; h0 is the state: da Whᵀ.
{_later("{}[:, 0] @ Wh.T")}lstm_backward, dWx
{_later("np.einsum('ntd,nth->dh', x, {})")}lstm_backward, dWh
  cells for states
    = np.einsum('nth,ntk->hk', c_before, da)
    Wh multiplies the state, not the cell.
{_later("np.einsum('nth,ntk->hk', before, {})")}lstm_backward, db
{_later("{}.sum((0, 1))")}"""
