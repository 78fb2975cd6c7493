"""HW 4, problem 2."""
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param['mode']
    eps = bn_param.get('eps', 1e-5)
    rho = bn_param.get('momentum', .9)
    N = x.shape[0]
    zero = np.zeros_like(gamma)
    rm = bn_param.get('running_mean', zero)
    rv = bn_param.get('running_var', zero)
    if mode == 'train':
        Ex = np.sum(x, axis=0) / N
        Ex2 = np.sum(x * x, axis=0) / N
        var = np.maximum(Ex2 - Ex * Ex, 0)
        istd = 1 / np.sqrt(var + eps)
        y = gamma * istd * x + (beta - gamma * istd * Ex)
        bn_param['running_mean'] = rm + (1 - rho) * (Ex - rm)
        bn_param['running_var'] = rv + (1 - rho) * (var - rv)
        return y, [x, Ex, istd, gamma]
    elif mode == 'test':
        return gamma * (x - rm) / np.sqrt(rv + eps) + beta, []
    raise ValueError(mode)


def batchnorm_backward(dout, cache):
    x, Ex, istd, gamma = cache
    N, D = x.shape
    dx = np.empty_like(x)
    dgamma = np.empty_like(gamma)
    dbeta = np.empty_like(gamma)
    # one feature at a time, with the full Jacobian of the normalisation
    for d in range(D):
        h = (x[:, d] - Ex[d]) * istd[d]
        J = istd[d] * (np.eye(N) - 1.0 / N - np.outer(h, h) / N)
        dx[:, d] = J.dot(dout[:, d] * gamma[d])
        dgamma[d] = h.dot(dout[:, d])
        dbeta[d] = dout[:, d].sum()
    return dx, dgamma, dbeta


def softmax_loss(x, y):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    n = p.shape[0]
    q = np.clip(p, 1e-12, 1 - 1e-12)
    loss = -np.log(q[np.arange(n), y]).mean()
    p[np.arange(n), y] -= 1.0
    return loss, p / n


def svm_loss(x, y):
    n = x.shape[0]
    loss, dx = 0.0, []
    for row, label in zip(x, y):
        m = row - row[label] + 1
        m[label] = 0
        loss += m[m >= 0].sum()
        g = np.array(m >= 0, dtype=x.dtype)
        g[label] = 0
        g[label] = -g.sum()
        dx.append(g)
    return loss / n, np.array(dx) / n
