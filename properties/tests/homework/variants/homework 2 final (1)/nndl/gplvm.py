import numpy as np
from numpy.linalg import eigh


def spectrum(X, alpha, beta):
    """K = U diag(s) U^T; everything else follows."""
    s, U = eigh(X @ X.T)
    return alpha * np.maximum(s, 0) + 1.0 / beta, U


def log_determinant_term(X, D, alpha, beta):
    s, U = spectrum(X, alpha, beta)
    value = -0.5 * D * np.log(s).sum()
    grad = -D * alpha * (U / s) @ (U.T @ X)
    return value, grad


def trace_term(X, Y, alpha, beta):
    s, U = spectrum(X, alpha, beta)
    Z = U.T @ Y
    value = -0.5 * ((Z ** 2).sum(axis=1) / s).sum()
    A = U @ (Z / s[:, None])
    return value, alpha * A @ A.T @ X


def gplvm_log_likelihood(X, Y, alpha, beta):
    v1, g1 = log_determinant_term(X, Y.shape[1], alpha, beta)
    v2, g2 = trace_term(X, Y, alpha, beta)
    return v1 + v2, g1 + g2
