import numpy as np

from .tape import Var, gradients


def autoencoder_loss(W, x):
    w, data = Var(W), Var(np.atleast_2d(x))
    # W is one node with two uses: the tape adds up the paths
    rest = data @ w.T @ w - data
    loss = (rest * rest).total() * 0.5
    return float(loss.v), gradients(loss, 1.0, [w])[0]
