"""The same quantities in 60 digits, on object arrays of mpmath numbers."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from .cases import Case

Exact = Any  # object array of mpmath numbers

mpmath.mp.dps = 60
_lift = np.vectorize(mpmath.mpf, otypes=[object])
_exp = np.vectorize(mpmath.exp, otypes=[object])
_root = np.vectorize(mpmath.sqrt, otypes=[object])


def lift(array: Any) -> Exact:
    """Take floats as exact numbers."""
    array = np.asarray(array, dtype=np.float64)
    return _lift(array) if array.size else array.astype(object)


def affine(c: Case) -> dict[str, Exact]:
    x, w, b = (lift(c[k]) for k in ("x", "w", "b"))
    flat = x.reshape(len(x), -1)
    out = {"out": flat @ w + b}
    if "dout" in c:
        out |= _affine_vjp(lift(c["dout"]), x, w)
    return out


def _affine_vjp(dout: Exact, x: Exact, w: Exact) -> dict[str, Exact]:
    flat = x.reshape(len(x), -1)
    return {"dx": (dout @ w.T).reshape(x.shape), "dw": flat.T @ dout, "db": dout.sum(axis=0)}


def batchnorm(c: Case, x: Exact | None = None, dout: Exact | None = None) -> dict[str, Exact]:
    x = lift(c["x"]) if x is None else x
    dout = lift(c["dout"]) if dout is None else dout
    gamma, beta, eps = lift(c["gamma"]), lift(c["beta"]), mpmath.mpf(c["eps"])
    n = len(x)
    mean = x.sum(axis=0) / n
    d = x - mean
    var = (d * d).sum(axis=0) / n
    s = 1 / _root(var + eps)
    xhat = d * s
    dgamma = (dout * xhat).sum(axis=0)
    dbeta = dout.sum(axis=0)
    m, rm, rv = mpmath.mpf(c["momentum"]), lift(c["running_mean"]), lift(c["running_var"])
    return {
        "mean": mean,
        "var": var,
        "out": gamma * xhat + beta,
        "test": gamma * (x - rm) / _root(rv + eps) + beta,
        "dx": gamma * s * (dout - dbeta / n - xhat * dgamma / n),
        "dgamma": dgamma,
        "dbeta": dbeta,
        "running_mean": m * rm + (1 - m) * mean,
        "running_var": m * rv + (1 - m) * var,
    }


def affine_relu(c: Case) -> dict[str, Exact]:
    z = affine({k: c[k] for k in "xwb"})["out"]
    gated = lift(c["dout"]) * (z > 0)
    return {"out": z * (z > 0)} | _affine_vjp(gated, lift(c["x"]), lift(c["w"]))


def affine_batchnorm_relu(c: Case) -> dict[str, Exact]:
    z = affine({k: c[k] for k in "xwb"})["out"]
    out = batchnorm(c, z)["out"]
    inner = batchnorm(c, z, lift(c["dout"]) * (out > 0))
    test = inner["test"]
    return {
        "out": out * (out > 0),
        "test": test * (test > 0),
        "dgamma": inner["dgamma"],
        "dbeta": inner["dbeta"],
        "running_mean": inner["running_mean"],
        "running_var": inner["running_var"],
    } | _affine_vjp(inner["dx"], lift(c["x"]), lift(c["w"]))


def softmax(c: Case) -> dict[str, Exact]:
    x, y, n = lift(c["x"]), c["y"], len(c["x"])
    weights = _exp(x)
    p = weights / weights.sum(axis=1, keepdims=True)
    loss = -sum(mpmath.log(p[i, y[i]]) for i in range(n)) / n
    p[np.arange(n), y] -= 1
    return {"loss": np.asarray(loss), "dx": p / n}


def svm(c: Case) -> dict[str, Exact]:
    x, y, n = lift(c["x"]), c["y"], len(c["x"])
    rows = np.arange(n)
    margins = x - x[rows, y][:, None] + 1
    margins[rows, y] = mpmath.mpf(0)
    dx = (margins > 0).astype(int).astype(object)
    dx[rows, y] = -dx.sum(axis=1)
    return {"loss": np.asarray((margins * (margins > 0)).sum() / n), "dx": dx / mpmath.mpf(n)}


def autoencoder(c: Case) -> dict[str, Exact]:
    W, x = lift(c["W"]), lift(np.atleast_2d(c["x"]))
    a = x @ W.T @ W - x
    return {"loss": np.asarray((a * a).sum() / 2), "dW": W @ a.T @ x + W @ x.T @ a}


def gplvm(c: Case) -> dict[str, Exact]:
    X, Y = lift(c["X"]), lift(c["Y"])
    alpha, beta = mpmath.mpf(c["alpha"]), mpmath.mpf(c["beta"])
    n, D = Y.shape
    K = alpha * X @ X.T + np.eye(n, dtype=int) / beta
    matrix = mpmath.matrix(K.tolist())
    inverse = np.array((matrix**-1).tolist(), dtype=object)
    first = -mpmath.log(mpmath.det(matrix)) * D / 2
    weighted = inverse @ Y
    second = -(Y * weighted).sum() / 2
    G = (weighted @ weighted.T - D * inverse) / 2
    return {
        "value": np.asarray(first + second),
        "first": np.asarray(first),
        "second": np.asarray(second),
        "dX": 2 * alpha * G @ X,
        "dX_first": -alpha * D * inverse @ X,
        "dX_second": alpha * weighted @ (weighted.T @ X),
        "dalpha": np.asarray((G * (X @ X.T)).sum()),
        "dbeta": np.asarray(-G.trace() / beta**2),
    }
