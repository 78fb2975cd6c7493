"""The quantities that the formulas of the catalogue are written in, computed the right way.

Needs numpy alone: the same text is put into the planted modules of the proof of power.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Quantities = dict[str, Any]


def affine(x: Any, w: Any, b: Any, dout: Any = None) -> Quantities:
    """X is x flattened to (N, D)."""
    n, (d, m) = x.shape[0], w.shape
    return {"N": n, "D": d, "M": m, "x": x, "X": x.reshape(n, d), "w": w, "b": b, "dout": dout}


def relu(x: Any, dout: Any = None) -> Quantities:
    """N is the length of the first axis."""
    return {"N": x.shape[0] if x.ndim else 1, "x": x, "dout": dout}


def batchnorm(x: Any, gamma: Any, beta: Any, bn_param: Any, dout: Any = None) -> Quantities:
    """running_* are those before the call, new_* those after it; var is the 1/N variance."""
    n, d = x.shape
    gamma, beta = np.reshape(gamma, -1), np.reshape(beta, -1)
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = np.reshape(bn_param.get("running_mean", np.zeros(d, x.dtype)), -1)
    running_var = np.reshape(bn_param.get("running_var", np.zeros(d, x.dtype)), -1)
    mu, var = x.mean(0), x.var(0)
    xmu, std = x - mu, np.sqrt(var + eps)
    xhat = xmu / std
    found = {
        "N": n,
        "D": d,
        "x": x,
        "gamma": gamma,
        "beta": beta,
        "eps": eps,
        "momentum": momentum,
        "mu": mu,
        "var": var,
        "xmu": xmu,
        "std": std,
        "xhat": xhat,
        "out": gamma * xhat + beta,
        "running_mean": running_mean,
        "running_var": running_var,
        "new_mean": momentum * running_mean + (1 - momentum) * mu,
        "new_var": momentum * running_var + (1 - momentum) * var,
    }
    if dout is None:
        return found
    dxhat = dout * gamma
    return found | {
        "dout": dout,
        "dxhat": dxhat,
        "dvar": -0.5 * (dxhat * xmu).sum(0) * std**-3,
        "dvar_nopow": -0.5 * (dxhat * xmu).sum(0) / std,
    }


def dropout(x: Any, p: float, kept: Any, dout: Any = None) -> Quantities:
    """p drops; a unit is kept where uniform > p; other_kept is another draw."""
    rng = np.random.default_rng()
    u = rng.random(x.shape)
    return {
        "x": x,
        "p": p,
        "kept": kept,
        "uniform": np.where(kept, p + (1 - p) * u, p * u),
        "other_kept": rng.random(x.shape) >= p,
        "out": x * kept / (1 - p),
        "dout": dout,
    }


def svm(x: Any, y: Any) -> Quantities:
    """m0 = x - correct + 1; hinge and active leave the true class out; g is the gradient."""
    n, c = x.shape
    rows = np.arange(n)
    onehot = np.eye(c)[y]
    wrong = onehot == 0
    correct = x[rows, y][:, None]
    m0 = x - correct + 1
    active = (m0 > 0) * 1.0
    count = (active * wrong).sum(1, keepdims=True)
    return {
        "N": n,
        "C": c,
        "x": x,
        "y": y,
        "rows": rows,
        "onehot": onehot,
        "wrong": wrong,
        "correct": correct,
        "m0": m0,
        "hinge": np.where(wrong, np.maximum(m0, 0), 0),
        "active": active,
        "count": count,
        "g": (active * wrong - onehot * count) / n,
    }


def softmax(x: Any, y: Any) -> Quantities:
    """x0 = x - rowmax; nll = -logp of the true class; probs0 is normalised over axis 0."""
    n, c = x.shape
    rows = np.arange(n)
    onehot = np.eye(c)[y]
    x0 = x - x.max(1, keepdims=True)
    logp = x0 - np.log(np.exp(x0).sum(1, keepdims=True))
    return {
        "N": n,
        "C": c,
        "x": x,
        "y": y,
        "rows": rows,
        "onehot": onehot,
        "wrong": onehot == 0,
        "x0": x0,
        "probs": np.exp(logp),
        "probs0": np.exp(x0) / np.exp(x0).sum(0),
        "logp": logp,
        "nll": -logp[rows, y],
    }


def autoencoder(W: Any, x: Any) -> Quantities:
    """h = W x, xh = Wᵀ h, a = xh - x; of a batch (N, n) XB, H, A."""
    m, n = W.shape
    h = x @ W.T
    xh = h @ W
    if x.ndim == 1:
        return {"m": m, "n": n, "W": W, "xv": x, "h": h, "xh": xh, "a": xh - x}
    return {"m": m, "n": n, "N": len(x), "W": W, "XB": x, "H": h, "A": xh - x}


def gplvm(X: Any, alpha: float, beta: float, Y: Any = None, D: int | None = None) -> Quantities:
    """K = α X Xᵀ + I/β; Nn examples, Q columns of X, Dd of Y."""
    n = len(X)
    K = alpha * X @ X.T + np.eye(n) / beta
    found = {
        "Nn": n,
        "Q": X.shape[1],
        "X": X,
        "alpha": alpha,
        "beta": beta,
        "K": K,
        "Kinv": np.linalg.inv(K),
        "logdetK": np.linalg.slogdet(K)[1],
    }
    if Y is None:
        return found | {"Dd": D}
    dd, yy = Y.shape[1], Y @ Y.T
    loglik = -dd / 2 * found["logdetK"] - 0.5 * np.trace(found["Kinv"] @ yy)
    return found | {"Dd": dd, "Y": Y, "YY": yy, "loglik": loglik}


def affine_relu(x: Any, w: Any, b: Any, dout: Any = None) -> Quantities:
    """pre = X w + b, gate = pre > 0."""
    found = affine(x, w, b, dout)
    pre = found["X"] @ w + b
    return found | {"pre": pre, "gate": pre > 0}


def affine_batchnorm_relu(
    x: Any, w: Any, b: Any, gamma: Any, beta: Any, bn_param: Any, dout: Any = None
) -> Quantities:
    """xh is the normalised pre, gate_bn ReLU's gate, bn(z) batchnorm of z by its statistics."""
    found = affine_relu(x, w, b, dout)
    eps = bn_param.get("eps", 1e-5)
    pre = found["pre"]

    def bn(z: Any) -> Any:
        return gamma * (z - z.mean(0)) / np.sqrt(z.var(0) + eps) + beta

    std = np.sqrt(pre.var(0) + eps)
    gate = bn(pre) > 0
    found |= {
        "gamma": gamma,
        "beta": beta,
        "eps": eps,
        "std": std,
        "xh": (pre - pre.mean(0)) / std,
        "bn": bn,
        "gate_bn": gate,
    }
    return found if dout is None else found | {"dbeta_right": (dout * gate).sum(0)}
