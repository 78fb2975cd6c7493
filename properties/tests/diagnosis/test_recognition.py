"""Code that nobody declared and that is a declared layer: the misconceptions name its mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.commands.undeclared import Search, judge_undeclared
from properties.implementation import resolve_target
from properties.spec.demands import Demands

COLUMNS = """
def bn_forward(Z, gamma, beta, eps=1e-8):
    '''Z: (n, m), gamma: (n, 1), beta: (n, 1)'''
    mu = np.mean(Z, axis=1, keepdims=True)
    sigma2 = np.var(Z, axis=1, keepdims=True)
    Znorm = (Z - mu) / np.sqrt(sigma2 + eps)
    return gamma * Znorm + beta, (Znorm, gamma, sigma2, eps)
def bn_backward(dOut, cache):
    Znorm, gamma, sigma2, eps = cache
    dgamma = np.sum(dOut * Znorm, axis=1, keepdims=True)
    dbeta = np.sum(dOut, axis=1, keepdims=True)
    dZ = dOut * gamma / np.sqrt(sigma2 + eps)
    return dZ, dgamma, dbeta
class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_out, n_in)
        self.b = np.zeros(n_out)
    def forward(self, x):
        self.x = x
        return x @ self.W.T + self.b
    def backward(self, dout):
        self.dW = dout.T @ self.x
        self.db = dout.mean(axis=0)
        return dout @ self.W
def softmax_cost(S, y):
    '''S: (N, C), y: labels(C, N)'''
    p = np.exp(S - S.max(1, keepdims=True)); p /= p.sum(1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    dS = p.copy(); dS[np.arange(len(y)), y] -= 1
    return loss, dS
"""
FOUR_AXES = """
def conv_forward(A, W, b):
    '''A: (m, H + 2, V + 2, c), W: (3, 3, c, k), b: (1, 1, 1, k)'''
    m, h, w, c = A.shape
    k = W.shape[3]
    Z = np.zeros((m, h - 2, w - 2, k))
    for i in range(h - 2):
        for j in range(w - 2):
            window = A[:, i:i + 3, j:j + 3]
            Z[:, i, j] = np.tensordot(window, W, axes=([1, 2, 3], [0, 1, 2])) + b[0, 0, 0]
    return Z, (A, W, b)
def conv_backward(dZ, cache):
    A, W, b = cache
    dA, dW = np.zeros_like(A), np.zeros_like(W)
    for i in range(dZ.shape[1]):
        for j in range(dZ.shape[2]):
            dA[:, i:i + 3, j:j + 3] = np.tensordot(dZ[:, i, j], W, axes=([1], [3]))
            dW += np.tensordot(A[:, i:i + 3, j:j + 3], dZ[:, i, j], axes=([0], [0]))
    return dA, dW, dZ.sum(axis=(0, 1, 2)).reshape(1, 1, 1, -1)
def lstm_fwd(x, h, c, U, V, b):
    '''x: (N, D), h: (N, H), c: (N, H), U: (D, 4 * H), V: (H, 4 * H), b: (4 * H,)'''
    H = h.shape[1]
    a = x @ U + h @ V + b
    s = lambda v: 1 / (1 + np.exp(-v))
    f, i, g, o = s(a[:, :H]), s(a[:, H:2*H]), np.tanh(a[:, 2*H:3*H]), s(a[:, 3*H:])
    c2 = f * c + i * g
    t = np.tanh(c2)
    return o * t, c2, (x, h, c, U, V, b, f, i, g, o, t)
def lstm_bwd(dh, dc, cache):
    x, h, c, U, V, b, f, i, g, o, t = cache
    dc = dc + dh * o * (1 - t ** 2)
    do = dh * t * o * (1 - o)
    da = np.hstack([dc * c * f * (1 - f), dc * g * i * (1 - i), dc * i * (1 - g), do])
    return da @ U.T, da @ V.T, dc * f, x.T @ da, h.T @ da, da.sum(0)
"""


def told(folder: Path, source: str) -> dict[str, tuple[str, dict[str, str]]]:
    """By function: the layer it was taken for, and the causes."""
    file = folder / "piece.py"
    file.write_text("import numpy as np\n" + source, encoding="utf-8")
    search = Search(target=resolve_target(str(file)), demands=Demands(profile="quick"))
    return {
        one.found.name: (
            one.extra.get("layer", ""),
            {name: cause.misconception for name, cause in one.extra.get("causes", {}).items()},
        )
        for one in judge_undeclared(search).results
    }


def test_misconceptions_name_the_mistakes_in_another_layout(tmp_path: Path) -> None:
    assert told(tmp_path, COLUMNS) == {
        "bn_backward": ("batchnorm over columns", {"dZ": "direct path only"}),
        "Dense.backward": ("affine with weights transposed", {"db": "averaged"}),
        "softmax_cost": ("softmax", {"dS": "not divided by N"}),
    }


@pytest.mark.slow
def test_channels_last_and_gates_in_another_order(tmp_path: Path) -> None:
    found = told(tmp_path, FOUR_AXES)
    assert found["conv_backward"] == ("conv with channels last", {"dA": "overlaps overwritten"})
    layer, causes = found["lstm_bwd"]
    assert layer == "lstm_step with its gates in another order"
    assert set(causes.values()) == {"without the power 2"}


def test_another_forward_is_no_declared_layer(tmp_path: Path) -> None:
    source = """
def scaled_forward(x, w):
    '''x: (N, D), w: (D, M)'''
    return 2 * x @ w, (x, w)
def scaled_backward(dout, cache):
    x, w = cache
    return dout @ w.T, 2 * x.T @ dout
"""
    assert told(tmp_path, source) == {"scaled_backward": ("", {})}
