# -*- coding: utf-8 -*-
import numpy as np
from matplotlib import pyplot as plt


class Cache(object):
    """Remembers whatever is thrown at it."""

    def __init__(self, **kw):
        self.__dict__.update(kw)

    def __repr__(self):
        return 'Cache(%s)' % ', '.join(sorted(self.__dict__))


def flatten(x):
    return x.reshape(x.shape[0], -1)


def affine_forward(x, w, b):
    return flatten(x) @ w + b, Cache(x=x, w=w, b=b)


def affine_backward(dout, cache):
    dx = (dout @ cache.w.T).reshape(cache.x.shape)
    return dx, flatten(cache.x).T @ dout, dout.sum(0)


def relu_forward(x):
    out = np.copy(x)
    out[out < 0] = 0
    return out, Cache(positive=(x > 0))


def relu_backward(dout, cache):
    dx = np.zeros_like(dout)
    dx[cache.positive] = dout[cache.positive]
    return dx


def batchnorm_forward(x, gamma, beta, bn_param):
    if bn_param['mode'] not in ('train', 'test'):
        raise ValueError('unknown mode: ' + str(bn_param['mode']))
    training = bn_param['mode'] == 'train'
    eps = bn_param['eps'] if 'eps' in bn_param else 1e-5
    mom = bn_param['momentum'] if 'momentum' in bn_param else 0.9
    if 'running_mean' not in bn_param:
        bn_param['running_mean'] = np.zeros(x.shape[1], dtype=x.dtype)
    if 'running_var' not in bn_param:
        bn_param['running_var'] = np.zeros(x.shape[1], dtype=x.dtype)

    if training:
        mean = x.mean(axis=0)
        std = np.std(x, axis=0)
        rstd = 1 / np.sqrt(std * std + eps)
        normed = (x - mean) * rstd
        bn_param['running_var'] = bn_param['running_var'] * mom + (1 - mom) * std ** 2
        bn_param['running_mean'] = bn_param['running_mean'] * mom + (1 - mom) * mean
        return normed * gamma + beta, Cache(normed=normed, rstd=rstd, gamma=gamma)

    normed = (x - bn_param['running_mean']) / np.sqrt(bn_param['running_var'] + eps)
    return normed * gamma + beta, Cache()


def batchnorm_backward(dout, cache):
    d_beta = dout.sum(axis=0)
    d_gamma = (dout * cache.normed).sum(axis=0)
    d_normed = dout * cache.gamma
    d_x = cache.rstd * (d_normed - np.mean(d_normed, axis=0)
                        - cache.normed * np.mean(d_normed * cache.normed, axis=0))
    return d_x, d_gamma, d_beta


def dropout_forward(x, dropout_param):
    keep_prob = 1 - dropout_param['p']
    if dropout_param['mode'] == 'test':
        return x, (dropout_param, None)
    if dropout_param.get('seed') is not None:
        np.random.seed(dropout_param['seed'])
    mask = np.random.binomial(1, keep_prob, size=x.shape) / keep_prob
    return np.multiply(x, mask), (dropout_param, mask)


def dropout_backward(dout, cache):
    _, mask = cache
    return dout if mask is None else np.multiply(dout, mask)


def svm_loss(x, y):
    N, C = x.shape
    true_class = np.zeros((N, C), dtype=bool)
    true_class[np.arange(N), y] = True
    margin = np.where(true_class, 0, x - x[true_class].reshape(N, 1) + 1)
    loss = margin[margin > 0].sum() / N
    dx = np.where(margin > 0, 1.0, 0.0)
    dx = dx - true_class * dx.sum(axis=1).reshape(N, 1)
    return loss, dx / N


def softmax_loss(x, y):
    N = x.shape[0]
    shifted = x - x.max(axis=1)[:, np.newaxis]
    Z = np.sum(np.exp(shifted), axis=1, keepdims=True)
    log_probs = shifted - np.log(Z)
    probs = np.exp(log_probs)
    loss = -np.sum(log_probs[np.arange(N), y]) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx
