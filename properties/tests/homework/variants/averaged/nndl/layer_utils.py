from .layers import *


def affine_relu_forward(x, w, b):
    Z, linear_cache = affine_forward(x, w, b)
    A, activation_cache = relu_forward(Z)
    return A, (linear_cache, activation_cache)


def affine_relu_backward(dA, cache):
    linear_cache, activation_cache = cache
    dZ = relu_backward(dA, activation_cache)
    return affine_backward(dZ, linear_cache)
