# mypy: ignore-errors
"""A right implementation in closed forms: einsum, dicts for caches, short batchnorm formula."""

import numpy as np


def affine_forward(x, w, b):
    rows = np.reshape(x, (len(x), len(w)))
    return np.einsum("nd,dm->nm", rows, w) + b[None], {"rows": rows, "w": w, "shape": x.shape}


def affine_backward(dout, cache):
    return (
        np.einsum("nm,dm->nd", dout, cache["w"]).reshape(cache["shape"]),
        np.einsum("nd,nm->dm", cache["rows"], dout),
        np.einsum("nm->m", dout),
    )


def relu_forward(x):
    gate = (x > 0).astype(x.dtype)
    return x * gate, {"gate": gate}


def relu_backward(dout, cache):
    return dout * cache["gate"]


def batchnorm_forward(x, gamma, beta, bn_param):
    eps = bn_param.get("eps", 1e-5)
    zeros = np.zeros(x.shape[1], x.dtype)
    old = [bn_param.get(name, zeros) for name in ("running_mean", "running_var")]
    if bn_param["mode"] == "test":
        return gamma * (x - old[0]) * (old[1] + eps) ** -0.5 + beta, {}
    if bn_param["mode"] != "train":
        raise ValueError("mode must be train or test")
    new = x.mean(0), x.var(0)
    inverse = (new[1] + eps) ** -0.5
    xhat = (x - new[0]) * inverse
    share = bn_param.get("momentum", 0.9)
    for name, before, batch in zip(("running_mean", "running_var"), old, new, strict=True):
        bn_param[name] = share * before + (1 - share) * batch
    return gamma * xhat + beta, {"xhat": xhat, "scale": gamma * inverse}


def batchnorm_backward(dout, cache):
    xhat = cache["xhat"]
    dbeta = dout.sum(0)
    dgamma = np.einsum("nd,nd->d", dout, xhat)
    n = len(dout)
    return cache["scale"] * (dout - dbeta / n - xhat * (dgamma / n)), dgamma, dbeta


def dropout_forward(x, dropout_param):
    if dropout_param["mode"] == "test":
        return x + 0, (dropout_param, None)
    keep = 1 - dropout_param["p"]
    rng = np.random.RandomState(dropout_param.get("seed"))
    mask = rng.uniform(size=x.shape) < keep
    return np.where(mask, x / x.dtype.type(keep), x.dtype.type(0)), (dropout_param, mask)


def dropout_backward(dout, cache):
    param, mask = cache
    if mask is None:
        return dout + 0
    return np.where(mask, dout / dout.dtype.type(1 - param["p"]), dout.dtype.type(0))


def svm_loss(x, y):
    truth = np.eye(x.shape[1], dtype=bool)[y]
    margins = x - np.where(truth, x, 0).sum(1, keepdims=True) + 1
    active = ((margins > 0) & ~truth).astype(x.dtype)
    slope = active - truth * active.sum(1, keepdims=True)
    return np.einsum("nc,nc->", active, margins) / len(x), slope / len(x)


def softmax_loss(x, y):
    truth = np.eye(x.shape[1], dtype=x.dtype)[y]
    top = x.max(1, keepdims=True)
    logs = x - top - np.log(np.exp(x - top).sum(1, keepdims=True))
    return -np.einsum("nc,nc->", truth, logs) / len(x), (np.exp(logs) - truth) / len(x)


def affine_relu_forward(x, w, b):
    pre, cache = affine_forward(x, w, b)
    return np.maximum(pre, 0), {"affine": cache, "gate": pre > 0}


def affine_relu_backward(dout, cache):
    return affine_backward(dout * cache["gate"], cache["affine"])


def affine_batchnorm_relu_forward(x, w, b, gamma, beta, bn_param):
    pre, affine = affine_forward(x, w, b)
    out, normal = batchnorm_forward(pre, gamma, beta, bn_param)
    return np.maximum(out, 0), {"affine": affine, "normal": normal, "gate": out > 0}


def affine_batchnorm_relu_backward(dout, cache):
    dpre, dgamma, dbeta = batchnorm_backward(dout * cache["gate"], cache["normal"])
    return (*affine_backward(dpre, cache["affine"]), dgamma, dbeta)


def autoencoder_loss(W, x):
    batch = x.reshape(-1, x.shape[-1])
    hidden = np.einsum("mf,nf->nm", W, batch)
    rest = np.einsum("mf,nm->nf", W, hidden) - batch
    back = np.einsum("mf,nf->nm", W, rest)
    dW = np.einsum("nm,nf->mf", hidden, rest) + np.einsum("nm,nf->mf", back, batch)
    return 0.5 * np.einsum("nf,nf->", rest, rest), dW


def gplvm_log_likelihood(X, Y, alpha, beta):
    parts = log_determinant_term(X, Y.shape[1], alpha, beta), trace_term(X, Y, alpha, beta)
    return parts[0][0] + parts[1][0], parts[0][1] + parts[1][1]


def _kernel(X, alpha, beta):
    return alpha * np.einsum("nq,mq->nm", X, X) + np.identity(len(X)) / beta


def log_determinant_term(X, D, alpha, beta):
    kernel = _kernel(X, alpha, beta)
    return -D / 2 * np.linalg.slogdet(kernel)[1], -alpha * D * np.linalg.solve(kernel, X)


def trace_term(X, Y, alpha, beta):
    solved = np.linalg.solve(_kernel(X, alpha, beta), Y)
    gradient = alpha * np.einsum("nd,md,mq->nq", solved, solved, X)
    return -0.5 * np.einsum("nd,nd->", Y, solved), gradient
