"""Fully connected nets: {affine - [batchnorm] - relu - [dropout]} x (L - 1) - affine - softmax.

The bound of one layer is the input error of the next, as in `composed`; parameters and inputs are
exact. Where the sign of a ReLU's input is not certain, the gradient is the interval of both
subgradients, which the layers below carry on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.special
from numpy.typing import NDArray

from . import affine, batchnorm, losses
from .running_error import CHECK_FACTOR, UNIT_FLOAT64, Array, Bounded, bounded, quiet

Params = Mapping[str, Array]
Masks = Sequence[NDArray[np.bool_]]
Statistics = Sequence[tuple[Array, Array]]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a pass depends on beside its inputs.

    Parameters
    ----------
    reg : float
        Strength of the L2 regularisation of the weights.
    kept : sequence of bool arrays (N, H), or None
        Which hidden units dropout kept, a mask for each hidden layer; None for no dropout.
    p_drop : float
        Probability that a unit is dropped; kept ones are scaled by 1 / (1 - p_drop).
    running : sequence of (mean, var), or None
        Running statistics of each hidden layer, to normalise by in test mode; None in train mode.
    eps : float
        Added to variances.
    unit : float
        Unit roundoff of the judged arithmetic.
    stable : bool
        Whether the bound covers numerically stable algorithms only.
    """

    reg: float = 0.0
    kept: Masks | None = None
    p_drop: float = 0.0
    running: Statistics | None = None
    eps: float = 1e-5
    unit: float = UNIT_FLOAT64
    stable: bool = False


TRAIN = Options()


@dataclass(frozen=True)
class _Hidden:
    """What the backward pass needs of a hidden layer."""

    below: Bounded  # its input
    standardised: batchnorm.Standardised | None
    before_relu: Bounded


def depth(params: Params) -> int:
    """Count the affine layers: the weights W1, W2, …

    >>> depth({"W1": np.zeros((2, 3)), "b1": np.zeros(3), "W2": np.zeros((3, 2))})
    2
    """
    return sum(name.startswith("W") for name in params)


def scores(x: Array, params: Params, options: Options = TRAIN) -> Bounded:
    """Evaluate the scores of a batch.

    Parameters
    ----------
    x : ndarray of float64, shape (N, d_1, ..., d_k)
        Inputs.
    params : mapping
        W1 (D, H1), b1 (H1,), …, WL, bL; gamma1, beta1, … where layers are normalised.
    options : Options
        Without running statistics normalised layers are in train mode.

    Returns
    -------
    Bounded, shape (N, C)

    Examples
    --------
    >>> params = {"W1": np.eye(2), "b1": np.zeros(2), "W2": np.ones((2, 1)), "b2": np.zeros(1)}
    >>> scores(np.array([[3.0, -1.0]]), params).value
    array([[3.]])
    """
    return _forward(x, params, options)[0]


@quiet
def loss(x: Array, y: NDArray[np.integer], params: Params, options: Options = TRAIN) -> Bounded:
    r"""Evaluate mean cross-entropy :math:`+ \tfrac12 \lambda \sum_l \|W_l\|^2`.

    An error e in the scores of an example changes its log probability by at most 2 max |e|.

    Parameters
    ----------
    x, params, options
        As in `scores`.
    y : ndarray of integers, shape (N,)
        Labels in [0, C).

    Returns
    -------
    Bounded, 0-d
    """
    return cross_entropy(scores(x, params, options), y, options) + penalty(params, options)


@quiet
def cross_entropy(s: Bounded, y: NDArray[np.integer], options: Options = TRAIN) -> Bounded:
    """Evaluate the mean cross-entropy of scores that have errors of their own."""
    own = losses.softmax(s.value, y, unit=options.unit, stable=options.stable)
    inherited = 2.0 * s.error.max(axis=1).mean()
    return bounded(own.value, own.error + inherited, options.unit)


def penalty(params: Params, options: Options = TRAIN) -> Bounded:
    """Evaluate ½ reg Σ ‖W‖² over the weights; biases, gamma and beta are not in it."""
    total = Bounded.exact(0.0, unit=options.unit)
    for layer in range(1, depth(params) + 1):
        w = Bounded.exact(params[f"W{layer}"], unit=options.unit)
        total = total + (w * w).sum()
    return total * (0.5 * options.reg)


