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


def sigmoid_by_tanh(x: Any, dout: Any) -> Results:
    out = 0.5 * (1 + np.tanh(0.5 * x))
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


def conv_loops(x: Any, w: Any, b: Any, stride: int, pad: int, dout: Any) -> Results:
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for n, f, i, j in np.ndindex(*dout.shape):
        rows = slice(i * stride, i * stride + w.shape[2])
        columns = slice(j * stride, j * stride + w.shape[3])
        dw[f] += dout[n, f, i, j] * padded[n, :, rows, columns]
        dpadded[n, :, rows, columns] += dout[n, f, i, j] * w[f]
    h, width = x.shape[2:]
    return {
        "x": dpadded[:, :, pad : pad + h, pad : pad + width],
        "w": dw,
        "b": np.sum(dout, axis=(0, 2, 3)),
    }


def conv_columns(x: Any, w: Any, b: Any, stride: int, pad: int, dout: Any) -> Results:
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros_like(dout) + b[:, None, None]
    dw = np.zeros_like(w)
    for u, v in np.ndindex(*w.shape[2:]):
        part = padded[:, :, u:, v:][:, :, ::stride, ::stride][
            :, :, : dout.shape[2], : dout.shape[3]
        ]
        out += np.einsum("ncij,fc->nfij", part, w[:, :, u, v])
        dw[:, :, u, v] = np.einsum("ncij,nfij->fc", part, dout)
    return {"out": out, "w": dw, "b": np.einsum("nfij->f", dout)}


def max_pool(x: Any, pool_height: int, pool_width: int, stride: int, dout: Any) -> Results:
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        rows = slice(i * stride, i * stride + pool_height)
        columns = slice(j * stride, j * stride + pool_width)
        window = x[n, c, rows, columns]
        dx[n, c, rows, columns] += (window == window.max()) * dout[n, c, i, j]
    return {"x": dx}


def embedding(x: Any, W: Any, dout: Any) -> Results:
    dW = np.zeros_like(W)
    np.add.at(dW, x, dout)
    return {"out": W[x], "W": dW}


def rnn_step(x: Any, prev_h: Any, Wx: Any, Wh: Any, b: Any, dout: Any) -> Results:
    h = np.tanh(b + prev_h @ Wh + x @ Wx)
    da = dout * (1 - h * h)
    return {
        "out": h,
        "x": da @ Wx.T,
        "prev_h": da @ Wh.T,
        "Wx": x.T @ da,
        "Wh": prev_h.T @ da,
        "b": da.sum(axis=0),
    }


def rnn(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, dout: Any) -> Results:
    h = [h0]
    for t in range(x.shape[1]):
        h.append(np.tanh(x[:, t] @ Wx + h[-1] @ Wh + b))
    found = {"x": np.zeros_like(x), "Wx": 0 * Wx, "Wh": 0 * Wh, "b": 0 * b}
    dh = 0 * h0
    for t in reversed(range(x.shape[1])):
        da = (dout[:, t] + dh) * (1 - h[t + 1] ** 2)
        dh = da @ Wh.T
        found["x"][:, t] = da @ Wx.T
        found["Wx"] += x[:, t].T @ da
        found["Wh"] += h[t].T @ da
        found["b"] += da.sum(axis=0)
    return found | {"out": np.stack(h[1:], axis=1), "h0": dh}


def _logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def lstm_step(
    x: Any, prev_h: Any, prev_c: Any, Wx: Any, Wh: Any, b: Any, dnext_h: Any, dnext_c: Any
) -> Results:
    a = np.hstack([x, prev_h]) @ np.vstack([Wx, Wh]) + b
    i, f, o, g = np.split(a, 4, axis=1)
    i, f, o, g = _logistic(i), _logistic(f), _logistic(o), np.tanh(g)
    c = f * prev_c + i * g
    shown = np.tanh(c)
    dc = dnext_c + dnext_h * o * (1 - shown**2)
    da = np.hstack(
        [
            dc * g * i * (1 - i),
            dc * prev_c * f * (1 - f),
            dnext_h * shown * o * (1 - o),
            dc * i * (1 - g**2),
        ]
    )
    return {
        "next_h": o * shown,
        "next_c": c,
        "x": da @ Wx.T,
        "prev_h": da @ Wh.T,
        "prev_c": dc * f,
        "Wx": x.T @ da,
        "Wh": prev_h.T @ da,
        "b": da.sum(axis=0),
    }


def lstm(x: Any, h0: Any, Wx: Any, Wh: Any, b: Any, dout: Any) -> Results:
    states = [(h0, 0 * h0)]
    for t in range(x.shape[1]):
        made = lstm_step(x[:, t], *states[-1], Wx, Wh, b, h0, h0)
        states.append((made["next_h"], made["next_c"]))
    found = {"x": np.zeros_like(x), "Wx": 0 * Wx, "Wh": 0 * Wh, "b": 0 * b}
    dh, dc = 0 * h0, 0 * h0
    for t in reversed(range(x.shape[1])):
        made = lstm_step(x[:, t], *states[t], Wx, Wh, b, dout[:, t] + dh, dc)
        dh, dc = made["prev_h"], made["prev_c"]
        found["x"][:, t] = made["x"]
        for name in ("Wx", "Wh", "b"):
            found[name] = found[name] + made[name]
    return found | {"out": np.stack([h for h, _ in states[1:]], axis=1), "h0": dh}


def temporal_affine(x: Any, w: Any, b: Any, dout: Any) -> Results:
    return {
        "out": np.einsum("ntd,dm->ntm", x, w) + b,
        "x": np.einsum("ntm,dm->ntd", dout, w),
        "w": np.einsum("ntd,ntm->dm", x, dout),
        "b": dout.sum(axis=(0, 1)),
    }


def temporal_softmax(x: Any, y: Any, mask: Any) -> Results:
    n, t, v = x.shape
    p = np.exp(x - x.max(axis=2, keepdims=True))
    p /= p.sum(axis=2, keepdims=True)
    flat, rows = p.reshape(n * t, v), np.arange(n * t)
    loss = -np.sum(mask.reshape(-1) * np.log(flat[rows, y.reshape(-1)])) / n
    dx = flat.copy()
    dx[rows, y.reshape(-1)] -= 1
    dx /= n
    dx *= mask.reshape(-1, 1)
    return {"out": loss, "x": dx.reshape(x.shape)}


def sdpa(q: Any, k: Any, v: Any, mask: Any, dout: Any) -> Results:
    root = q.dtype.type(np.sqrt(q.shape[-1]))
    scores = np.where(mask, (q / root) @ k.swapaxes(1, 2), q.dtype.type(-1e9))
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p = p / p.sum(axis=-1, keepdims=True)
    dp = dout @ v.swapaxes(1, 2)
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True))
    return {
        "out": p @ v,
        "q": ds @ k / root,
        "k": ds.swapaxes(1, 2) @ q / root,
        "v": p.swapaxes(1, 2) @ dout,
    }


def huber(x: Any, y: Any, delta: float) -> Results:
    r = x - y
    far = delta * (np.abs(r) - 0.5 * delta)
    loss = np.where(np.abs(r) <= delta, 0.5 * r**2, far).mean()
    return {"out": loss, "x": np.where(np.abs(r) <= delta, r, delta * np.sign(r)) / x.size}


def bce_with_logits(x: Any, y: Any) -> Results:
    p = 1 / (1 + np.exp(-x))
    loss = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    return {"out": loss, "x": (-y / p + (1 - y) / (1 - p)) * p * (1 - p) / x.size}


def softmax_of_weights(W: Any, X: Any, y: Any, reg: float) -> Results:
    loss, dW = 0.0, np.zeros_like(W)
    for row, label in zip(X, y, strict=True):
        scores = row @ W
        scores = scores - scores.max()
        p = np.exp(scores) / np.exp(scores).sum()
        loss += -np.log(p[label])
        p[label] -= 1
        dW += np.outer(row, p)
    return {"out": loss / len(X) + reg * np.sum(W * W), "W": dW / len(X) + 2 * reg * W}
