"""The formulas without what is there for speed: what a trick of the layers has to beat.

Each function does the work of a forward and a backward pass of the layer in its name.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def batchnorm(x: Any, gamma: Any, beta: Any, dout: Any) -> tuple[Any, Any]:
    """Batch normalisation of columns, with a new array for each step."""
    N = len(x)
    centred = x - x[:1]
    centred = centred - centred.sum(axis=0) / N
    std = np.sqrt((centred * centred).sum(axis=0) / N + 1e-5)
    x_hat = centred / std
    out = gamma * x_hat + beta
    dbeta, dgamma = dout.sum(axis=0), (dout * x_hat).sum(axis=0)
    return out, gamma / std * (dout - dbeta / N - x_hat * (dgamma / N))


def spatial_batchnorm(x: Any, gamma: Any, beta: Any, dout: Any) -> object:
    """Batch normalisation of channels, by that of the matrix (N · H · W, C)."""

    def rows(images: Any) -> Any:
        return images.transpose(0, 2, 3, 1).reshape(-1, images.shape[1])

    def images(matrix: Any) -> Any:
        N, C, H, W = x.shape
        return np.ascontiguousarray(matrix.reshape(N, H, W, C).transpose(0, 3, 1, 2))

    out, dx = batchnorm(rows(x), gamma, beta, rows(dout))
    return images(out), images(dx)


def dropout(x: Any, dout: Any) -> object:
    """Dropout with uniform numbers in double precision."""
    mask = (np.random.default_rng().random(x.shape) >= 0.5) * x.dtype.type(2)
    return x * mask, dout * mask


def lstm(layers: Any, x: Any, h: Any, Wx: Any, Wh: Any, b: Any, dh: Any) -> object:
    """An LSTM as a fold of its step, forward and backward."""
    c, caches = np.zeros_like(h), []
    for t in range(x.shape[1]):
        h, c, cache = layers.lstm_step_forward(x[:, t], h, c, Wx, Wh, b)
        caches.append(cache)
    back_h = back_c = np.zeros_like(h)
    inputs, totals = [], [np.zeros_like(p) for p in (Wx, Wh, b)]
    for t in reversed(range(x.shape[1])):
        upstream = dh[:, t] + back_h
        dx, back_h, back_c, *grads = layers.lstm_step_backward(upstream, back_c, caches[t])
        inputs.append(dx)
        totals = [total + grad for total, grad in zip(totals, grads, strict=True)]
    return np.stack(inputs[::-1], axis=1), totals
