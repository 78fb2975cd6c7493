import numpy as np
import pdb
from six.moves import xrange


def affine_forward(x, w, b):
    x_r = np.reshape(x, newshape=(x.shape[0], -1))
    out = np.matmul(x_r, w) + b
    return out, (x_r, w, b, x.shape)


def affine_backward(dout, cache):
    x_r, w, b, shp = cache
    dx = np.reshape(np.matmul(dout, w.T), newshape=shp)
    dw = np.matmul(x_r.T, dout)
    db = np.add.reduce(dout, 0)
    return dx, dw, db


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    dx = dout.copy()
    idx = np.where(cache <= 0)
    dx[idx] = 0
    return dx


def softmax_loss(x, y):
    num = x.shape[0]
    x = x - np.max(x, axis=1)[:, None]
    lse = np.log(np.sum(np.exp(x), axis=1))
    loss = 0.
    for i in xrange(num):
        loss += lse[i] - x[i, y[i]]
    loss /= num
    dx = np.exp(x - lse[:, None])
    dx[[range(num), y]] -= 1
    return loss, dx / num
