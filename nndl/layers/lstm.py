"""Long short-term memory: one step, and a sequence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .._guards import arrays, upstream
from .._validate import FloatArray
from .sigmoid import sigmoid

__all__ = ["lstm_backward", "lstm_forward", "lstm_step_backward", "lstm_step_forward"]


@dataclass(frozen=True, slots=True)
class Cell:
    """What a step computed beside its states, each (N, H)."""

    i: FloatArray  # how much is written
    f: FloatArray  # how much is kept
    o: FloatArray  # how much is shown
    g: FloatArray  # what is written
    tanh_c: FloatArray
    prev_c: FloatArray


StepCache = tuple[FloatArray, FloatArray, FloatArray, FloatArray, Cell]  # x, prev_h, Wx, Wh
SequenceCache = tuple[FloatArray, FloatArray, FloatArray, FloatArray, list[Cell]]


def lstm_step_forward(
    x: ArrayLike,
    prev_h: ArrayLike,
    prev_c: ArrayLike,
    Wx: ArrayLike,
    Wh: ArrayLike,
    b: ArrayLike,
) -> tuple[FloatArray, FloatArray, StepCache]:
    """Take one step of the cell.

    a = x Wx + prev_h Wh + b is cut into four blocks of H columns, in the order i, f, o, g:
    next_c = σ(f) prev_c + σ(i) tanh(g) and next_h = σ(o) tanh(next_c).

    Parameters
    ----------
    x : array (N, D)
    prev_h, prev_c : arrays (N, H)
        Hidden state and cell state before the step.
    Wx, Wh, b : arrays (D, 4H), (H, 4H) and (4H,)

    Returns
    -------
    next_h, next_c : arrays (N, H)
    cache : tuple

    Raises
    ------
    ValueError
        If the shapes do not fit.

    References
    ----------
    Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997); Gers, Schmidhuber and Cummins,
    "Learning to Forget" (2000), for the gate f.
    """
    shapes = "x (N, D), prev_h (N, H), prev_c (N, H), Wx (D, 4H), Wh (H, 4H), b (4H,)"
    x, prev_h, prev_c, Wx, Wh, b = arrays(shapes, x, prev_h, prev_c, Wx, Wh, b)
    next_h, next_c, cell = _cell_forward(x @ Wx + prev_h @ Wh + b, prev_c)
    return next_h, next_c, (x, prev_h, Wx, Wh, cell)


def lstm_step_backward(
    dnext_h: ArrayLike, dnext_c: ArrayLike, cache: StepCache
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return dx, dprev_h, dprev_c, dWx, dWh, db of :func:`lstm_step_forward`.

    Write i, f, o for the gates after their σ, g for tanh(g), and s = tanh(next_c). next_c is used
    twice, as an output and inside next_h = o s:

        dc = dnext_c + dnext_h o (1 − s²).

    Of next_c = f prev_c + i g: dprev_c = dc f, df = dc prev_c, di = dc g, dg = dc i; and
    do = dnext_h s. Through the functions of the gates, σ' = σ (1 − σ) and tanh' = 1 − tanh²,

        da = [di i (1 − i), df f (1 − f), do o (1 − o), dg (1 − g²)],

    and a is a sum of two affine layers: dx = da Wxᵀ, dprev_h = da Whᵀ, dWx = xᵀ da,
    dWh = prev_hᵀ da, db = Σ_n da.

    Raises a ValueError if an upstream derivative does not have the shape of its state.

    References
    ----------
    Greff et al., "LSTM: A Search Space Odyssey" (2017), section II.B, without peepholes.
    """
    x, prev_h, Wx, Wh, cell = cache
    dnext_h = upstream(dnext_h, prev_h.shape, "dnext_h")
    dnext_c = upstream(dnext_c, prev_h.shape, "dnext_c")
    da = np.empty((len(x), Wh.shape[1]), np.result_type(dnext_h, dnext_c, Wh))
    dprev_c = _cell_backward(dnext_h, dnext_c, cell, out=da)
    return da @ Wx.T, da @ Wh.T, dprev_c, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def lstm_forward(
    x: ArrayLike, h0: ArrayLike, Wx: ArrayLike, Wh: ArrayLike, b: ArrayLike
) -> tuple[FloatArray, SequenceCache]:
    """Take a step for each input of a sequence, from the hidden state h0 and a cell state of zero.

    Parameters
    ----------
    x : array (N, T, D)
    h0 : array (N, H)
    Wx, Wh, b : arrays (D, 4H), (H, 4H) and (4H,)

    Returns
    -------
    h : array (N, T, H)
        The hidden state after each step.
    cache : tuple

    Raises
    ------
    ValueError
        If the shapes do not fit, or there is no step.

    Notes
    -----
    x Wx of all steps is one matrix product, with time as the first axis, so that the rows of a step
    lie together, and so are the gradients of the weights in the backward pass: three quarters of
    the time that a fold of :func:`lstm_step_forward` takes, and 1.2 times that of its matrix
    products alone, which numpy's BLAS needs as long for as torch for the whole layer (benchmarks:
    speed, LSTM).
    """
    shapes = "x (N, T, D), h0 (N, H), Wx (D, 4H), Wh (H, 4H), b (4H,)"
    x, h0, Wx, Wh, b = arrays(shapes, x, h0, Wx, Wh, b)
    N, T, D = x.shape
    if T == 0:
        raise ValueError(f"x must have at least one time step, got shape {x.shape}")
    inputs = np.ascontiguousarray(x.transpose(1, 0, 2)).reshape(T * N, D)
    from_inputs = (inputs @ Wx).reshape(T, N, len(b))
    states = np.empty((T + 1, *h0.shape), from_inputs.dtype)
    states[0] = h0
    c = np.zeros_like(states[0])
    cells = []
    for t in range(T):
        a = states[t] @ Wh
        a += from_inputs[t]
        a += b
        states[t + 1], c, cell = _cell_forward(a, c)
        cells.append(cell)
    return np.ascontiguousarray(states[1:].transpose(1, 0, 2)), (inputs, states, Wx, Wh, cells)


