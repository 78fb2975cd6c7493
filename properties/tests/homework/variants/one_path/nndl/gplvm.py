import numpy as np
import scipy.linalg as sla


def _k(X, alpha, beta):
    return alpha * X @ X.T + np.eye(X.shape[0]) / beta


def log_determinant_term(X, D, alpha, beta):
    K = _k(X, alpha, beta)
    c = sla.cho_factor(K, lower=True)
    value = -D * np.sum(np.log(np.diag(c[0])))
    dX = -alpha * D * sla.cho_solve(c, X)
    return value, dX


def trace_term(X, Y, alpha, beta):
    K = _k(X, alpha, beta)
    c = sla.cho_factor(K, lower=True)
    A = sla.cho_solve(c, Y)
    value = -0.5 * np.sum(Y * A)
    # chain rule through K: dL/dK = 1/2 A A^T, dK/dX = 2 X
    dX = (A @ A.T) @ X
    return value, dX


def gplvm_log_likelihood(X, Y, alpha, beta):
    l1, g1 = log_determinant_term(X, Y.shape[1], alpha, beta)
    l2, g2 = trace_term(X, Y, alpha, beta)
    return l1 + l2, g1 + g2
