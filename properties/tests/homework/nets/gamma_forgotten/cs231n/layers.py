from builtins import range
import numpy as np


def affine_forward(x, w, b):
    """x: (N, d_1, ..., d_k)"""
    N = x.shape[0]
    out = np.zeros((N, w.shape[1]), dtype=x.dtype)
    for i in range(N):
        out[i] = np.ravel(x[i]) @ w + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for i in range(x.shape[0]):
        dx[i] = (w @ dout[i]).reshape(x[i].shape)
        dw += np.outer(x[i], dout[i])
        db += dout[i]
    return dx, dw, db


def relu_forward(x):
    out = np.zeros_like(x)
    out[x > 0] = x[x > 0]
    return out, x


def relu_backward(dout, cache):
    dx = np.zeros_like(cache)
    dx[cache > 0] = dout[cache > 0]
    return dx


def dropout_forward(x, dropout_param):
    """- p: Dropout parameter. We keep each neuron output with probability p."""
    p, mode = dropout_param["p"], dropout_param["mode"]
    rs = np.random.RandomState(dropout_param["seed"]) if "seed" in dropout_param else np.random
    mask = None
    if mode == "train":
        mask = (rs.rand(*x.shape) < p) / p
        out = x * mask
    elif mode == "test":
        out = x
    return out.astype(x.dtype, copy=False), (dropout_param, mask)


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    if dropout_param["mode"] == "train":
        return dout * mask
    return dout


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    if mode == "train":
        stats = {"mean": x.mean(axis=0), "var": x.var(axis=0)}
        for k in stats:
            key = "running_" + k
            if key not in bn_param:
                bn_param[key] = np.zeros(x.shape[1:], x.dtype)
            bn_param[key] = bn_param[key] - (1 - momentum) * (bn_param[key] - stats[k])
    elif mode == "test":
        stats = {k: bn_param.get("running_" + k, np.zeros(x.shape[1:], x.dtype)) for k in ("mean", "var")}
    else:
        raise ValueError(mode)
    x_hat = (x - stats["mean"]) / (stats["var"] + eps) ** 0.5
    return x_hat * gamma + beta, (x_hat, gamma, stats["var"] + eps)


def batchnorm_backward(dout, cache):
    x_hat, gamma, v = cache
    N = len(dout)
    dx = np.zeros_like(dout)
    dgamma = np.sum(dout * x_hat, 0)
    dbeta = np.sum(dout, 0)
    for i in range(N):
        for j in range(N):
            delta = 1.0 if i == j else 0.0
            dx[i] += dout[j] * gamma / np.sqrt(v) * (delta - 1.0 / N - x_hat[i] * x_hat[j] / N)
    return dx, dgamma, dbeta


def softmax_loss(x, y):
    num = x.shape[0]
    z = x - x.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    dx = np.exp(log_p)
    dx[range(num), y] -= 1
    return -log_p[range(num), y].sum() / num, dx / num
