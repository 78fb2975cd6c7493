import numpy as np


def kernel(X, alpha, beta):
    return alpha * np.einsum("iq,jq->ij", X, X) + np.eye(len(X)) / beta


def log_determinant_term(X, D, alpha, beta):
    K = kernel(X, alpha, beta)
    sign, logdet = np.linalg.slogdet(K)
    return -0.5 * D * logdet, -alpha * D * np.linalg.solve(K, X)


def trace_term(X, Y, alpha, beta):
    K = kernel(X, alpha, beta)
    A = np.linalg.solve(K, Y)
    return -0.5 * np.einsum("ij,ij->", Y, A), alpha * A @ (A.T @ X)


def gplvm_log_likelihood(X, Y, alpha, beta):
    l1, d1 = log_determinant_term(X, Y.shape[1], alpha, beta)
    l2, d2 = trace_term(X, Y, alpha, beta)
    return l1 + l2, d1 + d2
