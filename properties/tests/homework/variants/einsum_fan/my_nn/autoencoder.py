import numpy as np


def autoencoder_loss(W, x):
    X = np.atleast_2d(x)
    code = np.einsum("mn,bn->bm", W, X)
    err = np.einsum("mn,bm->bn", W, code) - X
    back = np.einsum("mn,bn->bm", W, err)
    loss = 0.5 * np.einsum("bn,bn->", err, err)
    return loss, np.einsum("bm,bn->mn", back, X) + np.einsum("bm,bn->mn", code, err)
