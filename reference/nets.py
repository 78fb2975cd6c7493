"""Nets: {affine - [batchnorm] - relu - [dropout]} x (L - 1) - affine - softmax.

Weights of four axes make their layer a convolution that keeps the size of the image, and a max
pooling of 2 x 2 stands behind its ReLU. Its pixels are rows, as the examples of other layers are.

The bound of one layer is the input error of the next, as in `composed`. Where the sign of a ReLU's
input is not certain, the gradient is the interval of both subgradients, which the layers below
carry on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import affine, batchnorm, convolution, dropout, losses, pooling
from .bounded import Array, Bounded, Operand, lift, quiet
from .groupnorm import image, pixels
from .precision import FLOAT64, Precision

Params = Mapping[str, Operand]
Masks = Sequence[NDArray[np.bool_]]
Statistics = Sequence[tuple[Operand, Operand]]
Place = Literal["before the ReLU", "behind the ReLU", "behind the pooling"]
_POOL = {"pool_height": 2, "pool_width": 2, "stride": 2}


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
    normalised : str
        Where a layer is normalised; without a pooling, behind it is behind the ReLU.
    precision : Precision
        The judged arithmetic.
    """

    reg: float = 0.0
    kept: Masks | None = None
    p_drop: float = 0.0
    running: Statistics | None = None
    guard: losses.Guard | None = None
    eps: float = batchnorm.EPS
    normalised: Place = "before the ReLU"
    precision: Precision = FLOAT64


TRAIN = Options()


class _Hidden(NamedTuple):
    """What the backward pass needs of a hidden layer."""

    below: Bounded  # its input
    before_norm: Bounded
    before_relu: Bounded
    pooled: Bounded | None  # images of a convolution, before they are pooled


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
        W1 (D, H1), b1 (H1,), …, WL, bL; gamma1, beta1, … where layers are normalised. Of a
        convolution W (F, C, K, K), K odd, and b (F,). They may have bounds of their own.
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
            below = hidden[k - 1].below
            d = _hidden_vjp(d, hidden[k - 1], params, k, options, found)
        w = lift(params[f"W{k}"], precision)
        d, dw, found[f"b{k}"] = _linear(w)[1](d, below, w, params[f"b{k}"], precision=precision)
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
            state[k] = batchnorm.running(made.before_norm, momentum=momentum, **state[k])
    zeros = [0.0 * lift(params[f"b{k}"], options.precision) for k in _layers(params)]
    return [
        (old.get("running_mean", zero), old.get("running_var", zero))
        for old, zero in zip(state, zeros[:-1], strict=True)
    ]


def _layers(params: Params) -> range:
    return range(1, depth(params) + 1)


def _linear(w: Bounded) -> tuple[Callable[..., Bounded], Callable[..., tuple[Bounded, ...]]]:
    """What a layer does with its weights, and the vector-Jacobian product of it."""
    if len(w.shape) == 2:
        return affine.forward, affine.vjp
    pad = (w.shape[2] - 1) // 2
    return partial(convolution.forward, pad=pad), partial(convolution.vjp, pad=pad)


def _forward(x: Array, params: Params, options: Options) -> tuple[Bounded, list[_Hidden], Bounded]:
    """Scores, the hidden layers, and the input of the last affine layer."""
    h, hidden = lift(x, options.precision), list[_Hidden]()
    for k in _layers(params):
        w = lift(params[f"W{k}"], options.precision)
        a = _linear(w)[0](h, w, params[f"b{k}"], precision=options.precision)
        if k == depth(params):
            break
        h, made = _hidden(h, a, params, k, options)
        hidden.append(made)
    return a, hidden, h


def _hidden(
    below: Bounded, a: Bounded, params: Params, k: int, options: Options
) -> tuple[Bounded, _Hidden]:
    """What a hidden layer makes of what its weights gave, and what its way back needs."""
    place, pooled = _place(a, options), None
    before_norm = rows = pixels(a) if len(a.shape) == 4 else a
    if place == "before the ReLU":
        rows = _normalised(rows, params, k, options)
    before_relu = rows
    h = rows.relu()
    if place == "behind the ReLU":
        before_norm, h = h, _normalised(h, params, k, options)
    h = _masked(h, k, options)
    if len(a.shape) == 4:
        pooled = image(h, a.shape)
        h = pooling.forward(pooled, **_POOL, precision=options.precision)
    if place == "behind the pooling":
        before_norm = pixels(h)
        h = image(_normalised(before_norm, params, k, options), h.shape)
    return h, _Hidden(below, before_norm, before_relu, pooled)


def _hidden_vjp(
    d: Bounded,
    made: _Hidden,
    params: Params,
    k: int,
    options: Options,
    found: dict[str, Bounded],
) -> Bounded:
    """Pull back through all of a hidden layer but its weights; adds dgamma and dbeta to `found`."""
    images = made.pooled

    def through_norm(rows: Bounded) -> Bounded:
        if f"gamma{k}" not in params:
            return rows
        dx, found[f"gamma{k}"], found[f"beta{k}"] = batchnorm.vjp(
            rows,
            made.before_norm,
            params[f"gamma{k}"],
            params[f"beta{k}"],
            eps=options.eps,
            precision=options.precision,
        )
        return dx

    place = _place(images, options)
    if images is not None:
        if place == "behind the pooling":
            d = image(through_norm(pixels(d)), d.shape)
        d = pixels(pooling.vjp(d, images, **_POOL, precision=options.precision))
    d = _masked(d, k, options)
    if place == "behind the ReLU":
        d = through_norm(d)
    d = made.before_relu.gate(d)
    if place == "before the ReLU":
        d = through_norm(d)
    return d if images is None else image(d, images.shape)


def _place(images: Bounded | None, options: Options) -> Place:
    """Where a layer is normalised, of which `images` or rows are what its weights gave."""
    pools = images is not None and len(images.shape) == 4
    if options.normalised == "behind the pooling" and not pools:
        return "behind the ReLU"
    return options.normalised


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
