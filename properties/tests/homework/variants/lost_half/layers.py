import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param['mode']
    eps = bn_param.get('eps', 1e-5)
    momentum = bn_param.get('momentum', 0.9)
    N, D = x.shape
    running_mean = bn_param.get('running_mean', np.zeros(D, dtype=x.dtype))
    running_var = bn_param.get('running_var', np.zeros(D, dtype=x.dtype))

    out, cache = None, None
    if mode == 'train':
        mu = np.sum(x, axis=0) / N
        a = x - mu
        b = a ** 2
        c = np.sum(b, axis=0) / N
        d = np.sqrt(c + eps)
        e = 1 / d
        f = a * e
        g = gamma * f
        out = g + beta
        cache = (a, b, c, d, e, f, gamma)
        running_mean = momentum * running_mean + (1 - momentum) * mu
        running_var = momentum * running_var + (1 - momentum) * c
    elif mode == 'test':
        out = (x - running_mean) / np.sqrt(running_var + eps) * gamma + beta
    else:
        raise ValueError('Invalid forward batchnorm mode "%s"' % mode)
    bn_param['running_mean'] = running_mean
    bn_param['running_var'] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    a, b, c, d, e, f, gamma = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dg = dout
    dgamma = np.sum(dg * f, axis=0)
    df = dg * gamma
    de = np.sum(df * a, axis=0)
    da = df * e
    dd = -de / d ** 2
    dc = dd / d
    db = dc * np.ones((N, D)) / N
    da = da + 2 * a * db
    dx = da - np.sum(da, axis=0) / N
    return dx, dgamma, dbeta
