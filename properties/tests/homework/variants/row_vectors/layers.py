import numpy as np


def affine_forward(x, w, b):
    num_ex = x.shape[0]
    X = x.reshape((num_ex, -1))
    Z = np.dot(X, w) + b.reshape(1, -1)
    cache = (x, w, b)
    return Z, cache


def affine_backward(dZ, cache):
    x, w, b = cache
    X = x.reshape((x.shape[0], -1))
    dW = np.dot(X.T, dZ)
    dB = np.sum(dZ, axis=0, keepdims=True)
    dX = np.dot(dZ, w.T)
    dX = dX.reshape(*x.shape)
    return dX, dW, dB


def relu_forward(Z):
    A = np.maximum(Z, np.zeros(Z.shape))
    return A, A


def relu_backward(dA, cache):
    A = cache
    return np.multiply(dA, A > 0)


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param['mode']
    eps = bn_param.get('eps', 1e-5)
    momentum = bn_param.get('momentum', 0.9)
    N, D = x.shape
    running_mean = bn_param.get('running_mean', np.zeros((1, D), dtype=x.dtype))
    running_var = bn_param.get('running_var', np.zeros((1, D), dtype=x.dtype))
    cache = None
    if mode == 'train':
        mu = x.mean(axis=0, keepdims=True)
        v = np.mean((x - mu) ** 2, axis=0, keepdims=True)
        xn = (x - mu) / np.sqrt(v + eps)
        out = xn * gamma.reshape(1, -1) + beta.reshape(1, -1)
        running_mean = running_mean * momentum + mu * (1 - momentum)
        running_var = running_var * momentum + v * (1 - momentum)
        cache = (x, xn, mu, v, gamma, eps)
    elif mode == 'test':
        xn = (x - running_mean) / np.sqrt(running_var + eps)
        out = xn * gamma + beta
    else:
        raise ValueError('Invalid forward batchnorm mode "%s"' % mode)
    bn_param['running_mean'] = running_mean
    bn_param['running_var'] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    x, xn, mu, v, gamma, eps = cache
    N = dout.shape[0]
    s = np.sqrt(v + eps)
    dgamma = np.sum(dout * xn, axis=0, keepdims=True)
    dbeta = np.sum(dout, axis=0, keepdims=True)
    g = dout * gamma
    dx = (g - g.mean(axis=0) - xn * (g * xn).mean(axis=0)) / s
    return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
    p, mode = dropout_param['p'], dropout_param['mode']
    if 'seed' in dropout_param:
        np.random.seed(dropout_param['seed'])
    if mode == 'train':
        mask = (np.random.uniform(0, 1, x.shape) >= p).astype(float)
        out = x * mask / (1.0 - p)
    else:
        mask = None
        out = x.copy()
    return out, (dropout_param, mask)


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    if mask is None:
        return dout
    return dout * mask / (1.0 - dropout_param['p'])


def svm_loss(x, y):
    N = x.shape[0]
    rows = range(N)
    diff = x - x[rows, y].reshape(N, 1) + 1
    diff[rows, y] = 0
    diff = diff * (diff > 0)
    loss = diff.sum() / N
    binary = (diff > 0).astype(float)
    binary[rows, y] = -binary.sum(axis=1)
    return loss, binary / N


def softmax_loss(x, y):
    N = x.shape[0]
    e = np.exp(x - np.max(x, axis=1).reshape(-1, 1))
    p = e / e.sum(axis=1).reshape(-1, 1)
    # avoid log(0)
    loss = np.mean(-np.log(p[range(N), y] + 1e-8))
    p[range(N), y] -= 1
    return loss, p / N
