import numpy as np


def autoencoder_loss(W, x):
    X = x.reshape(-1, W.shape[1]).T
    R = W.T @ W @ X - X
    loss = 0.5 * np.linalg.norm(R) ** 2
    # d||r||^2 = 2 r
    dW = 2 * (W @ R @ X.T + W @ X @ R.T)
    return loss, dW
