import numpy as np


def affine_forward(x, w, b):
    m = x.shape[0]
    A_prev = x.reshape(m, -1)
    Z = A_prev @ w + b
    return Z, {'A_prev': A_prev, 'w': w, 'x': x}


def affine_backward(dout, cache):
    A_prev = cache['A_prev']
    m = A_prev.shape[0]
    dW = 1 / m * A_prev.T @ dout
    db = 1 / m * np.sum(dout, axis=0)
    dA_prev = dout @ cache['w'].T
    return dA_prev.reshape(cache['x'].shape), dW, db


def relu_forward(x):
    return np.maximum(0, x), {'Z': x}


def relu_backward(dout, cache):
    Z = cache['Z']
    dZ = np.array(dout, copy=True)
    dZ[Z <= 0] = 0
    assert dZ.shape == Z.shape
    return dZ


def softmax_loss(x, y):
    m = x.shape[0]
    Y = np.zeros_like(x)
    Y[np.arange(m), y] = 1
    A = np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)
    cost = -1 / m * np.sum(Y * np.log(A + 1e-8))
    return cost, (A - Y) / m
