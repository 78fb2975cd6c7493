"""Right implementations as people write them, in numpy alone. The bounds must cover all of them.

Each function takes a case whose arrays have the judged dtype and returns some of the layer's
results; the reference never sees this code.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .cases import Case

Results = dict[str, Any]


def affine_plain(c: Case) -> Results:
    x = c["x"].reshape(len(c["x"]), -1)
    return {
        "out": x @ c["w"] + c["b"],
        "dx": (c["dout"] @ c["w"].T).reshape(c["x"].shape),
        "dw": x.T @ c["dout"],
        "db": c["dout"].sum(axis=0),
    }


def affine_loops(c: Case) -> Results:
    x = c["x"].reshape(len(c["x"]), -1)
    out = np.zeros((len(x), c["w"].shape[1]), x.dtype) + c["b"]
    dw = np.zeros_like(c["w"])
    for d in reversed(range(x.shape[1])):
        out += np.outer(x[:, d], c["w"][d])
    for n in range(len(x)):
        dw += np.outer(x[n], c["dout"][n])
    return {"out": out, "dw": dw, "db": np.ones(len(x), x.dtype) @ c["dout"]}


def _chain(c: Case, x: Any, mean: Any, var: Any, dout: Any) -> Results:
    """The long chain of the batchnorm paper through dvar and dmu."""
    n = len(x)
    dxhat = dout * c["gamma"]
    dvar = (dxhat * (x - mean) * -0.5 * (var + c["eps"]) ** -1.5).sum(axis=0)
    dmean = (-dxhat / np.sqrt(var + c["eps"])).sum(axis=0)
    dmean = dmean + dvar * (-2.0 * (x - mean)).sum(axis=0) / n
    dx = dxhat / np.sqrt(var + c["eps"]) + dvar * 2.0 * (x - mean) / n + dmean / n
    return {"dx": dx}


def batchnorm_paper(c: Case, x: Any = None, dout: Any = None) -> Results:
    x = c["x"] if x is None else x
    dout = c["dout"] if dout is None else dout
    mean, var = x.mean(axis=0), x.var(axis=0)
    xhat = (x - mean) / np.sqrt(var + c["eps"])
    m = c["momentum"]
    return {
        "mean": mean,
        "var": var,
        "out": c["gamma"] * xhat + c["beta"],
        "test": c["gamma"] * (x - c["running_mean"]) / np.sqrt(c["running_var"] + c["eps"])
        + c["beta"],
        "dgamma": (dout * xhat).sum(axis=0),
        "dbeta": dout.sum(axis=0),
        "running_mean": m * c["running_mean"] + (1 - m) * mean,
        "running_var": m * c["running_var"] + (1 - m) * var,
    } | _chain(c, x, mean, var, dout)


def batchnorm_one_pass(c: Case) -> Results:
    """E[x^2] - E[x]^2, folded scale and shift, projection."""
    x, dout, n = c["x"], c["dout"], len(c["x"])
    mean = x.sum(axis=0) / n
    var = (x * x).sum(axis=0) / n - mean * mean
    s = (var + c["eps"]) ** -0.5
    scale = c["gamma"] * s
    test = c["gamma"] * (c["running_var"] + c["eps"]) ** -0.5
    xhat = (x - mean) * s
    dgamma = np.einsum("nd,nd->d", dout, xhat)
    return {
        "var": var,
        "out": x * scale + (c["beta"] - mean * scale),
        "test": x * test + (c["beta"] - c["running_mean"] * test),
        "dgamma": dgamma,
        "dx": scale / n * (n * dout - dout.sum(axis=0) - xhat * dgamma),
        "running_mean": c["running_mean"] + (1 - c["momentum"]) * (mean - c["running_mean"]),
        "running_var": c["running_var"] + (1 - c["momentum"]) * (var - c["running_var"]),
    }


def batchnorm_graph(c: Case) -> Results:
    """Node by node, as in the best known blog post."""
    x, dout, n = c["x"], c["dout"], len(c["x"])
    centred = x - 1.0 / n * np.sum(x, axis=0)
    var = 1.0 / n * np.sum(centred**2, axis=0)
    root = np.sqrt(var + c["eps"])
    inverse = 1.0 / root
    dxhat = dout * c["gamma"]
    dinverse = np.sum(dxhat * centred, axis=0)
    droot = -1.0 / (root**2) * dinverse
    dvar = 0.5 * 1.0 / np.sqrt(var + c["eps"]) * droot
    dsquare = 1.0 / n * np.ones_like(x) * dvar
    dcentred = dxhat * inverse + 2 * centred * dsquare
    dmean = -1 * np.sum(dcentred, axis=0)
    return {
        "var": var,
        "out": c["gamma"] * (centred * inverse) + c["beta"],
        "dgamma": np.sum(dout * (centred * inverse), axis=0),
        "dx": dcentred + 1.0 / n * np.ones_like(x) * dmean,
    }


def affine_relu(c: Case) -> Results:
    z = affine_plain(c)["out"]
    gated = affine_plain(c | {"dout": c["dout"] * (z > 0)})
    return gated | {"out": np.maximum(z, 0)}


def affine_relu_loops(c: Case) -> Results:
    z = affine_loops(c)["out"]
    gated = affine_loops(c | {"dout": np.where(z < 0, 0, c["dout"])})
    return gated | {"out": z * (z > 0)}


def affine_batchnorm_relu(c: Case) -> Results:
    z = affine_plain(c)["out"]
    out = batchnorm_paper(c, z)["out"]
    inner = batchnorm_paper(c, z, c["dout"] * (out > 0))
    del inner["mean"], inner["var"]
    outer = affine_plain(c | {"dout": inner["dx"]})
    return inner | outer | {"out": np.maximum(out, 0), "test": np.maximum(inner["test"], 0)}


def softmax_shifted(c: Case) -> Results:
    x, y, rows = c["x"], c["y"], np.arange(len(c["x"]))
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[rows, y]).sum() / len(x)
    dx = p.copy()
    dx[rows, y] -= 1
    return {"loss": loss, "dx": dx / len(x)}


def softmax_plain(c: Case) -> Results:
    x, y, n = c["x"], c["y"], len(c["x"])
    p = np.exp(x) / np.exp(x).sum(axis=1)[:, None]
    mask = np.zeros_like(p)
    mask[np.arange(n), y] = 1
    return {"loss": np.mean(-np.log(p[np.arange(n), y])), "dx": 1.0 / n * (p - mask)}


def softmax_log_sum(c: Case) -> Results:
    x, y, n = c["x"], c["y"], len(c["x"])
    top = x.max(axis=1)
    total = top + np.log(np.exp(x - top[:, None]).sum(axis=1))
    dx = np.exp(x - total[:, None])
    dx[np.arange(n), y] -= 1
    return {"loss": (total - x[np.arange(n), y]).mean(), "dx": dx / n}


def svm_course(c: Case) -> Results:
    x, y, n = c["x"], c["y"], len(c["x"])
    margins = np.maximum(0, x - x[np.arange(n), y][:, None] + 1.0)
    margins[np.arange(n), y] = 0
    dx = np.zeros_like(x)
    dx[margins > 0] = 1
    dx[np.arange(n), y] -= np.sum(margins > 0, axis=1)
    return {"loss": np.sum(margins) / n, "dx": dx / n}


def svm_loops(c: Case) -> Results:
    x, y, n = c["x"], c["y"], len(c["x"])
    loss, dx = 0.0, np.zeros_like(x)
    for i in range(n):
        for j in range(x.shape[1]):
            margin = x[i, j] + 1 - x[i, y[i]]
            if j != y[i] and margin >= 0:
                loss += margin
                dx[i, j] += 1
                dx[i, y[i]] -= 1
    return {"loss": loss / n, "dx": dx / n}


def autoencoder_paths(c: Case) -> Results:
    W, x = c["W"], np.atleast_2d(c["x"])
    a = x @ W.T @ W - x
    dW = np.zeros_like(W)
    for i in range(len(x)):
        dW += np.outer(W @ a[i], x[i]) + np.outer(W @ x[i], a[i])
    return {"loss": 0.5 * np.sum(a**2), "dW": dW}


def autoencoder_expanded(c: Case) -> Results:
    W, x = c["W"], np.atleast_2d(c["x"])
    P, S = W.T @ W, x.T @ x
    loss = 0.5 * np.trace(P @ P @ S) - np.trace(P @ S) + 0.5 * np.trace(S)
    return {"loss": loss, "dW": W @ P @ S + W @ S @ P - 2 * W @ S}


def _gplvm(c: Case, inverse: Any, logdet: Any) -> Results:
    X, Y, alpha, beta, D = c["X"], c["Y"], c["alpha"], c["beta"], c["Y"].shape[1]
    first, second = -D / 2 * logdet, -0.5 * np.trace(inverse @ Y @ Y.T)
    G = 0.5 * (inverse @ Y @ Y.T @ inverse - D * inverse)
    return {
        "value": first + second,
        "first": first,
        "second": second,
        "dX": alpha * inverse @ Y @ Y.T @ inverse @ X - alpha * D * inverse @ X,
        "dX_first": -alpha * D * inverse @ X,
        "dX_second": alpha * inverse @ (Y @ Y.T) @ (inverse @ X),
        "dalpha": np.sum(G * (X @ X.T)),
        "dbeta": -np.trace(G) / beta**2,
    }


def _covariance(c: Case) -> Any:
    eye = np.eye(len(c["X"]), dtype=c["X"].dtype)
    return c["alpha"] * c["X"] @ c["X"].T + 1 / c["beta"] * eye


def gplvm_inverse(c: Case) -> Results:
    K = _covariance(c)
    return _gplvm(c, np.linalg.inv(K), np.log(np.linalg.det(K)))


def gplvm_slogdet(c: Case) -> Results:
    K = _covariance(c)
    eye = np.eye(len(K), dtype=K.dtype)
    return _gplvm(c, np.linalg.solve(K, eye), np.linalg.slogdet(K)[1])


def gplvm_cholesky(c: Case) -> Results:
    L = np.linalg.cholesky(_covariance(c))
    half = np.linalg.inv(L)
    return _gplvm(c, half.T @ half, 2 * np.log(np.diag(L)).sum())
