# mypy: ignore-errors
"""A right implementation as the course's notes write it: tuples for caches, one step a line."""

import numpy as np


def affine_forward(x, w, b):
    rows = x.reshape(x.shape[0], w.shape[0])
    return rows.dot(w) + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, _ = cache
    rows = x.reshape(x.shape[0], w.shape[0])
    dx = dout.dot(w.T).reshape(x.shape)
    dw = rows.T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    dx = np.array(dout, copy=True)
    dx[cache <= 0] = 0
    return dx


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    _, features = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(features, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(features, dtype=x.dtype))
    cache = None
    if mode == "train":
        mean = np.mean(x, axis=0)
        centred = x - mean
        var = np.mean(centred**2, axis=0)
        root = np.sqrt(var + eps)
        inverse = 1.0 / root
        xhat = centred * inverse
        out = gamma * xhat + beta
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
        cache = (xhat, gamma, centred, inverse, root)
    elif mode == "test":
        xhat = (x - running_mean) / np.sqrt(running_var + eps)
        out = gamma * xhat + beta
    else:
        raise ValueError(f"Invalid forward batchnorm mode {mode!r}")
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    xhat, gamma, centred, inverse, root = cache
    count = dout.shape[0]
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    dinverse = np.sum(dxhat * centred, axis=0)
    dcentred = dxhat * inverse
    droot = -dinverse / root**2
    dvar = 0.5 * droot / root
    dcentred = dcentred + 2.0 / count * centred * dvar
    dmean = -np.sum(dcentred, axis=0)
    dx = dcentred + dmean / count
    return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    rng = np.random.default_rng(dropout_param.get("seed"))
    mask = None
    if mode == "train":
        mask = (rng.random(x.shape) >= p) / (1 - p)
        out = x * mask
    else:
        out = x.copy()
    return out.astype(x.dtype, copy=False), (dropout_param, mask)


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    return dout * mask if dropout_param["mode"] == "train" else dout.copy()


def svm_loss(x, y):
    count = x.shape[0]
    correct = x[np.arange(count), y]
    margins = np.maximum(0, x - correct[:, np.newaxis] + 1.0)
    margins[np.arange(count), y] = 0
    loss = np.sum(margins) / count
    positive = np.sum(margins > 0, axis=1)
    dx = np.zeros_like(x)
    dx[margins > 0] = 1
    dx[np.arange(count), y] -= positive
    dx /= count
    return loss, dx


def softmax_loss(x, y):
    shifted = x - np.max(x, axis=1, keepdims=True)
    total = np.sum(np.exp(shifted), axis=1, keepdims=True)
    log_probs = shifted - np.log(total)
    count = x.shape[0]
    loss = -np.sum(log_probs[np.arange(count), y]) / count
    dx = np.exp(log_probs)
    dx[np.arange(count), y] -= 1
    dx /= count
    return loss, dx


def affine_relu_forward(x, w, b):
    hidden, affine_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(hidden)
    return out, (affine_cache, relu_cache)


def affine_relu_backward(dout, cache):
    affine_cache, relu_cache = cache
    return affine_backward(relu_backward(dout, relu_cache), affine_cache)


def affine_batchnorm_relu_forward(x, w, b, gamma, beta, bn_param):
    hidden, affine_cache = affine_forward(x, w, b)
    normal, normal_cache = batchnorm_forward(hidden, gamma, beta, bn_param)
    out, relu_cache = relu_forward(normal)
    return out, (affine_cache, normal_cache, relu_cache)


def affine_batchnorm_relu_backward(dout, cache):
    affine_cache, normal_cache, relu_cache = cache
    dnormal = relu_backward(dout, relu_cache)
    dhidden, dgamma, dbeta = batchnorm_backward(dnormal, normal_cache)
    dx, dw, db = affine_backward(dhidden, affine_cache)
    return dx, dw, db, dgamma, dbeta


def autoencoder_loss(W, x):
    rows = np.atleast_2d(x)
    hidden = rows.dot(W.T)
    residual = hidden.dot(W) - rows
    loss = 0.5 * np.sum(residual**2)
    dW = W.dot(residual.T).dot(rows) + hidden.T.dot(residual)
    return loss, dW


def _inverse(X, alpha, beta):
    kernel = alpha * X.dot(X.T) + np.eye(X.shape[0]) / beta
    return kernel, np.linalg.inv(kernel)


def log_determinant_term(X, D, alpha, beta):
    kernel, inverse = _inverse(X, alpha, beta)
    return -0.5 * D * np.linalg.slogdet(kernel)[1], -alpha * D * inverse.dot(X)


def trace_term(X, Y, alpha, beta):
    _, inverse = _inverse(X, alpha, beta)
    outer = Y.dot(Y.T)
    value = -0.5 * np.trace(inverse.dot(outer))
    return value, alpha * inverse.dot(outer).dot(inverse).dot(X)


def gplvm_log_likelihood(X, Y, alpha, beta):
    first, dfirst = log_determinant_term(X, Y.shape[1], alpha, beta)
    second, dsecond = trace_term(X, Y, alpha, beta)
    return first + second, dfirst + dsecond
