import numpy as np


def autoencoder_loss(W, x):
    """Both paths, entry by entry."""
    batch = x if x.ndim == 2 else x.reshape(1, x.size)
    m, n = W.shape
    loss = 0.0
    grad = np.zeros((m, n))
    for v in batch:
        h = [sum(W[k, j] * v[j] for j in range(n)) for k in range(m)]
        e = [sum(W[k, j] * h[k] for k in range(m)) - v[j] for j in range(n)]
        loss += sum(t * t for t in e) / 2
        for k in range(m):
            back = sum(W[k, j] * e[j] for j in range(n))
            for j in range(n):
                grad[k, j] += back * v[j] + h[k] * e[j]
    return loss, grad
