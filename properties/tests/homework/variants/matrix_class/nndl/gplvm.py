import numpy as np


class GPLVM:
    def __init__(self, X, alpha, beta):
        self.X, self.alpha = np.matrix(X), alpha
        self.K = alpha * self.X * self.X.T + (1.0 / beta) * np.identity(len(X))

    def logdet(self, D):
        L = np.linalg.cholesky(self.K)
        value = -D * np.sum(np.log(np.diag(L)))
        return float(value), np.asarray(-self.alpha * D * self.K.I * self.X)

    def trace(self, Y):
        Y = np.matrix(Y)
        value = -0.5 * np.trace(self.K.I * Y * Y.T)
        return float(value), np.asarray(self.alpha * self.K.I * Y * Y.T * self.K.I * self.X)


def log_determinant_term(X, D, alpha, beta):
    return GPLVM(X, alpha, beta).logdet(D)


def trace_term(X, Y, alpha, beta):
    return GPLVM(X, alpha, beta).trace(Y)


def gplvm_log_likelihood(X, Y, alpha, beta):
    model = GPLVM(X, alpha, beta)
    parts = [model.logdet(Y.shape[1]), model.trace(Y)]
    return tuple(sum(p) for p in zip(*parts))