def lstm_backward(
    dh: ArrayLike, cache: SequenceCache
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return dx, dh0, dWx, dWh, db of :func:`lstm_forward`.

    Backpropagation through time. The hidden state after step t is an output, with the upstream
    dh[:, t], and an input of step t + 1; the two derivatives add up. The cell state is an input of
    step t + 1 alone. After the last step nothing comes back of either. With the da of every step
    (see :func:`nndl.layers.lstm_step_backward`) the weights, which all steps share, have
    dWx = Σ_t x_tᵀ da_t, dWh = Σ_t h_{t−1}ᵀ da_t and db = Σ_t Σ_n da_t: one product of the stacked
    steps each.

    Parameters
    ----------
    dh : array (N, T, H)
        Upstream derivative of the hidden state of every step, by itself.
    cache : tuple
        From :func:`lstm_forward`.

    Returns
    -------
    dx, dh0, dWx, dWh, db : arrays of the shapes of x, h0, Wx, Wh, b

    Raises
    ------
    ValueError
        If ``dh`` does not have the shape of h.

    References
    ----------
    Graves, "Supervised Sequence Labelling with Recurrent Neural Networks" (2012), section 4.6.
    """
    inputs, states, Wx, Wh, cells = cache
    T, N, H = len(cells), *states.shape[1:]
    dh = upstream(dh, (N, T, H), "dh")
    da = np.empty((T, N, 4 * H), np.result_type(dh, states))
    dstate: FloatArray = np.zeros((N, H), da.dtype)
    dc: FloatArray = np.zeros((N, H), da.dtype)
    to_states = np.ascontiguousarray(Wh.T)  # once, not in every product
    for t in reversed(range(T)):
        dc = _cell_backward(dh[:, t] + dstate, dc, cells[t], out=da[t])
        dstate = da[t] @ to_states

    stacked = da.reshape(T * N, 4 * H)
    dx = (stacked @ Wx.T).reshape(T, N, len(Wx)).transpose(1, 0, 2)
    dWx = inputs.T @ stacked
    dWh = states[:-1].reshape(T * N, H).T @ stacked
    return dx, dstate, dWx, dWh, stacked.sum(axis=0)


def _cell_forward(a: FloatArray, prev_c: FloatArray) -> tuple[FloatArray, FloatArray, Cell]:
    """Return next_h, next_c and the rest, of the four blocks before their functions."""
    a_i, a_f, a_o, a_g = _blocks(a)
    i, f, o, g = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o), np.tanh(a_g)
    next_c = f * prev_c + i * g
    tanh_c = np.tanh(next_c)
    return o * tanh_c, next_c, Cell(i, f, o, g, tanh_c, prev_c)


def _cell_backward(
    dnext_h: FloatArray, dnext_c: FloatArray, cell: Cell, *, out: FloatArray
) -> FloatArray:
    """Put da (N, 4H) into `out` and return dprev_c (N, H)."""
    i, f, o, g = cell.i, cell.f, cell.o, cell.g
    dh_o = dnext_h * o
    dc = dnext_c + dh_o * (1 - cell.tanh_c**2)
    dc_i, dc_f = dc * i, dc * f
    da_i, da_f, da_o, da_g = _blocks(out)
    np.multiply(dc_i * g, 1 - i, out=da_i)
    np.multiply(dc_f * cell.prev_c, 1 - f, out=da_f)
    np.multiply(dh_o * cell.tanh_c, 1 - o, out=da_o)
    np.multiply(dc_i, 1 - g**2, out=da_g)
    return dc_f


def _blocks(stacked: FloatArray) -> list[FloatArray]:
    """Return the blocks i, f, o, g of (N, 4H), as views."""
    H = stacked.shape[1] // 4
    return [stacked[:, k * H : (k + 1) * H] for k in range(4)]
