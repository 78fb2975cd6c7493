"""Every forward hands back its backward as a closure; the *_backward functions just call it."""
import numpy as np


def call(dout, cache):
    return cache(dout)


affine_backward = relu_backward = batchnorm_backward = call


def affine_forward(x, w, b):
    rows = x.reshape(x.shape[0], -1)

    def back(dout):
        return (dout @ w.T).reshape(x.shape), rows.T @ dout, dout.sum(axis=0)

    return rows @ w + b, back


def relu_forward(x):
    on = x > 0
    return np.where(on, x, x.dtype.type(0)), lambda dout: np.where(on, dout, dout.dtype.type(0))


def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param['mode'], bn_param.get('eps', 1e-5), bn_param.get('momentum', 0.9)
    blank = lambda: np.zeros(x.shape[1], dtype=x.dtype)
    if mode == 'test':
        mean, var = bn_param.get('running_mean', blank()), bn_param.get('running_var', blank())
        return gamma * ((x - mean) / np.sqrt(var + eps)) + beta, None
    if mode != 'train':
        raise ValueError('Invalid forward batchnorm mode "%s"' % mode)

    center = lambda a: a - a.mean(axis=0)
    c = center(x)
    var = (c * c).mean(axis=0)
    s = np.sqrt(var + eps)
    h = c / s
    for key, new in ('running_mean', x.mean(axis=0)), ('running_var', var):
        bn_param[key] = momentum * bn_param.get(key, blank()) + (1 - momentum) * new

    def back(dout):
        d = dout * gamma
        # project: remove the mean and the part along h
        dx = center(d) / s - h * (d * h).mean(axis=0) / s
        return dx, (dout * h).sum(axis=0), dout.sum(axis=0)

    return gamma * h + beta, back


def dropout_forward(x, dropout_param):
    p, mode = dropout_param['p'], dropout_param['mode']
    if mode == 'test':
        return x, (dropout_param, None)
    draws = np.random.Generator(np.random.PCG64(dropout_param.get('seed'))).random(x.shape)
    mask = (draws >= p).astype(x.dtype) / x.dtype.type(1 - p)
    return x * mask, (dropout_param, mask)


def dropout_backward(dout, cache):
    return dout if cache[1] is None else dout * cache[1]
