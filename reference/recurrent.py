"""Recurrent networks, vanilla and LSTM: one step, and the unrolled graph of a sequence."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .activations import sigmoid, sigmoid_slope, tanh, tanh_slope
from .bounded import Bounded, Operand, lift, quiet, stack
from .precision import FLOAT64, Precision


class Weights(NamedTuple):
    """Parameters of a recurrence."""

    Wx: Bounded
    Wh: Bounded
    b: Bounded

    def preactivation(self, x: Bounded, h: Bounded) -> Bounded:
        """Evaluate a = x Wx + h Wh + b, its terms added up in any order."""
        a = x @ self.Wx + h @ self.Wh + self.b
        terms = float(len(self.Wx) + len(self.Wh))
        size = x.size @ self.Wx.size + h.size @ self.Wh.size + self.b.size
        return a.allowing(a.precision.unit * (size + terms * self.b.size))

    def pull_back(self, da: Bounded, x: Bounded, h: Bounded) -> tuple[Bounded, ...]:
        """Give dx, dh, dWx, dWh, db."""
        return da @ self.Wx.T, da @ self.Wh.T, x.T @ da, h.T @ da, da.sum(0)


def _weights(Wx: Operand, Wh: Operand, b: Operand, precision: Precision) -> Weights:
    return Weights(lift(Wx, precision), lift(Wh, precision), lift(b, precision))


@quiet
def rnn_step(
    x: Operand,
    prev_h: Operand,
    Wx: Operand,
    Wh: Operand,
    b: Operand,
    *,
    precision: Precision = FLOAT64,
) -> Bounded:
    r"""Evaluate :math:`h' = \tanh(x W_x + h W_h + b)`.

    Parameters
    ----------
    x : shape (N, D)
        Inputs.
    prev_h : shape (N, H)
        Hidden state.
    Wx, Wh, b : shapes (D, H), (H, H), (H,)
        Parameters.
    precision : Precision
        As in `activations`.

    Returns
    -------
    Bounded, shape (N, H)

    References
    ----------
    J. L. Elman (1990), Finding structure in time, Cognitive Science 14.
    """
    weights = _weights(Wx, Wh, b, precision)
    a = weights.preactivation(lift(x, precision), lift(prev_h, precision))
    return tanh(a, precision=precision)


@quiet
def rnn_step_vjp(
    dout: Operand,
    x: Operand,
    prev_h: Operand,
    Wx: Operand,
    Wh: Operand,
    b: Operand,
    *,
    precision: Precision = FLOAT64,
) -> tuple[Bounded, ...]:
    r"""Pull `dout` (N, H) back with :math:`da = \cosh(a)^{-2}\, dh'`: dx, dh, dWx, dWh, db."""
    weights = _weights(Wx, Wh, b, precision)
    given, h = lift(x, precision), lift(prev_h, precision)
    a = weights.preactivation(given, h)
    return weights.pull_back(tanh_slope(a) * dout, given, h)


@quiet
def rnn(
    x: Operand, h0: Operand, Wx: Operand, Wh: Operand, b: Operand, *, precision: Precision = FLOAT64
) -> Bounded:
    """Evaluate all hidden states (N, T, H) of a sequence x (N, T, D) that starts at h0 (N, H)."""
    h, states = lift(h0, precision), list[Bounded]()
    for given in _steps(lift(x, precision)):
        h = rnn_step(given, h, Wx, Wh, b, precision=precision)
        states.append(h)
    return stack(states, axis=1)


@quiet
def rnn_vjp(
    dout: Operand,
    x: Operand,
    h0: Operand,
    Wx: Operand,
    Wh: Operand,
    b: Operand,
    *,
    precision: Precision = FLOAT64,
) -> tuple[Bounded, ...]:
    """Pull the upstream derivatives of all states back through time: dx, dh0, dWx, dWh, db.

    Parameters
    ----------
    dout : shape (N, T, H)
        Upstream derivative of every hidden state.
    x, h0, Wx, Wh, b, precision
        As in `rnn`.

    References
    ----------
    P. J. Werbos (1990), Backpropagation through time: what it does and how to do it, Proc. IEEE 78.
    """
    weights, d = _weights(Wx, Wh, b, precision), lift(dout, precision)
    inputs, h = _steps(lift(x, precision)), lift(h0, precision)
    before = [h]
    for given in inputs:
        before.append(rnn_step(given, before[-1], Wx, Wh, b, precision=precision))
    dh = h.moved(np.zeros_like)
    parts = []
    for t in reversed(range(len(inputs))):
        slope = tanh_slope(weights.preactivation(inputs[t], before[t]))
        parts.append(weights.pull_back(slope * (d[:, t] + dh), inputs[t], before[t]))
        dh = parts[-1][1]
    return _unrolled(parts, dh)


class _Gates(NamedTuple):
    """What a step of an LSTM is made of; the slopes are those of the gates' functions."""

    i: Bounded
    f: Bounded
    o: Bounded
    g: Bounded
    slopes: tuple[Bounded, ...]
    c: Bounded  # the new cell
    shown: Bounded  # tanh of the new cell
    steepness: Bounded  # its slope


