"""Losses of whole nets, of their layers' references: a convolutional net, a net of captions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import affine, convolution_composed, embedding, losses, recurrent, temporal
from .bounded import Bounded, lift, quiet
from .composed import affine_relu, affine_relu_vjp
from .precision import FLOAT64, Precision

Params = Mapping[str, NDArray[Any]]
Labels = NDArray[np.integer]
_POOL = {"pool_height": 2, "pool_width": 2, "stride": 2}
_CELLS: dict[str, tuple[Callable[..., Bounded], Callable[..., tuple[Bounded, ...]]]] = {
    "rnn": (recurrent.rnn, recurrent.rnn_vjp),
    "lstm": (recurrent.lstm, recurrent.lstm_vjp),
}


@quiet
def conv_scores(x: NDArray[Any], params: Params, *, precision: Precision = FLOAT64) -> Bounded:
    """Evaluate conv - ReLU - 2 × 2 max pool - affine - ReLU - affine.

    Parameters
    ----------
    x : shape (N, C, H, W)
        Images.
    params : mapping
        W1 (F, C, K, K) with K odd, W2 (F · ⌊H/2⌋ · ⌊W/2⌋, hidden), W3 (hidden, classes), and the
        biases b1, b2, b3.

    Returns
    -------
    Bounded, shape (N, classes)

    References
    ----------
    CS231n, assignment 2, ``classifiers/cnn.py``.
    """
    return _conv_forward(x, params, precision)[-1]


@quiet
def conv_loss(
    x: NDArray[Any],
    y: Labels,
    params: Params,
    reg: float,
    *,
    guard: losses.Guard | None = None,
    precision: Precision = FLOAT64,
) -> dict[str, Bounded]:
    r"""Evaluate mean cross-entropy + :math:`\frac{\lambda}{2} \sum W^2`, and its gradients.

    The logarithm of the loss may be guarded; its gradient is that of log p all the same.

    Returns
    -------
    dict
        ``loss``, and ``dNAME`` for each parameter.
    """
    pooled, hidden, scores = _conv_forward(x, params, precision)
    weights = {name: lift(params[name], precision) for name in ("W1", "W2", "W3")}
    loss = losses.softmax(scores, y, precision=precision)
    if guard is not None:
        loss = losses.guarded_softmax(scores, y, guard, precision=precision)
    for W in weights.values():
        loss = loss + (W * W).sum() * (0.5 * reg)
    dout = losses.softmax_gradient(scores, y, precision=precision)
    dout, dW3, db3 = affine.vjp(dout, hidden, params["W3"], params["b3"], precision=precision)
    dout, dW2, db2 = affine_relu_vjp(dout, pooled, params["W2"], params["b2"], precision=precision)
    _, dW1, db1 = convolution_composed.conv_relu_pool_vjp(
        dout, x, params["W1"], params["b1"], **_layout(params), precision=precision
    )
    found = {"loss": loss, "db1": db1, "db2": db2, "db3": db3}
    for name, own in (("W1", dW1), ("W2", dW2), ("W3", dW3)):
        found[f"d{name}"] = own + weights[name] * reg
    return found


def _layout(params: Params) -> dict[str, Any]:
    conv = {"stride": 1, "pad": (params["W1"].shape[2] - 1) // 2}
    return {"conv_param": conv, "pool_param": _POOL}


def _conv_forward(
    x: NDArray[Any], params: Params, precision: Precision
) -> tuple[Bounded, Bounded, Bounded]:
    pooled = convolution_composed.conv_relu_pool(
        x, params["W1"], params["b1"], **_layout(params), precision=precision
    )
    hidden = affine_relu(pooled, params["W2"], params["b2"], precision=precision)
    return pooled, hidden, affine.forward(hidden, params["W3"], params["b3"], precision=precision)


@quiet
def caption_loss(
    features: NDArray[Any],
    captions: Labels,
    params: Params,
    cell: str,
    null: int,
    *,
    precision: Precision = FLOAT64,
) -> dict[str, Bounded]:
    """Evaluate the loss of captions under a recurrent net, and its gradients.

    The features, projected, are the first state; the words but the last go in, and the words but
    the first are wanted, except where they are `null`.

    Parameters
    ----------
    features : shape (N, D)
    captions : ndarray of integers, shape (N, T + 1)
    params : mapping
        W_embed, W_proj, b_proj, Wx, Wh, b, W_vocab, b_vocab.
    cell : str
        ``rnn`` or ``lstm``.

    Returns
    -------
    dict
        ``loss``, and ``dNAME`` for each parameter.

    References
    ----------
    CS231n, assignment 3, ``classifiers/rnn.py``.
    """
    at: dict[str, Any] = {"precision": precision}
    given, wanted = captions[:, :-1], captions[:, 1:]
    forward, pull_back = _CELLS[cell]
    weights = [params[name] for name in ("Wx", "Wh", "b")]
    h0 = affine.forward(features, params["W_proj"], params["b_proj"], **at)
    words = embedding.forward(given, params["W_embed"], **at)
    h = forward(words, h0, *weights, **at)
    scores = temporal.affine_forward(h, params["W_vocab"], params["b_vocab"], **at)
    mask = wanted != null
    loss = temporal.softmax_loss(scores, wanted, mask, **at)
    dout = temporal.softmax_loss_gradient(scores, wanted, mask, **at)
    dh, dW_vocab, db_vocab = temporal.affine_vjp(
        dout, h, params["W_vocab"], params["b_vocab"], **at
    )
    dwords, dh0, dWx, dWh, db = pull_back(dh, words, h0, *weights, **at)
    dW_embed = embedding.vjp(dwords, given, params["W_embed"], **at)
    _, dW_proj, db_proj = affine.vjp(dh0, features, params["W_proj"], params["b_proj"], **at)
    return {
        "loss": loss,
        "dW_embed": dW_embed,
        "dW_proj": dW_proj,
        "db_proj": db_proj,
        "dWx": dWx,
        "dWh": dWh,
        "db": db,
        "dW_vocab": dW_vocab,
        "db_vocab": db_vocab,
    }
