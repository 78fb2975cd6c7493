import numpy as np

DTYPE = np.float32      # the images are float32 anyway


def affine_forward(x, w, b):
    return x.reshape(x.shape[0], -1) @ w + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    dx = np.zeros(x.shape)
    dx.reshape(x.shape[0], -1)[:] = dout @ w.T
    dw = np.zeros(w.shape)
    dw += x.reshape(x.shape[0], -1).T @ dout
    db = np.zeros(b.shape)
    db += dout.sum(axis=0)
    return dx, dw, db


def dropout_forward(x, dropout_param):
    p, mode = dropout_param['p'], dropout_param['mode']
    if 'seed' in dropout_param:
        np.random.seed(dropout_param['seed'])
    mask = None
    if mode == 'train':
        mask = (np.random.random_sample(x.shape) < p).astype(DTYPE)
        out = x * mask / p
    else:
        out = x
    return out.astype(x.dtype, copy=False), (dropout_param, mask)


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    if dropout_param['mode'] == 'train':
        return dout * mask / dropout_param['p']
    return dout


def softmax_loss(x, y):
    n, c = x.shape
    target = np.zeros((n, c), dtype=DTYPE)
    target[np.arange(n), y] = 1.0
    ex = np.exp(x - np.max(x, axis=1, keepdims=True))
    prob = ex / np.sum(ex, axis=1, keepdims=True)
    loss = -np.sum(np.log(prob) * target) / n
    return loss, (prob - target) / n


def svm_loss(x, y):
    n = x.shape[0]
    loss = 0.0
    dx = np.zeros(x.shape, dtype=DTYPE)
    for i, label in enumerate(y):
        margins = x[i] - x[i][label] + 1.0
        margins[label] = 0
        hit = margins > 0
        loss += np.sum(margins[hit])
        dx[i][hit] = 1
        dx[i][label] = -np.count_nonzero(hit)
    return loss / n, np.asarray(dx, dtype=x.dtype) / n
