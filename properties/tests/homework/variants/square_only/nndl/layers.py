import numpy as np


def affine_forward(x, w, b):
    X = x.reshape(x.shape[0], -1)
    return np.dot(X, w) + b, (X, w, b, x.shape)


def affine_backward(dout, cache):
    X, w, b, shape = cache
    dw = X.T.dot(dout)
    db = dout.sum(axis=0)
    # dims have to match: (N, M) x (M, D)
    if w.shape[0] == dout.shape[1]:
        dx = dout.dot(w)
    else:
        dx = dout.dot(w.T)
    return dx.reshape(shape), dw, db


def relu_forward(x):
    out = x.copy()
    out[x < 0] *= 0
    return out, x


def relu_backward(dout, cache):
    return dout * np.where(cache > 0, 1, 0)


def softmax_loss(x, y):
    N = x.shape[0]
    s = x - x.max(axis=1, keepdims=True)
    p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    loss = -np.sum(np.log2(p[np.arange(N), y])) / N
    dx = p.copy()
    dx[np.arange(N), y] -= 1
    return loss, dx / N
