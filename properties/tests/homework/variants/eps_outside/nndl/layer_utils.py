from .layers import *


def affine_batchnorm_relu_forward(x, w, b, gamma, beta, bn_param):
    X = x.reshape(x.shape[0], -1)
    a = X.dot(w) + b
    n, bn_cache = batchnorm_forward(a, gamma, beta, bn_param)
    return np.maximum(n, 0), (x, w, n, bn_cache)


def affine_batchnorm_relu_backward(dout, cache):
    x, w, n, bn_cache = cache
    dn = dout * (n > 0)
    da, dgamma, dbeta = batchnorm_backward(dn, bn_cache)
    dx = da.dot(w.T).reshape(x.shape)
    return dx, x.reshape(x.shape[0], -1).T.dot(da), da.sum(0), dgamma, dbeta
