import numpy as np


def autoencoder_loss(W, x):
    """L = 1/2 ||W^T W x - x||^2"""
    if x.ndim == 2:
        total, dW = 0.0, np.zeros_like(W)
        for row in x:
            l, d = autoencoder_loss(W, row)
            total += l
            dW += d
        return total, dW
    b = W.dot(x)
    c = W.T.dot(b)
    a = c - x
    L = 0.5 * np.sum(a ** 2)
    # both paths
    dWT = np.outer(a, b)
    dW = np.outer(W.dot(a), x)
    return L, dW + dWT.T
