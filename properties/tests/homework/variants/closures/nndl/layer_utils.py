from functools import reduce

from nndl.layers import affine_forward, batchnorm_forward, relu_forward


def affine_relu_forward(x, w, b):
    a, back_affine = affine_forward(x, w, b)
    out, back_relu = relu_forward(a)
    return out, lambda dout: reduce(lambda d, f: f(d), (back_relu, back_affine), dout)


def affine_batchnorm_relu_forward(x, w, b, gamma, beta, bn_param):
    a, back_affine = affine_forward(x, w, b)
    n, back_norm = batchnorm_forward(a, gamma, beta, bn_param)
    out, back_relu = relu_forward(n)

    def back(dout):
        dn, dgamma, dbeta = back_norm(back_relu(dout))
        return back_affine(dn) + (dgamma, dbeta)

    return out, back


def affine_relu_backward(dout, cache):
    return cache(dout)


affine_batchnorm_relu_backward = affine_relu_backward
