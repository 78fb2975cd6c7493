"""The loss of a net of captions, of its layers' references."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import affine, embedding, recurrent, temporal
from .bounded import Bounded, quiet
from .precision import FLOAT64, Precision

Params = Mapping[str, NDArray[Any]]
Labels = NDArray[np.integer]
_CELLS: dict[str, tuple[Callable[..., Bounded], Callable[..., tuple[Bounded, ...]]]] = {
    "rnn": (recurrent.rnn, recurrent.rnn_vjp),
    "lstm": (recurrent.lstm, recurrent.lstm_vjp),
}


@quiet
def loss(
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
    value = temporal.softmax_loss(scores, wanted, mask, **at)
    dout = temporal.softmax_loss_gradient(scores, wanted, mask, **at)
    dh, dW_vocab, db_vocab = temporal.affine_vjp(
        dout, h, params["W_vocab"], params["b_vocab"], **at
    )
    dwords, dh0, dWx, dWh, db = pull_back(dh, words, h0, *weights, **at)
    dW_embed = embedding.vjp(dwords, given, params["W_embed"], **at)
    _, dW_proj, db_proj = affine.vjp(dh0, features, params["W_proj"], params["b_proj"], **at)
    return {
        "loss": value,
        "dW_embed": dW_embed,
        "dW_proj": dW_proj,
        "db_proj": db_proj,
        "dWx": dWx,
        "dWh": dWh,
        "db": db,
        "dW_vocab": dW_vocab,
        "db_vocab": db_vocab,
    }
