# mypy: ignore-errors
"""A right implementation with loops over examples, objects for caches, and Cholesky factors."""

import numpy as np


class Kept:
    def __init__(self, **things):
        self.__dict__.update(things)


def affine_forward(x, w, b):
    out = np.empty((x.shape[0], w.shape[1]), dtype=x.dtype)
    for n in range(x.shape[0]):
        out[n] = x[n].ravel() @ w + b
    return out, Kept(x=x, w=w)


def affine_backward(dout, cache):
    dx = np.zeros_like(cache.x)
    dw = np.zeros_like(cache.w)
    db = np.zeros(cache.w.shape[1], dtype=cache.w.dtype)
    for n, row in enumerate(dout):
        dx[n] = (cache.w @ row).reshape(cache.x.shape[1:])
        dw += np.outer(cache.x[n].ravel(), row)
        db += row
    return dx, dw, db


def relu_forward(x):
    out = np.where(x > 0, x, np.zeros_like(x))
    return out, Kept(out=out)


def relu_backward(dout, cache):
    return np.where(cache.out > 0, dout, np.zeros_like(dout))


def batchnorm_forward(x, gamma, beta, bn_param):
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    running = {
        name: bn_param.get(name, np.zeros(x.shape[1], dtype=x.dtype))
        for name in ("running_mean", "running_var")
    }
    if bn_param["mode"] not in ("train", "test"):
        raise ValueError("unknown mode")
    training = bn_param["mode"] == "train"
    mean = x.mean(axis=0) if training else running["running_mean"]
    var = ((x - mean) ** 2).mean(axis=0) if training else running["running_var"]
    out = np.empty_like(x)
    xhat = np.empty_like(x)
    for j in range(x.shape[1]):
        xhat[:, j] = (x[:, j] - mean[j]) / np.sqrt(var[j] + eps)
        out[:, j] = gamma[j] * xhat[:, j] + beta[j]
    if training:
        bn_param["running_mean"] = momentum * running["running_mean"] + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running["running_var"] + (1 - momentum) * var
    return out, Kept(x=x, xhat=xhat, mean=mean, var=var, gamma=gamma, eps=eps)


def batchnorm_backward(dout, cache):
    x, var, eps = cache.x, cache.var, cache.eps
    dx = np.empty_like(x)
    for j in range(x.shape[1]):
        away = x[:, j] - cache.mean[j]
        dxhat = dout[:, j] * cache.gamma[j]
        dvar = np.sum(dxhat * away) * -0.5 * (var[j] + eps) ** -1.5
        dmean = -np.sum(dxhat) / np.sqrt(var[j] + eps) - 2.0 * dvar * np.mean(away)
        dx[:, j] = dxhat / np.sqrt(var[j] + eps) + (2.0 * dvar * away + dmean) / len(x)
    return dx, np.sum(dout * cache.xhat, axis=0), np.sum(dout, axis=0)


def dropout_forward(x, dropout_param):
    if dropout_param["mode"] == "test":
        return x.copy(), (dropout_param, None)
    p = dropout_param["p"]
    generator = np.random.default_rng(dropout_param.get("seed"))
    mask = np.zeros_like(x)
    draws = generator.random(x.size).reshape(x.shape)
    mask[draws > p] = 1 / (1 - p)
    return x * mask, (dropout_param, mask)


def dropout_backward(dout, cache):
    return dout.copy() if cache[1] is None else dout * cache[1]


def svm_loss(x, y):
    count, classes = x.shape
    loss = 0.0
    dx = np.zeros_like(x)
    for n in range(count):
        for j in range(classes):
            margin = x[n, j] - x[n, y[n]] + 1
            if j != y[n] and margin > 0:
                loss += margin
                dx[n, j] += 1
                dx[n, y[n]] -= 1
    return loss / count, dx / count


def softmax_loss(x, y):
    count = len(x)
    loss = 0.0
    dx = np.zeros_like(x)
    for n in range(count):
        scores = x[n] - np.max(x[n])
        log_total = np.log(np.sum(np.exp(scores)))
        loss += log_total - scores[y[n]]
        dx[n] = np.exp(scores - log_total)
        dx[n, y[n]] -= 1
    return loss / count, dx / count


def affine_relu_forward(x, w, b):
    hidden, first = affine_forward(x, w, b)
    out, second = relu_forward(hidden)
    return out, [first, second]


def affine_relu_backward(dout, cache):
    return affine_backward(relu_backward(dout, cache[1]), cache[0])


def affine_batchnorm_relu_forward(x, w, b, gamma, beta, bn_param):
    hidden, first = affine_forward(x, w, b)
    normal, second = batchnorm_forward(hidden, gamma, beta, bn_param)
    out, third = relu_forward(normal)
    return out, [first, second, third]


def affine_batchnorm_relu_backward(dout, cache):
    dnormal = relu_backward(dout, cache[2])
    dhidden, dgamma, dbeta = batchnorm_backward(dnormal, cache[1])
    dx, dw, db = affine_backward(dhidden, cache[0])
    return dx, dw, db, dgamma, dbeta


def autoencoder_loss(W, x):
    loss = 0.0
    dW = np.zeros_like(W)
    for row in x if x.ndim == 2 else [x]:
        hidden = W @ row
        residual = W.T @ hidden - row
        loss += 0.5 * residual @ residual
        dW += np.outer(hidden, residual) + np.outer(W @ residual, row)
    return loss, dW


def _factor(X, alpha, beta):
    return np.linalg.cholesky(alpha * X @ X.T + np.eye(len(X)) / beta)


def _solve(factor, right):
    return np.linalg.solve(factor.T, np.linalg.solve(factor, right))


def log_determinant_term(X, D, alpha, beta):
    factor = _factor(X, alpha, beta)
    return -D * np.sum(np.log(np.diag(factor))), -alpha * D * _solve(factor, X)


def trace_term(X, Y, alpha, beta):
    factor = _factor(X, alpha, beta)
    half = np.linalg.solve(factor, Y)
    solved = _solve(factor, Y)
    return -0.5 * np.sum(half * half), alpha * solved @ (solved.T @ X)


def gplvm_log_likelihood(X, Y, alpha, beta):
    first, dfirst = log_determinant_term(X, Y.shape[1], alpha, beta)
    second, dsecond = trace_term(X, Y, alpha, beta)
    return first + second, dfirst + dsecond
