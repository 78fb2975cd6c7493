import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param['mode']
    eps = bn_param.get('eps', 1e-5)
    momentum = bn_param.get('momentum', 0.9)
    n = x.shape[0]
    running_mean = bn_param.get('running_mean')
    running_var = bn_param.get('running_var')
    if running_mean is None:
        running_mean = np.zeros(x.shape[1], dtype=x.dtype)
    if running_var is None:
        running_var = np.zeros(x.shape[1], dtype=x.dtype)
    if mode == 'train':
        mean = x.mean(axis=0)
        var = x.var(axis=0)
        x_norm = (x - mean) / np.sqrt(var + eps)
        cache = dict(x_norm=x_norm, std=np.sqrt(var + eps), gamma=gamma)
        bn_param['running_mean'] = momentum * running_mean + (1 - momentum) * mean
        bn_param['running_var'] = momentum * running_var + (1 - momentum) * var * n / max(n - 1, 1)
    elif mode == 'test':
        x_norm = (x - running_mean) / np.sqrt(running_var + eps)
        cache = None
    else:
        raise ValueError('mode: %r' % (mode,))
    return gamma * x_norm + beta, cache


def batchnorm_backward(dout, cache):
    x_norm, std, gamma = cache['x_norm'], cache['std'], cache['gamma']
    d = dout * gamma
    dx = d - d.mean(0) - x_norm * np.mean(d * x_norm, 0)
    return dx / std, np.sum(dout * x_norm, 0), np.sum(dout, 0)


def svm_loss(x, y):
    N, C = x.shape
    m = x - np.take_along_axis(x, y[:, None], axis=1) + 1
    np.put_along_axis(m, y[:, None], 0, axis=1)
    np.maximum(m, 0, out=m)
    g = np.sign(m)
    np.put_along_axis(g, y[:, None], -g.sum(axis=1, keepdims=True), axis=1)
    return m.mean(), g / N


def softmax_loss(x, y):
    N, C = x.shape
    z = x - np.amax(x, axis=1, keepdims=True)
    lse = np.log(np.exp(z).sum(axis=1, keepdims=True))
    logp = z - lse
    nll = -np.take_along_axis(logp, y[:, None], axis=1)
    g = np.exp(logp)
    g[np.arange(N), y] -= 1
    return nll.mean(), g / N
