"""Lengths and kinds that are inferred from code: as free as the code leaves them."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.tests.slow import mostly_slow

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


SAMPLE = """
def sample_forward(mu, logvar, eps):
    return mu + np.exp(0.5 * logvar) * eps, (logvar, eps)


def sample_backward(dz, cache):
    logvar, eps = cache
    return dz, dz * 0.5 * np.exp(0.5 * logvar) * eps, dz * np.exp(0.5 * logvar)
"""
TURN = """
def turn_forward(x):
    half = x.shape[1] // 2
    angle = np.arange(len(x))[:, None] * np.arange(half)
    a, b = x[:, :half], x[:, half:]
    c, s = np.cos(angle), np.sin(angle)
    return np.concatenate([a * c - b * s, a * s + b * c], axis=1), (c, s)


def turn_backward(dout, cache):
    c, s = cache
    p, q = dout[:, : c.shape[1]], dout[:, c.shape[1] :]
    return np.concatenate([p * c + q * s, q * c - p * s], axis=1)
"""
BILINEAR = """
def pair_forward(x, y, A):
    return np.einsum("ni,oij,nj->no", x, A, y), (x, y, A)


def pair_backward(dout, cache):
    x, y, A = cache
    dx = np.einsum("no,oij,nj->ni", dout, A, y)
    dy = np.einsum("no,oij,ni->nj", dout, A, x)
    return dx, dy, np.einsum("no,ni,nj->oij", dout, x, y)
"""


SHAPES = [
    (RIDGE, "w: (N,), X: (D, N), y: (D,), lam: ()", "X.T @ (X", "X.T @ (2 * X"),
    (CHAIN, "a: (N, D), b: (D, M), c: (M, H)", "@ c.T, (a", "@ c.T, 2 * (a"),
    (BETA, "X: (N, D), beta: (M, N)", "dout @ X.T", "-dout @ X.T"),
    (POOL, "pool_size: N, stride: D, x: (M + N, H + N)", "dx[w] +=", "dx[w] ="),
    (BLOCKS, "size: N, x: (D, N * M)", "* dout.repeat", "+ dout.repeat"),
    (SAMPLE, "mu: (N, D), logvar: (N, D), eps: (N, D)", "dz * 0.5", "dz * 0.25"),
    (TURN, "x: (N, 2 * D)", "p * c + q * s", "p * c - q * s"),
    (BILINEAR, "x: (N, D), y: (N, M), A: (H, D, M)", "dout, A, x)", "dout, -A, x)"),
    (HALVES, "x: (N, 2 * D)", "dout * b, dout * a", "dout * a, dout * b"),
]


@pytest.mark.parametrize(
    ("source", "inputs", "right", "wrong"),
    mostly_slow(SHAPES, fast=[RIDGE, BETA, POOL, SAMPLE, BILINEAR]),
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


IGNORED = """
def bend_forward(x, A):
    return np.maximum(A @ x, 0), (x, A)


def bend_backward(dout, cache):
    x, A = cache
    dz = 1.0 * (A @ x > 0)
    return A.T @ dz, dz @ x.T
"""
COUNTED = '''
def path_score(E, T, y):
    """E: (L, K), T: (K, K), y: labels(K, L)"""
    return E[np.arange(len(y)), y].sum() + T[y[:-1], y[1:]].sum()


def path_score_grad(E, T, y):
    dE, dT = np.zeros_like(E), np.zeros_like(T)
    dE[np.arange(len(y)), y] = 1
    np.add.at(dT, (y[:-2], y[1:]), 1)
    return dE, dT
'''


def test_a_backward_that_ignores_its_upstream_is_not_read_as_a_sum(tmp_path: Path) -> None:
    assert judged(tmp_path, IGNORED).status == "wrong"
    right = IGNORED.replace("dz = 1.0 *", "dz = dout *")
    assert judged(tmp_path, right).status == "right"


def test_a_length_that_is_told_is_not_made_one_for_a_backward_to_run(tmp_path: Path) -> None:
    assert judged(tmp_path, COUNTED.replace("y[:-2]", "y[:-1]")).status == "right"
    with pytest.raises(AssertionError, match="not judged: path_score_grad raises IndexError"):
        judged(tmp_path, COUNTED)
