from nndl.layers import *


def affine_relu_forward(x, w, b):
    h, c0 = affine_forward(x, w, b)
    out, c1 = relu_forward(h)
    return out, (c0, c1)


def affine_relu_backward(dout, cache):
    c0, c1 = cache
    return affine_backward(relu_backward(dout, c1), c0)


def affine_batchnorm_relu_forward(x, w, b, gamma, beta, bn_param):
    h, c0 = affine_forward(x, w, b)
    n, c1 = batchnorm_forward(h, gamma, beta, bn_param)
    out, c2 = relu_forward(n)
    return out, (c0, c1, c2)


def affine_batchnorm_relu_backward(dout, cache):
    c0, c1, c2 = cache
    d = relu_backward(dout, c2)
    d, dgamma, dbeta = batchnorm_backward(d, c1)
    dx, dw, db = affine_backward(d, c0)
    return dx, dw, db, dbeta, dgamma
