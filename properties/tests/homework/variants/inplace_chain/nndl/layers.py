import numpy as np


def affine_forward(x, w, b):
    X = x.reshape((x.shape[0], np.prod(x.shape[1:], dtype=int)))
    return X.dot(w) + b, (X, x.shape, w)


def affine_backward(dout, cache):
    X, shape, w = cache
    return dout.dot(w.T).reshape(shape), X.T.dot(dout), dout.sum(axis=0)


def relu_forward(x):
    mask = (x > 0).astype(x.dtype)
    return x * mask, mask


def relu_backward(dout, cache):
    dout *= cache
    return dout


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param['mode']
    eps = bn_param.get('eps', 1e-5)
    momentum = bn_param.get('momentum', 0.9)
    running_mean = bn_param.get('running_mean', np.zeros(x.shape[1], dtype=x.dtype))
    running_var = bn_param.get('running_var', np.zeros(x.shape[1], dtype=x.dtype))
    if mode == 'train':
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean *= momentum
        running_mean += (1 - momentum) * mean
        running_var *= momentum
        running_var += (1 - momentum) * var
        std = np.sqrt(var + eps)
        xn = (x - mean) / std
        cache = (xn, std, gamma)
    elif mode == 'test':
        xn = (x - running_mean) / np.sqrt(running_var + eps)
        cache = None
    else:
        raise ValueError(mode)
    bn_param['running_mean'] = running_mean
    bn_param['running_var'] = running_var
    return xn * gamma + beta, cache


def batchnorm_backward(dout, cache):
    xn, std, gamma = cache
    dbeta = dout.sum(axis=0)
    dxn = dout
    dxn *= gamma
    dgamma = (dout * xn).sum(axis=0)
    dx = (dxn - dxn.mean(axis=0) - xn * (dxn * xn).mean(axis=0)) / std
    return dx, dgamma, dbeta
