# -*- coding: utf-8 -*-
import numpy as np


def affine_forward(x, w, b):
    # розгортаємо кожен приклад у рядок
    n = x.shape[0]
    out = np.empty((n, w.shape[1]), dtype=x.dtype)
    np.dot(x.reshape(n, -1), w, out=out)
    np.add(out, b, out=out)
    return out, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    dw = np.empty_like(w)
    np.dot(x.reshape(x.shape[0], -1).T, dout, out=dw)
    dx = np.dot(dout, w.T)
    dx.shape = x.shape
    return dx, dw, np.add.reduce(dout, axis=0)


def relu_forward(x):
    out = np.empty_like(x)
    np.maximum(x, 0, out=out)
    return out, np.greater(x, 0)


def relu_backward(dout, cache):
    dx = np.zeros_like(dout)
    np.copyto(dx, dout, where=cache)
    return dx


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param['mode']
    eps = bn_param.get('eps', 1e-5)
    momentum = bn_param.get('momentum', 0.9)
    mean = bn_param.get('running_mean')
    var = bn_param.get('running_var')
    mean = np.zeros(x.shape[1], x.dtype) if mean is None else mean.copy()
    var = np.zeros(x.shape[1], x.dtype) if var is None else var.copy()
    if mode == 'train':
        # середнє та дисперсія пакета
        m, v = np.mean(x, axis=0), np.var(x, axis=0)
        mean *= momentum
        mean += (1 - momentum) * m
        var *= momentum
        var += (1 - momentum) * v
    elif mode == 'test':
        m, v = mean, var
    else:
        raise ValueError('mode')
    bn_param['running_mean'], bn_param['running_var'] = mean, var
    r = 1 / np.sqrt(v + eps)
    h = np.subtract(x, m)
    h *= r
    out = np.multiply(h, gamma)
    out += beta
    return out, {'h': h, 'r': r, 'gamma': gamma}


def batchnorm_backward(dout, cache):
    h, r, gamma = cache['h'], cache['r'], cache['gamma']
    dgamma, dbeta = np.einsum('nd,nd->d', dout, h), dout.sum(axis=0)
    dx = dout - dbeta / len(dout)
    dx -= h * (dgamma / len(dout))
    dx *= gamma * r
    return dx, dgamma, dbeta


def svm_loss(x, y):
    n = x.shape[0]
    i = np.arange(n)
    m = x - x[i, y][:, None]
    m += 1
    m[i, y] = -1                      # справжній клас не рахуємо
    hit = m > 0
    dx = hit.astype(x.dtype)
    np.subtract.at(dx, (i, y), hit.sum(axis=1).astype(x.dtype))
    dx /= n
    return m[hit].sum() / n, dx


def softmax_loss(x, y):
    n = x.shape[0]
    i = np.arange(n)
    z = np.subtract(x, np.amax(x, axis=1, keepdims=True))
    true = z[i, y].copy()
    np.exp(z, out=z)
    total = z.sum(axis=1)
    z /= total[:, None]
    np.add.at(z, (i, y), -1)
    z /= n
    return np.mean(np.log(total) - true), z
