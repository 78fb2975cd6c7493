import numpy as np


def autoencoder_loss(W, x):
    x = np.asarray(x)
    if x.ndim == 1:
        x = x[None, :]
    H = x @ W.T              # (N, m)
    R = H @ W - x            # (N, n)
    loss = 0.5 * (R ** 2).sum()
    # dL/dW^T = R^T H, so transpose it
    dW = (R.T @ H).T
    return loss, dW
