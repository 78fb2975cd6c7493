from builtins import range
import numpy as np


def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1) @ w + b.T
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    dx = np.tensordot(dout, w, axes=(1, 1)).reshape(x.shape)
    dw = np.tensordot(x.reshape(x.shape[0], -1), dout, axes=(0, 0))
    db = np.einsum('ij->j', dout)
    return dx, dw, db


def relu_forward(x):
    return np.where(x >= 0, x, 0.0), x


def relu_backward(dout, cache):
    return np.where(cache >= 0, dout, 0.0)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))
    if mode == "train":
        mu = x.mean(axis=0)
        var = x.var(axis=0)
        std = np.sqrt(var + eps)
        x_hat = (x - mu) / std
        out = gamma * x_hat + beta
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * var
        cache = x, mu, std, gamma, x_hat
    elif mode == "test":
        x_hat = (x - running_mean) / np.sqrt(running_var + eps)
        out = gamma * x_hat + beta
        cache = None
    else:
        raise ValueError('Invalid forward batchnorm mode "%s"' % mode)
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward_alt(dout, cache):
    x, mu, std, gamma, x_hat = cache
    N = dout.shape[0]
    dfdz = dout * gamma
    dfdz_sum = np.sum(dfdz, axis=0)
    dx = dfdz - dfdz_sum / N - np.sum(dfdz * x_hat, axis=0) * x_hat / N
    dx /= std
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


batchnorm_backward = batchnorm_backward_alt
