import numpy as np


def autoencoder_loss(W, x):
    x = np.atleast_2d(x)
    N = x.shape[0]
    z = x @ W.T
    r = z @ W - x
    loss = 0.5 * np.sum(r * r) / N
    dW = (z.T @ r + W @ r.T @ x) / N
    return loss, dW
