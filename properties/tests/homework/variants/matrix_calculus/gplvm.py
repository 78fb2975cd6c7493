import numpy as np

inv = np.linalg.inv


def log_determinant_term(X, D, alpha, beta):
    N = X.shape[0]
    K = alpha * X @ X.T + np.eye(N) / beta
    s, ld = np.linalg.slogdet(K)
    # dL1/dK = -D/2 K^-T,   dK/dX = alpha X   (chain rule)
    return -D / 2 * ld, -D / 2 * alpha * inv(K).T @ X


def trace_term(X, Y, alpha, beta):
    N = X.shape[0]
    K = alpha * X @ X.T + np.eye(N) / beta
    Ki = inv(K)
    value = -0.5 * np.trace(Ki @ Y @ Y.T)
    return value, alpha * Ki @ Y @ Y.T @ Ki @ X


def gplvm_log_likelihood(X, Y, alpha, beta):
    a, da = log_determinant_term(X, Y.shape[1], alpha, beta)
    b, db = trace_term(X, Y, alpha, beta)
    return a + b, da + db
