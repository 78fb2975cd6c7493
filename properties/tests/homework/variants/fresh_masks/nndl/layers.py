import numpy as np

rng = np.random.default_rng()


def dropout_forward(x, dropout_param):
    """
    p: probability of dropping
    """
    p, mode = dropout_param['p'], dropout_param['mode']
    mask = None
    out = x
    if mode == 'train':
        mask = rng.uniform(size=x.shape) >= p
        mask = mask.astype(x.dtype) / (1 - p)
        out = x * mask
    return out, (dropout_param, mask)


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    return dout * mask if dropout_param['mode'] == 'train' else dout


def affine_forward(x, w, b):
    out = np.add(np.dot(x.reshape(-1, w.shape[0]), w), b)
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T).reshape(x.shape)
    dw = sum(np.outer(xi, di) for xi, di in zip(x.reshape(-1, w.shape[0]), dout))
    db = sum(dout)
    return dx, dw, db


def svm_loss(x, y):
    N = x.shape[0]
    margins = np.maximum(0, x - x[np.arange(N), y][:, None] + 1)
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N
    dx = np.zeros_like(x)
    dx[margins > 0] = 1
    # the row of the true class collects every margin
    dx[np.arange(N), y] = -1
    return loss, dx / N
