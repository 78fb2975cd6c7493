"""Fully connected nets: {affine - [batchnorm] - relu - [dropout]} x (L - 1) - affine - softmax.

The bound of one layer is the input error of the next, as in `composed`. Where the sign of a ReLU's
input is not certain, the gradient is the interval of both subgradients, which the layers below
carry on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import affine, batchnorm, dropout, losses
from .bounded import Array, Bounded, Operand, lift, quiet
from .precision import FLOAT64, Precision

Params = Mapping[str, Operand]
Masks = Sequence[NDArray[np.bool_]]
Statistics = Sequence[tuple[Operand, Operand]]


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
    guard : Guard, or None
        How the loss keeps its logarithm from zero. The gradient is that of log p all the same, as
        it is in print.
    eps : float
        Added to variances.
    precision : Precision
        The judged arithmetic.
    """

    reg: float = 0.0
    kept: Masks | None = None
    p_drop: float = 0.0
    running: Statistics | None = None
    guard: losses.Guard | None = None
    eps: float = batchnorm.EPS
    precision: Precision = FLOAT64


TRAIN = Options()


class _Hidden(NamedTuple):
    """What the backward pass needs of a hidden layer."""

    below: Bounded  # its input
    affine: Bounded
    before_relu: Bounded


def depth(params: Params) -> int:
    """Count the affine layers: the weights W1, W2, …

    >>> depth({"W1": np.zeros((2, 3)), "b1": np.zeros(3), "W2": np.zeros((3, 2))})
    2
    """
    return sum(name.startswith("W") for name in params)


@quiet
def scores(x: Array, params: Params, options: Options = TRAIN) -> Bounded:
    """Evaluate the scores of a batch.

    Parameters
    ----------
    x : ndarray of float64, shape (N, d_1, ..., d_k)
        Inputs.
    params : mapping
        W1 (D, H1), b1 (H1,), …, WL, bL; gamma1, beta1, … where layers are normalised. They may
        have bounds of their own.
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
def cross_entropy(s: Operand, y: NDArray[np.integer], options: Options = TRAIN) -> Bounded:
    """Evaluate the mean cross-entropy of scores, guarded or not."""
    if options.guard is None:
        return losses.softmax(s, y, precision=options.precision)
    return losses.guarded_softmax(s, y, options.guard, precision=options.precision)


@quiet
def penalty(params: Params, options: Options = TRAIN) -> Bounded:
    """Evaluate ½ reg Σ ‖W‖² over the weights; biases, gamma and beta are not in it."""
    weights = [lift(params[f"W{k}"], options.precision) for k in _layers(params)]
    total = sum(((w * w).sum() for w in weights), start=Bounded(0.0, None, options.precision))
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
    precision = options.precision
    top, hidden, below = _forward(x, params, options)
    d = losses.softmax_gradient(top, y, precision=precision)
    found: dict[str, Bounded] = {}
    for k in reversed(_layers(params)):
        if k <= len(hidden):
            done = hidden[k - 1]
            below, d = done.below, done.before_relu.gate(_masked(d, k, options))
            if f"gamma{k}" in params:
                gamma, beta = params[f"gamma{k}"], params[f"beta{k}"]
                d, found[f"gamma{k}"], found[f"beta{k}"] = batchnorm.vjp(
                    d, done.affine, gamma, beta, eps=options.eps, precision=precision
                )
        w = lift(params[f"W{k}"], precision)
        d, dw, found[f"b{k}"] = affine.vjp(d, below, w, params[f"b{k}"], precision=precision)
        found[f"W{k}"] = dw + w * options.reg
    return {name: found[name] for name in params}


@quiet
def running(
    batches: Sequence[Array], params: Params, *, momentum: float = 0.9, options: Options = TRAIN
) -> list[tuple[Bounded, Bounded]]:
    """Running statistics of each hidden layer after training passes over some batches.

    They start at zero.
    """
    state: list[dict[str, Any]] = [{} for _ in _layers(params)[:-1]]
    for x in batches:
        for k, made in enumerate(_forward(x, params, options)[1]):
            state[k] = batchnorm.running(made.affine, momentum=momentum, **state[k])
    zeros = [0.0 * lift(params[f"b{k}"], options.precision) for k in _layers(params)]
    return [
        (old.get("running_mean", zero), old.get("running_var", zero))
        for old, zero in zip(state, zeros[:-1], strict=True)
    ]


def _layers(params: Params) -> range:
    return range(1, depth(params) + 1)


def _forward(x: Array, params: Params, options: Options) -> tuple[Bounded, list[_Hidden], Bounded]:
    """Scores, the hidden layers, and the input of the last affine layer."""
    precision = options.precision
    h, hidden = affine.flatten(lift(x, precision)), list[_Hidden]()
    for k in _layers(params):
        a = affine.forward(h, params[f"W{k}"], params[f"b{k}"], precision=precision)
        if k == depth(params):
            break
        hidden.append(_Hidden(h, a, _normalised(a, params, k, options)))
        h = _masked(hidden[-1].before_relu.relu(), k, options)
    return a, hidden, h


def _normalised(a: Bounded, params: Params, k: int, options: Options) -> Bounded:
    if f"gamma{k}" not in params:
        return a
    mean, var = (None, None) if options.running is None else options.running[k - 1]
    return batchnorm.forward(
        a,
        params[f"gamma{k}"],
        params[f"beta{k}"],
        mode="train" if options.running is None else "test",
        eps=options.eps,
        running_mean=mean,
        running_var=var,
        precision=options.precision,
    )


def _masked(h: Bounded, k: int, options: Options) -> Bounded:
    if options.kept is None:
        return h
    kept, p_drop = options.kept[k - 1], options.p_drop
    return dropout.forward(h, kept, p_drop=p_drop, precision=options.precision)
