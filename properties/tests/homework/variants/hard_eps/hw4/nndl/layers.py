import numpy as np

EPS = 1e-5


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param['mode']
    eps = bn_param.get('eps', EPS)
    momentum = bn_param.get('momentum', 0.9)
    D = x.shape[1]
    running_mean = bn_param.get('running_mean', np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get('running_var', np.zeros(D, dtype=x.dtype))
    if mode == 'train':
        mean = np.mean(x, axis=0)
        var = np.var(x, axis=0)
        x_hat = (x - mean) / np.sqrt(var + eps)
        out = gamma * x_hat + beta
        cache = (x, mean, var, x_hat, gamma)
        bn_param['running_mean'] = momentum * running_mean + (1 - momentum) * mean
        bn_param['running_var'] = momentum * running_var + (1 - momentum) * var
    elif mode == 'test':
        x_hat = (x - running_mean) / np.sqrt(running_var + eps)
        out = gamma * x_hat + beta
        cache = None
    else:
        raise ValueError('bad mode')
    return out, cache


def batchnorm_backward(dout, cache):
    x, mean, var, x_hat, gamma = cache
    N = x.shape[0]
    ivar = 1.0 / np.sqrt(var + EPS)
    dbeta = dout.sum(axis=0)
    dgamma = (x_hat * dout).sum(axis=0)
    dx = (1. / N) * gamma * ivar * (N * dout - dbeta - x_hat * dgamma)
    return dx, dgamma, dbeta


def affine_forward(x, w, b):
    # flatten, column major as in the MATLAB course
    flat = x.reshape(x.shape[0], -1, order='F')
    return flat.dot(w) + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    flat = x.reshape(x.shape[0], -1, order='F')
    dx = dout.dot(w.T).reshape(x.shape, order='F')
    return dx, flat.T.dot(dout), dout.sum(axis=0)
