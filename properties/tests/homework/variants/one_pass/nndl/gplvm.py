import numpy as np
from numpy.linalg import inv, det


def log_determinant_term(X, D, alpha, beta):
    K = alpha * X.dot(X.T) + (1 / beta) * np.eye(X.shape[0])
    L1 = -D / 2 * np.log(det(K))
    dLdK = -D / 2 * inv(K).T
    dX = 2 * alpha * dLdK.dot(X)
    return L1, dX


def trace_term(X, Y, alpha, beta):
    K = alpha * X.dot(X.T) + (1 / beta) * np.eye(X.shape[0])
    Kinv = inv(K)
    L2 = -0.5 * np.trace(Kinv.dot(Y).dot(Y.T))
    dLdK = 0.5 * Kinv.T.dot(Y).dot(Y.T).dot(Kinv.T)
    dX = 2 * alpha * dLdK.dot(X)
    return L2, dX


def gplvm_log_likelihood(X, Y, alpha, beta):
    L1, d1 = log_determinant_term(X, Y.shape[1], alpha, beta)
    L2, d2 = trace_term(X, Y, alpha, beta)
    return L1 + L2, d1 + d2
