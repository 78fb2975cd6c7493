import numpy as np


def autoencoder_loss(W, x):
    W_ = np.matrix(W)
    X = np.matrix(x) if np.ndim(x) == 2 else np.matrix(x).reshape(1, -1)
    X = X.T                                   # columns are examples
    E = W_.T * W_ * X - X
    loss = 0.5 * float(np.sum(np.multiply(E, E)))
    dW = W_ * E * X.T + W_ * X * E.T
    return loss, np.asarray(dW)
