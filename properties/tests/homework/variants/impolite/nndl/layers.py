import numpy as np

np.random.seed(231)


def affine_forward(x, w, b):
    print('affine_forward:', x.shape, w.shape, b.shape)
    n = x.shape[0]
    out = x.reshape(n, -1).dot(w) + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    n = x.shape[0]
    return dout.dot(w.T).reshape(x.shape), x.reshape(n, -1).T.dot(dout), dout.sum(0)


def relu_forward(x):
    x[x < 0] = 0
    return x, x


def relu_backward(dout, cache):
    dout[cache <= 0] = 0
    return dout


def svm_loss(x, y):
    N = x.shape[0]
    x -= x[np.arange(N), y].reshape(-1, 1)
    x += 1
    x[np.arange(N), y] = 0
    loss = np.sum(x[x > 0]) / N
    dx = np.zeros(x.shape)
    dx[x > 0] = 1
    dx[np.arange(N), y] = -np.sum(x > 0, axis=1)
    return loss, dx / N


def softmax_loss(x, y):
    N = x.shape[0]
    e = np.exp(x)
    p = e / np.sum(e, axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N
    print('loss = %g' % loss)
    d = p.copy()
    d[np.arange(N), y] -= 1
    return loss, d / N
