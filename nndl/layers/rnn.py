"""Recurrent layer with tanh: one step, and a sequence."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._guards import arrays, upstream
from .._validate import FloatArray

__all__ = ["rnn_backward", "rnn_forward", "rnn_step_backward", "rnn_step_forward"]

StepCache = tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]
Gradients = tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]


def rnn_step_forward(
    x: ArrayLike, prev_h: ArrayLike, Wx: ArrayLike, Wh: ArrayLike, b: ArrayLike
) -> tuple[FloatArray, StepCache]:
    """Take one step: next_h = tanh(x Wx + prev_h Wh + b).

    Parameters
    ----------
    x : array (N, D)
        The input of this step.
    prev_h : array (N, H)
        The hidden state before it.
    Wx, Wh, b : arrays (D, H), (H, H) and (H,)

    Returns
    -------
    next_h : array (N, H)
    cache : tuple

    Raises
    ------
    ValueError
        If the shapes do not fit.

    References
    ----------
    Elman, "Finding Structure in Time" (1990).
    """
    shapes = "x (N, D), prev_h (N, H), Wx (D, H), Wh (H, H), b (H,)"
    x, prev_h, Wx, Wh, b = arrays(shapes, x, prev_h, Wx, Wh, b)
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)


def rnn_step_backward(dnext_h: ArrayLike, cache: StepCache) -> Gradients:
    """Return dx, dprev_h, dWx, dWh, db of :func:`rnn_step_forward`.

    With a = x Wx + prev_h Wh + b, next_h = tanh(a) gives da = dnext_h (1 − next_h²), and a is a sum
    of two affine layers: dx = da Wxᵀ, dWx = xᵀ da, dprev_h = da Whᵀ, dWh = prev_hᵀ da, db = Σ_n da.
    Wh is square, so that a forgotten transpose does not raise.

    Raises a ValueError if ``dnext_h`` does not have the shape of next_h.

    References
    ----------
    CS231n, lecture 10 (2017), "Recurrent Neural Networks".
    """
    x, prev_h, Wx, Wh, next_h = cache
    da = upstream(dnext_h, next_h.shape, "dnext_h") * (1 - next_h * next_h)
    return da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def rnn_forward(
    x: ArrayLike, h0: ArrayLike, Wx: ArrayLike, Wh: ArrayLike, b: ArrayLike
) -> tuple[FloatArray, list[StepCache]]:
    """Take a step for each input of a sequence, from the state h0, with the same weights.

    Parameters
    ----------
    x : array (N, T, D)
    h0 : array (N, H)
    Wx, Wh, b : arrays (D, H), (H, H) and (H,)

    Returns
    -------
    h : array (N, T, H)
        The state after each step.
    cache : list
        The caches of the steps.

    Raises
    ------
    ValueError
        If the shapes do not fit, or there is no step.
    """
    shapes = "x (N, T, D), h0 (N, H), Wx (D, H), Wh (H, H), b (H,)"
    x, state, Wx, Wh, b = arrays(shapes, x, h0, Wx, Wh, b)
    if x.shape[1] == 0:
        raise ValueError(f"x must have at least one time step, got shape {x.shape}")
    states, caches = [], []
    for t in range(x.shape[1]):
        state, cache = rnn_step_forward(x[:, t], state, Wx, Wh, b)
        states.append(state)
        caches.append(cache)
    return np.stack(states, axis=1), caches


def rnn_backward(dh: ArrayLike, cache: list[StepCache]) -> Gradients:
    """Return dx, dh0, dWx, dWh, db of :func:`rnn_forward`.

    Backpropagation through time. The state after step t is used twice: it is an output, with the
    upstream dh[:, t], and it is the input of step t + 1, which hands dprev_h back. The two add up
    before the step is gone through; after the last step nothing comes back. The weights are used at
    every step, so that their derivatives are sums over the steps.

    Parameters
    ----------
    dh : array (N, T, H)
        Upstream derivative of the state of every step, by itself.
    cache : list
        From :func:`rnn_forward`.

    Returns
    -------
    dx, dh0, dWx, dWh, db : arrays of the shapes of x, h0, Wx, Wh, b

    Raises
    ------
    ValueError
        If ``dh`` does not have the shape of h.

    References
    ----------
    Werbos, "Backpropagation Through Time: What It Does and How to Do It" (1990).
    """
    next_h = cache[0][4]
    dh = upstream(dh, (len(next_h), len(cache), next_h.shape[1]), "dh")
    dstate = np.zeros_like(dh[:, 0])
    dinputs, dweights = [], []
    for t in reversed(range(len(cache))):
        dx, dstate, *dw = rnn_step_backward(dh[:, t] + dstate, cache[t])
        dinputs.append(dx)
        dweights.append(dw)
    dWx, dWh, db = (np.sum(step, axis=0) for step in zip(*dweights, strict=True))
    return np.stack(dinputs[::-1], axis=1), dstate, dWx, dWh, db
