"""Right backward passes of the later layers as people write them, from the forward's own results.

Each takes the case's arguments and the upstream derivatives in the judged dtype, and returns
forward results as ``out`` and gradients by argument.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special

Results = dict[str, Any]


def sigmoid(x: Any, dout: Any) -> Results:
    out = np.exp(x) / (1 + np.exp(x))
    return {"out": out, "x": dout * out * (1 - out)}


def tanh(x: Any, dout: Any) -> Results:
    up, down = np.exp(x), np.exp(-x)
    out = (up - down) / (up + down)
    return {"out": out, "x": dout * (1 - out**2)}


def leaky_relu(x: Any, alpha: float, dout: Any) -> Results:
    return {"out": np.maximum(x, alpha * x), "x": dout * np.where(x > 0, 1, alpha)}


def elu(x: Any, alpha: float, dout: Any) -> Results:
    out = np.where(x > 0, x, alpha * (np.exp(x) - 1))
    return {"out": out, "x": dout * np.where(x > 0, 1, out + alpha)}


def gelu(x: Any, dout: Any) -> Results:
    cdf = (0.5 * (1 + scipy.special.erf(x / np.sqrt(2.0)))).astype(x.dtype)
    return {"out": x * cdf, "x": dout * (cdf + x * np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi))}


def gelu_tanh(x: Any, dout: Any) -> Results:
    root = float(np.sqrt(2 / np.pi))
    t = np.tanh(root * (x + 0.044715 * x**3))
    inner = root * (1 + 3 * 0.044715 * x**2)
    slope = 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * inner
    return {"out": 0.5 * x * (1 + t), "x": dout * slope}


def softplus(x: Any, dout: Any) -> Results:
    out = np.log(1 + np.exp(x))
    return {"out": out, "x": dout * (1 - np.exp(-out))}


def silu(x: Any, dout: Any) -> Results:
    s = 1 / (1 + np.exp(-x))
    out = x * s
    return {"out": out, "x": dout * (out + s * (1 - out))}


def softmax(x: Any, dout: Any) -> Results:
    p = np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)
    return {"out": p, "x": p * (dout - (dout * p).sum(axis=-1, keepdims=True))}


def layernorm_projected(x: Any, gamma: Any, beta: Any, eps: float, dout: Any) -> Results:
    d = x.shape[1]
    s = (x.var(axis=1, keepdims=True) + eps) ** -0.5
    xhat = (x - x.mean(axis=1, keepdims=True)) * s
    g = dout * gamma
    both = d * g - g.sum(1, keepdims=True) - xhat * (g * xhat).sum(1, keepdims=True)
    return {
        "out": gamma * xhat + beta,
        "x": s / d * both,
        "gamma": (dout * xhat).sum(axis=0),
        "beta": dout.sum(axis=0),
    }


def layernorm_chain(x: Any, gamma: Any, beta: Any, eps: float, dout: Any) -> Results:
    d = x.shape[1]
    mean = x.mean(axis=1, keepdims=True)
    var = (x * x).mean(axis=1, keepdims=True) - mean * mean
    g = dout * gamma
    dvar = (g * (x - mean) * -0.5 * (var + eps) ** -1.5).sum(1, keepdims=True)
    dmean = (-g / np.sqrt(var + eps)).sum(1, keepdims=True)
    dmean = dmean + dvar * (-2 * (x - mean)).mean(1, keepdims=True)
    dx = g / np.sqrt(var + eps) + dvar * 2 * (x - mean) / d + dmean / d
    return {"out": gamma * (x - mean) / np.sqrt(var + eps) + beta, "x": dx}


def _projected(x: Any, g: Any, eps: float, axis: Any) -> Any:
    n = np.prod([x.shape[a] for a in np.atleast_1d(axis)])
    centred = x - x.mean(axis=axis, keepdims=True)
    std = np.sqrt((centred**2).mean(axis=axis, keepdims=True) + eps)
    xhat = centred / std
    total = g.sum(axis=axis, keepdims=True)
    moment = (g * xhat).sum(axis=axis, keepdims=True)
    return xhat, (g - total / x.dtype.type(n) - xhat * moment / x.dtype.type(n)) / std


def groupnorm(x: Any, gamma: Any, beta: Any, G: int, eps: float, dout: Any) -> Results:
    n, c, h, w = x.shape
    scale, shift = gamma.reshape(1, c, 1, 1), beta.reshape(1, c, 1, 1)
    split = (n, G, c // G, h, w)
    xhat, dx = _projected(x.reshape(split), (dout * scale).reshape(split), eps, (2, 3, 4))
    xhat = xhat.reshape(x.shape)
    return {
        "out": scale * xhat + shift,
        "x": dx.reshape(x.shape),
        "gamma": (dout * xhat).sum(axis=(0, 2, 3)).reshape(gamma.shape),
        "beta": dout.sum(axis=(0, 2, 3)).reshape(beta.shape),
    }


def spatial_batchnorm(x: Any, gamma: Any, beta: Any, eps: float, dout: Any) -> Results:
    scale, shift = gamma.reshape(1, -1, 1, 1), beta.reshape(1, -1, 1, 1)
    xhat, dx = _projected(x, dout, eps, (0, 2, 3))
    return {
        "out": scale * xhat + shift,
        "x": scale * dx,
        "gamma": (dout * xhat).sum(axis=(0, 2, 3)),
        "beta": dout.sum(axis=(0, 2, 3)),
    }
