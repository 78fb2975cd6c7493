"""The steps of a net, and what people write in the place of one.

Names that a formula sees: W, b, gamma, beta, k and last of its layer; h, a, z, r, gate, mask of the
way forward; dh, dr, dz, d of the way back; scores, p, data, squares, N, y, reg of the loss.
"""

from __future__ import annotations

from functools import partial

from ..spec.misconception import Misconceptions
from .net_misconceptions_layers import DROPOUT, LAYERS, NORMALISATION
from .net_misconceptions_loss import LOSS, REGULARISATION, TRAINING

STEPS = {
    "a": "h @ W + b",
    "batch": "(a.mean(axis=0), a.var(axis=0))",
    "own": "training",
    "updates": "training",
    "kept": "0.9 * old + 0.1 * new",
    "tested": "running",
    "std": "np.sqrt(var + 1e-5)",
    "z": "gamma * xhat + beta",
    "gate": "z > 0.0",
    "r": "np.where(gate, z, 0.0)",
    "drops": "training",
    "scale": "1.0 / keep",
    "top": "h @ W + b",
    "p": "e / e.sum(axis=1, keepdims=True)",
    "data": "-np.log(p[rows, y]).mean()",
    "square": "(W * W).sum()",
    "penalty": "0.5 * reg * squares",
    "loss": "data + penalty",
    "ds": "(p - onehot) / N",
    "dr": "dh * mask",
    "dz": "dr * gate",
    "scales": "((dn * xhat).sum(axis=0), dn.sum(axis=0))",
    "da": "gamma / std * (dn - dn.mean(axis=0) - xhat * (dn * xhat).mean(axis=0))",
    "dW": "h.T @ d",
    "decay": "reg * W",
    "db": "d.sum(axis=0)",
    "decay_b": "0.0 * b",
    "decay_gamma": "0.0 * gamma",
    "decay_beta": "0.0 * beta",
    "dx": "d @ W.T",
    "labels": "scores.argmax(axis=1)",
    "training_reg": "reg",
    "update": "w - rate * dw",
    "next_rate": "rate * decayed if t % each == 0 else rate",
}

MISCONCEPTIONS = partial(
    Misconceptions,
    "net",
    LAYERS + LOSS + NORMALISATION + REGULARISATION + DROPOUT + TRAINING,
)
