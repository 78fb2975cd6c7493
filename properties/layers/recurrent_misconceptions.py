"""What is believed of a sequence of steps, whichever step it is: an RNN's or an LSTM's."""

from __future__ import annotations

_SEQUENCE = """
LAYER_forward, h
  states before the steps
    = before
    h holds the state after each step; yours begins with h0 and leaves the last one out.
LAYER_backward, dx
  first step left out
    = dx * (np.arange(T) > 0)[:, None]
    The way back goes down to the first step: for t in range(T - 1, -1, -1).
  reversed in time
    = dx[:, ::-1]
    dx[:, t] belongs to x[:, t]: do not append from the end.
  divided by N
    = dx / N
    No average in a layer. [~d2l1000]
LAYER_backward, dh0
  zero
    = 0 * h0
    The first state has a gradient: what comes back from the first step.
  of the last step
    = da[:, -1] @ Wh.T
    h0 goes into the first step: its gradient is what comes back from there.
  of all steps
    = (da @ Wh.T).sum(1)
    h0 goes into the first step alone: do not add the others up.
  upstream of the first state
    = dout[:, 0]
    That is the upstream of the state after the first step; h0 lies before it.
LAYER_backward, dWx
  first step left out
    = np.einsum('ntd,nth->dh', x[:, 1:], da[:, 1:])
    The way back goes down to the first step: for t in range(T - 1, -1, -1).
  first step only
    = x[:, 0].T @ da[:, 0]
    All steps share Wx: += in the loop over time, not =. [~mlpack3679]
  last step only
    = x[:, -1].T @ da[:, -1]
    All steps share Wx: += in the loop over time, not =. [~mlpack3679]
  averaged over time
    = dWx / T
    Sum over the time steps, do not average.
  averaged
    = dWx / N
    Sum over the batch, do not average. [~wjb7]
LAYER_backward, dWh
  states after the steps
    = np.einsum('nth,ntk->hk', h, da)
    Wh multiplies the state before the step: h0, then h[:, t - 1]. [zerogpt9]
  first state at every step
    = h0.T @ da.sum(1)
    Wh multiplies the state before the step: h0, then h[:, t - 1].
  first state left out
    = np.einsum('nth,ntk->hk', before[:, 1:], da[:, 1:])
    The first step has a state before it too: h0.
  first step only
    = before[:, 0].T @ da[:, 0]
    All steps share Wh: += in the loop over time, not =. [~mlpack3679]
  averaged over time
    = dWh / T
    Sum over the time steps, do not average.
  averaged
    = dWh / N
    Sum over the batch, do not average. [~wjb7]
LAYER_backward, db
  first step left out
    = da[:, 1:].sum((0, 1))
    The way back goes down to the first step: for t in range(T - 1, -1, -1).
  first step only
    = da[:, 0].sum(0)
    All steps share b: += in the loop over time, not =. [~mlpack3679]
  averaged over time
    = da.mean(1).sum(0)
    Sum over the time steps, do not average. [~kvfrans5]
  averaged
    = da.mean(0).sum(0)
    Sum over the batch, do not average. [~kvfrans5]
"""


def of_sequence(layer: str) -> str:
    """Return the text for the functions of one layer."""
    return _SEQUENCE.replace("LAYER", layer)
