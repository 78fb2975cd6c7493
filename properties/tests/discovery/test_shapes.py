"""Lengths and kinds that are inferred from code: as free as the code leaves them."""

from __future__ import annotations

from pathlib import Path

import pytest

from .one import judged

RIDGE = """
def ridge_cost(w, X, y, lam):
    r = X @ w - y
    return 0.5 * r @ r + 0.5 * lam * w @ w


def ridge_grad(w, X, y, lam):
    return X.T @ (X @ w - y) + lam * w
"""
CHAIN = """
def chain_forward(a, b, c):
    return a @ b @ c, (a, b, c)


def chain_backward(d, cache):
    a, b, c = cache
    return d @ (b @ c).T, a.T @ d @ c.T, (a @ b).T @ d
"""
BETA = """
def mix_forward(X, beta):
    return beta @ X, (X, beta)


def mix_backward(dout, cache):
    X, beta = cache
    return beta.T @ dout, dout @ X.T
"""
POOL = """
class Pool:
    def __init__(self, pool_size, stride):
        self.k, self.s = pool_size, stride

    def windows(self, x):
        n = (len(x) - self.k) // self.s + 1
        return [slice(i * self.s, i * self.s + self.k) for i in range(n)]

    def forward(self, x):
        self.x = x
        return np.array([x[w].max() for w in self.windows(x)])

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        for d, w in zip(dout, self.windows(self.x)):
            dx[w] += d * (self.x[w] == self.x[w].max())
        return dx
"""
BLOCKS = """
class Blocks:
    def __init__(self, size):
        self.size = size

    def forward(self, x):
        n, d = x.shape
        self.x = x
        self.out = x.reshape(n, d // self.size, self.size).max(2)
        return self.out

    def backward(self, dout):
        up = self.out.repeat(self.size, 1)
        return (self.x == up) * dout.repeat(self.size, 1)
"""
HALVES = """
def gate_forward(x):
    a, b = np.split(x, 2, axis=-1)
    return a * b, (a, b)


def gate_backward(dout, cache):
    a, b = cache
    return np.concatenate([dout * b, dout * a], axis=-1)
"""


@pytest.mark.parametrize(
    ("source", "inputs", "right", "wrong"),
    [
        (RIDGE, "w: (N,), X: (D, N), y: (D,), lam: ()", "X.T @ (X", "X.T @ (2 * X"),
        (CHAIN, "a: (N, D), b: (D, M), c: (M, H)", "@ c.T, (a", "@ c.T, 2 * (a"),
        (BETA, "X: (N, D), beta: (M, N)", "dout @ X.T", "-dout @ X.T"),
        (POOL, "pool_size: N, stride: D, x: (M + N, H + N)", "dx[w] +=", "dx[w] ="),
        (BLOCKS, "size: N, x: (D, M * N)", "* dout.repeat", "+ dout.repeat"),
        (HALVES, "x: (N, 2 * D)", "dout * b, dout * a", "dout * a, dout * b"),
    ],
)
def test_lengths_are_as_free_as_the_code_leaves_them(
    tmp_path: Path, source: str, inputs: str, right: str, wrong: str
) -> None:
    one = judged(tmp_path, source)
    assert (one.status, one.found.inputs) == ("right", inputs)
    assert right in source
    assert judged(tmp_path, source.replace(right, wrong)).status == "wrong"


SIGNS = """
def margin_loss(scores, y):
    assert set(np.unique(y)) <= {-1, 1}
    m = np.maximum(0, 1 - y * scores)
    dscores = -2 * m * y / len(y)
    return (m**2).mean(), dscores
"""
TOLD = '''
class Margin:
    def loss(self, f, t):
        """t: (N,) labels in {-1, +1}"""
        return ((1 - t * f) ** 2).sum()

    def loss_grad(self, f, t):
        return 2 * (f - t)
'''
EITHER = """
def pairs_forward(d, y):
    return np.where(y == 1, d**2, np.maximum(0, 1 - d) ** 2).sum(), (d, y)


def pairs_backward(cache):
    d, y = cache
    return np.where(y == 1, 2 * d, -2 * np.maximum(0, 1 - d))
"""


@pytest.mark.parametrize(
    ("source", "kind", "right", "wrong"),
    [
        (SIGNS, "y: signs(N)", "-2 * m", "-3 * m"),
        (TOLD, "t: signs(D)", "2 * (f - t)", "(f - t)"),
        (EITHER, "y: bits(N, D)", "y == 1, 2 * d", "y == 1, 3 * d"),
    ],
)
def test_labels_are_the_numbers_that_the_code_knows(
    tmp_path: Path, source: str, kind: str, right: str, wrong: str
) -> None:
    one = judged(tmp_path, source)
    assert one.status == "right", [each.sentence for each in one.wrong]
    assert kind in one.found.inputs
    assert right in source
    assert judged(tmp_path, source.replace(right, wrong)).status == "wrong"