def _gates(weights: Weights, x: Bounded, h: Bounded, c: Bounded) -> _Gates:
    a = weights.preactivation(x, h)
    size, precision = len(weights.Wh), a.precision
    i, f, o, g = (a[:, k * size : (k + 1) * size] for k in range(4))
    slopes = (sigmoid_slope(i), sigmoid_slope(f), sigmoid_slope(o), tanh_slope(g))
    i, f, o = (sigmoid(gate, precision=precision) for gate in (i, f, o))
    g = tanh(g, precision=precision)
    cell = f * c + i * g
    return _Gates(i, f, o, g, slopes, cell, tanh(cell, precision=precision), tanh_slope(cell))


def _through_gates(
    weights: Weights, made: _Gates, dh: Bounded, dc: Bounded, x: Bounded, h: Bounded, c: Bounded
) -> tuple[tuple[Bounded, ...], Bounded]:
    """Parts of the weights' gradients, and the derivative of the old cell."""
    dcell = dc + dh * made.o * made.steepness
    upstream = (dcell * made.g, dcell * c, dh * made.shown, dcell * made.i)
    da = [d * slope for d, slope in zip(upstream, made.slopes, strict=True)]
    side_by_side = stack(da, axis=1).reshape(len(x), -1)
    return weights.pull_back(side_by_side, x, h), dcell * made.f


@quiet
def lstm_step(
    x: Operand,
    prev_h: Operand,
    prev_c: Operand,
    Wx: Operand,
    Wh: Operand,
    b: Operand,
    *,
    precision: Precision = FLOAT64,
) -> tuple[Bounded, Bounded]:
    r"""Evaluate one step of an LSTM.

    With :math:`a = x W_x + h W_h + b` cut into i, f, o, g in this order,

    .. math:: c' = \sigma(f)\, c + \sigma(i) \tanh(g), \qquad h' = \sigma(o) \tanh(c').

    Parameters
    ----------
    x : shape (N, D)
        Inputs.
    prev_h, prev_c : shape (N, H)
        Hidden state and cell.
    Wx, Wh, b : shapes (D, 4 H), (H, 4 H), (4 H,)
        Parameters.
    precision : Precision
        As in `activations`.

    Returns
    -------
    next_h, next_c : Bounded, shape (N, H)

    References
    ----------
    S. Hochreiter, J. Schmidhuber (1997), Long short-term memory, Neural Computation 9; with the
    forget gate of F. Gers, J. Schmidhuber, F. Cummins (2000).
    """
    weights = _weights(Wx, Wh, b, precision)
    given, h, c = (lift(operand, precision) for operand in (x, prev_h, prev_c))
    made = _gates(weights, given, h, c)
    return made.o * made.shown, made.c


@quiet
def lstm_step_vjp(
    dnext_h: Operand,
    dnext_c: Operand,
    x: Operand,
    prev_h: Operand,
    prev_c: Operand,
    Wx: Operand,
    Wh: Operand,
    b: Operand,
    *,
    precision: Precision = FLOAT64,
) -> tuple[Bounded, ...]:
    """Pull both upstream derivatives (N, H) back: dx, dprev_h, dprev_c, dWx, dWh, db."""
    weights = _weights(Wx, Wh, b, precision)
    given, h, c = (lift(operand, precision) for operand in (x, prev_h, prev_c))
    dh, dc = lift(dnext_h, precision), lift(dnext_c, precision)
    made = _gates(weights, given, h, c)
    (dx, dprev_h, *parameters), dprev_c = _through_gates(weights, made, dh, dc, given, h, c)
    return dx, dprev_h, dprev_c, *parameters


@quiet
def lstm(
    x: Operand, h0: Operand, Wx: Operand, Wh: Operand, b: Operand, *, precision: Precision = FLOAT64
) -> Bounded:
    """Evaluate all hidden states (N, T, H) of a sequence x (N, T, D); the cell starts at zero."""
    h = lift(h0, precision)
    c, states = h.moved(np.zeros_like), list[Bounded]()
    for given in _steps(lift(x, precision)):
        h, c = lstm_step(given, h, c, Wx, Wh, b, precision=precision)
        states.append(h)
    return stack(states, axis=1)


@quiet
def lstm_vjp(
    dout: Operand,
    x: Operand,
    h0: Operand,
    Wx: Operand,
    Wh: Operand,
    b: Operand,
    *,
    precision: Precision = FLOAT64,
) -> tuple[Bounded, ...]:
    """Pull the upstream derivatives (N, T, H) back through time: dx, dh0, dWx, dWh, db."""
    weights, d = _weights(Wx, Wh, b, precision), lift(dout, precision)
    inputs, h = _steps(lift(x, precision)), lift(h0, precision)
    c = h.moved(np.zeros_like)
    made = []
    for given in inputs:
        step = _gates(weights, given, h, c)
        made.append((h, c, step))
        h, c = step.o * step.shown, step.c
    dh = dc = h.moved(np.zeros_like)
    parts = []
    for t in reversed(range(len(inputs))):
        h, c, step = made[t]
        part, dc = _through_gates(weights, step, d[:, t] + dh, dc, inputs[t], h, c)
        parts.append(part)
        dh = part[1]
    return _unrolled(parts, dh)


def _steps(x: Bounded) -> list[Bounded]:
    return [x[:, t] for t in range(x.shape[1])]


def _unrolled(parts: list[tuple[Bounded, ...]], dh0: Bounded) -> tuple[Bounded, ...]:
    """Join the gradients of the time steps, given last step first."""
    dx = stack([part[0] for part in reversed(parts)], axis=1)
    dWx, dWh, db = (stack([part[k] for part in parts]).sum(0) for k in (2, 3, 4))
    return dx, dh0, dWx, dWh, db