@quiet
def gradients(
    x: Array, y: NDArray[np.integer], params: Params, options: Options = TRAIN
) -> dict[str, Bounded]:
    """Differentiate `loss` with respect to every parameter.

    Parameters
    ----------
    x, y, params, options
        As in `loss`; in train mode, as no net is trained by running statistics.

    Returns
    -------
    dict of Bounded
        With the names and shapes of `params`.
    """
    s, hidden, top = _forward(x, params, options)
    unit, found = options.unit, {}
    last = depth(params)
    d = _through_softmax(s, y, options)
    below = top
    for layer in range(last, 0, -1):
        if layer < last:
            done = hidden[layer - 1]
            d = _through_gate(_through_mask(d, layer, options), done.before_relu)
            if done.standardised is not None:
                gamma = params[f"gamma{layer}"]
                d, found[f"gamma{layer}"], found[f"beta{layer}"] = batchnorm.pull_back(
                    d.value, d.error, done.standardised, gamma, unit, options.stable
                )
            below = done.below
        w = Bounded.exact(params[f"W{layer}"], unit=unit)
        found[f"W{layer}"] = below.T @ d + w * options.reg
        found[f"b{layer}"] = d.sum(axis=0)
        d = d @ w.T
    return {name: found[name] for name in params}


def running(
    batches: Sequence[Array], params: Params, *, momentum: float = 0.9, options: Options = TRAIN
) -> list[tuple[Array, Array]]:
    """Running statistics of each hidden layer after training passes over some batches.

    They start at zero. Their own rounding errors, some units of the last place, are left out.
    """
    state = [
        (np.zeros(params[f"b{k}"].shape), np.zeros(params[f"b{k}"].shape))
        for k in range(1, depth(params))
    ]
    for x in batches:
        h = Bounded.exact(affine.flatten(x))
        for k, (mean, var) in enumerate(state, start=1):
            a = h @ params[f"W{k}"] + params[f"b{k}"]
            new_mean, new_var = batchnorm.moments(a.value, a.error, options.unit, options.stable)
            state[k - 1] = (
                momentum * mean + (1.0 - momentum) * new_mean.value,
                momentum * var + (1.0 - momentum) * new_var.value,
            )
            h = _hidden(h, params, k, options).before_relu.relu()
    return state


@quiet
def _forward(x: Array, params: Params, options: Options) -> tuple[Bounded, list[_Hidden], Bounded]:
    """Scores, the hidden layers, and the input of the last affine layer."""
    h = Bounded.exact(affine.flatten(x), unit=options.unit)
    hidden: list[_Hidden] = []
    last = depth(params)
    for layer in range(1, last):
        made = _hidden(h, params, layer, options)
        hidden.append(made)
        h = _through_mask(made.before_relu.relu(), layer, options)
    return h @ params[f"W{last}"] + params[f"b{last}"], hidden, h


def _hidden(h: Bounded, params: Params, layer: int, options: Options) -> _Hidden:
    unit = options.unit
    a = h @ params[f"W{layer}"] + params[f"b{layer}"]
    if f"gamma{layer}" not in params:
        return _Hidden(h, None, a)
    if options.running is None:
        s = batchnorm.standardise(a.value, a.error, options.eps, unit, options.stable)
    else:
        mean, var = options.running[layer - 1]
        s = batchnorm.standardise_by(a.value, a.error, mean, var, options.eps, unit)
    z = batchnorm.scale_and_shift(s, params[f"gamma{layer}"], params[f"beta{layer}"], unit)
    return _Hidden(h, s, z)


def _through_mask(h: Bounded, layer: int, options: Options) -> Bounded:
    if options.kept is None:
        return h
    return h * (options.kept[layer - 1] / (1.0 - options.p_drop))


def _through_gate(d: Bounded, before: Bounded) -> Bounded:
    """Pull back through ReLU; half of the derivative, give or take as much, where unsure."""
    unsure = ~(np.abs(before.value) > CHECK_FACTOR * before.error)
    on = before.value > 0.0
    value = np.where(unsure, 0.5 * d.value, np.where(on, d.value, 0.0))
    error = np.where(unsure, 0.5 * np.abs(d.value) + d.error, np.where(on, d.error, 0.0))
    return bounded(value, error, d.unit)


def _through_softmax(s: Bounded, y: NDArray[np.integer], options: Options) -> Bounded:
    """Derivative of the cross-entropy by the scores, for scores that have errors."""
    own = losses.softmax_gradient(s.value, y, unit=options.unit, stable=options.stable)
    p = np.asarray(scipy.special.softmax(s.value, axis=1))
    # p_j changes by a factor between exp(-2 e) and exp(2 e).
    change = np.expm1(2.0 * s.error.max(axis=1, keepdims=True))
    return bounded(own.value, own.error + p * change / len(s.value), options.unit)
