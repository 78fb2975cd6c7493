from __future__ import division
import numpy as np

# HW3 / HW4 -- layers


def affine_forward(x, w, b):
    n = len(x)
    flat = np.reshape(x, (n, int(np.prod(x.shape[1:]))))
    out = np.matmul(flat, w) + np.tile(b, (n, 1))
    cache = {'flat': flat, 'w': w, 'shape': x.shape}
    return out, cache


def affine_backward(dout, cache):
    flat, w = cache['flat'], cache['w']
    grads = {}
    grads['x'] = np.matmul(dout, np.transpose(w))
    grads['x'] = np.reshape(grads['x'], cache['shape'])
    grads['w'] = np.matmul(np.transpose(flat), dout)
    grads['b'] = np.matmul(np.ones(dout.shape[0]), dout)
    return grads['x'], grads['w'], grads['b']


def relu_forward(x):
    out = np.where(x > 0, x, 0)
    return out, {'x': x}


def relu_backward(dout, cache):
    return np.where(cache['x'] > 0, dout, 0)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param['mode']
    eps = bn_param.setdefault('eps', 1e-5)
    momentum = bn_param.setdefault('momentum', 0.9)
    N, D = x.shape
    bn_param.setdefault('running_mean', np.zeros(D, dtype=x.dtype))
    bn_param.setdefault('running_var', np.zeros(D, dtype=x.dtype))

    cache = {}
    if mode == 'train':
        # step 1: mean
        mu = 1. / N * np.sum(x, axis=0)
        # step 2: center
        xmu = x - mu
        # step 3: square
        sq = xmu ** 2
        # step 4: variance
        var = 1. / N * np.sum(sq, axis=0)
        # step 5: std
        sqrtvar = np.sqrt(var + eps)
        # step 6: invert
        ivar = 1. / sqrtvar
        # step 7
        xhat = xmu * ivar
        # step 8, 9
        gammax = gamma * xhat
        out = gammax + beta

        cache['xhat'] = xhat
        cache['gamma'] = gamma
        cache['xmu'] = xmu
        cache['ivar'] = ivar
        cache['sqrtvar'] = sqrtvar
        cache['var'] = var
        cache['eps'] = eps

        bn_param['running_mean'] = momentum * bn_param['running_mean'] + (1 - momentum) * mu
        bn_param['running_var'] = momentum * bn_param['running_var'] + (1 - momentum) * var
    elif mode == 'test':
        scale = gamma / np.sqrt(bn_param['running_var'] + eps)
        out = x * scale + (beta - bn_param['running_mean'] * scale)
    else:
        raise ValueError('Invalid forward batchnorm mode "%s"' % mode)
    return out, cache


def batchnorm_backward(dout, cache):
    xhat = cache['xhat']
    gamma = cache['gamma']
    xmu = cache['xmu']
    ivar = cache['ivar']
    sqrtvar = cache['sqrtvar']
    var = cache['var']
    eps = cache['eps']
    N, D = dout.shape

    # step 9
    dbeta = np.sum(dout, axis=0)
    dgammax = dout
    # step 8
    dgamma = np.sum(dgammax * xhat, axis=0)
    dxhat = dgammax * gamma
    # step 7
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    # step 6
    dsqrtvar = -1. / (sqrtvar ** 2) * divar
    # step 5
    dvar = 0.5 * 1. / np.sqrt(var + eps) * dsqrtvar
    # step 4
    dsq = 1. / N * np.ones((N, D)) * dvar
    # step 3
    dxmu2 = 2 * xmu * dsq
    # step 2
    dx1 = dxmu1 + dxmu2
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    # step 1
    dx2 = 1. / N * np.ones((N, D)) * dmu
    # step 0
    dx = dx1 + dx2
    return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
    # p is the probability of KEEPING a neuron
    p, mode = dropout_param['p'], dropout_param['mode']
    if 'seed' in dropout_param:
        np.random.seed(dropout_param['seed'])
    mask = None
    if mode == 'train':
        mask = np.random.rand(*x.shape) < p
        out = x * mask / p
    else:
        out = x
    return out, (dropout_param, mask)


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    if dropout_param['mode'] == 'train':
        return dout * mask / dropout_param['p']
    return dout


def svm_loss(x, y):
    num_train, num_classes = x.shape
    loss = 0.0
    dx = np.zeros(x.shape)
    for i in range(num_train):
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = x[i, j] - x[i, y[i]] + 1
            if margin > 0:
                loss += margin
                dx[i, j] += 1
                dx[i, y[i]] -= 1
    loss /= num_train
    dx /= num_train
    return loss, dx


def softmax_loss(x, y):
    num_train = x.shape[0]
    num_classes = x.shape[1]
    loss = 0.0
    dx = np.zeros_like(x)
    for i in range(num_train):
        scores = x[i] - max(x[i])
        p = np.exp(scores) / np.sum(np.exp(scores))
        loss += -np.log(p[y[i]])
        for j in range(num_classes):
            if j == y[i]:
                dx[i, j] = p[j] - 1
            else:
                dx[i, j] = p[j]
    return loss / num_train, dx / num_train
