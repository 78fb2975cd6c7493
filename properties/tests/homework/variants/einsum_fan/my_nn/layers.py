from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class BNCache(NamedTuple):
    xhat: Array
    inv_std: Array
    gamma: Array


def affine_forward(x: Array, w: Array, b: Array):
    h = x.reshape(x.shape[0], -1)
    return np.einsum("nd,dm->nm", h, w) + b[None, :], [x, w]


def affine_backward(dout: Array, cache: Any):
    x, w = cache
    h = x.reshape(x.shape[0], -1)
    dw = np.einsum("nd,nm->dm", h, dout)
    db = np.einsum("nm->m", dout)
    dx = np.einsum("nm,dm->nd", dout, w).reshape(x.shape)
    return dx, dw, db


def relu_forward(x: Array):
    gate = x > 0
    return x * gate, gate


def relu_backward(dout: Array, gate: Array):
    return np.einsum("...,...->...", dout, gate.astype(dout.dtype))


def batchnorm_forward(x: Array, gamma: Array, beta: Array, bn_param: dict):
    eps = bn_param.get("eps", 1e-5)
    if bn_param["mode"] == "train":
        mu, var = x.mean(0), x.var(0)
        inv_std = (var + eps) ** -0.5
        xhat = (x - mu) * inv_std
        m = bn_param.get("momentum", 0.9)
        for name, batch in (("running_mean", mu), ("running_var", var)):
            old = bn_param.get(name, np.zeros_like(mu))
            bn_param[name] = m * old + (1 - m) * batch
        return gamma * xhat + beta, BNCache(xhat, inv_std, gamma)
    if bn_param["mode"] == "test":
        zeros = np.zeros(x.shape[1], x.dtype)
        mu = bn_param.get("running_mean", zeros)
        var = bn_param.get("running_var", zeros)
        return gamma * (x - mu) * (var + eps) ** -0.5 + beta, None
    raise ValueError(f"mode must be 'train' or 'test', not {bn_param['mode']!r}")


def batchnorm_backward(dout: Array, cache: BNCache):
    xhat, inv_std, gamma = cache
    n = len(dout)
    dbeta, dgamma = dout.sum(0), np.einsum("nd,nd->d", dout, xhat)
    dx = gamma * inv_std / n * (n * dout - dbeta - xhat * dgamma)
    return dx, dgamma, dbeta


def dropout_forward(x: Array, dropout_param: dict):
    p = dropout_param["p"]
    if dropout_param["mode"] == "test":
        return x, (dropout_param, None)
    rng = np.random.default_rng(dropout_param.get("seed"))
    keep = 1.0 - p
    mask = (rng.random(x.shape) < keep) / x.dtype.type(keep)
    return (x * mask).astype(x.dtype), (dropout_param, mask)


def dropout_backward(dout: Array, cache: Any):
    param, mask = cache
    return dout if param["mode"] == "test" else dout * mask


def svm_loss(x: Array, y: Array):
    n, c = x.shape
    onehot = np.eye(c, dtype=bool)[y]
    margins = x - x[onehot][:, None] + 1
    active = (margins > 0) & ~onehot
    loss = margins[active].sum() / n
    dx = (active - onehot * active.sum(1, keepdims=True)) / n
    return loss, dx.astype(x.dtype)


def softmax_loss(x: Array, y: Array):
    n = len(x)
    z = x - x.max(1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(1, keepdims=True))
    onehot = np.eye(x.shape[1], dtype=x.dtype)[y]
    return -np.einsum("nc,nc->", onehot, logp) / n, (np.exp(logp) - onehot) / n
