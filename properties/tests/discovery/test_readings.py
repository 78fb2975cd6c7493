"""What is added to every example: a sum that was forgotten shows, and vectors stay vectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.tests.slow import mostly_slow

from .one import judged

LINEAR = """
def forward(X, w, b):
    return X @ w + b, (X, w)


def backward(dz, cache):
    X, w = cache
    return np.outer(dz, w), X.T @ dz, dz.sum()
"""
LOGISTIC = """
def cost(X, y, w, b):
    a = 1 / (1 + np.exp(-(X @ w + b)))
    return -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))


def gradient(X, y, w, b):
    a = 1 / (1 + np.exp(-(X @ w + b)))
    dw = X.T @ (a - y) / len(y)
    db = np.sum(a - y) / len(y)
    return dw, db
"""
HINGE = '''
def svm_cost(w, b, X, y):
    """y in {-1, 1}"""
    return np.maximum(0, 1 - y * (X @ w + b)).sum() + 0.5 * w @ w


def svm_grad(w, b, X, y):
    active = y * (X @ w + b) < 1
    dw = w - X.T @ (active * y)
    db = -np.sum(active * y)
    return dw, db
'''
POISSON = """
def nll(beta, b0, X, y):
    eta = X.dot(beta) + b0
    return np.sum(np.exp(eta) - y * eta)


def nll_grad(beta, b0, X, y):
    mu = np.exp(X.dot(beta) + b0)
    return X.T.dot(mu - y), np.sum(mu - y)
"""
METHODS = """
class LinearRegression:
    def forward(self, X, w, b):
        self.X = X
        return X @ w + b

    def backward(self, dout):
        dw = self.X.T @ dout
        db = dout.sum()
        return dw, db
"""


@pytest.mark.parametrize(
    ("source", "summed", "unsummed"),
    mostly_slow(
        [
            (LINEAR, "dz.sum()", "dz"),
            (LOGISTIC, "np.sum(a - y)", "(a - y)"),
            (HINGE, "-np.sum(active * y)", "-(active * y)"),
            (POISSON, "np.sum(mu - y)", "(mu - y)"),
            (METHODS, "dout.sum()", "dout"),
        ],
        fast=[(LINEAR, "dz.sum()", "dz"), (LOGISTIC, "np.sum(a - y)", "(a - y)")],
    ),
)
def test_a_bias_has_no_axis_of_the_batch_for_its_gradients_sake(
    tmp_path: Path, source: str, summed: str, unsummed: str
) -> None:
    assert judged(tmp_path, source).status == "right"
    assert summed in source
    assert judged(tmp_path, source.replace(summed, unsummed)).status == "wrong"


OFFSETS = '''
def forward(X, w, b):
    """X: (N, D), w: (D,), b: (N,) an offset of each example"""
    return X @ w + b, (X, w)


def backward(dz, cache):
    X, w = cache
    return np.outer(dz, w), X.T @ dz, dz
'''
MEASURED = """
def residual_cost(A, x, b):
    r = A @ x - b
    return 0.5 * r @ r


def residual_cost_grad(A, x, b):
    r = A @ x - b
    return np.outer(r, x), A.T @ r, -r
"""
OUTER = """
def forward(x, W, b):
    return np.tanh(W @ x + b), (x, W, b)


def backward(dout, cache):
    x, W, b = cache
    dz = dout * (1 - np.tanh(W @ x + b) ** 2)
    return W.T @ dz, np.outer(dz, x), dz
"""
RESHAPED = """
def forward(x, W, b):
    return np.maximum(W.dot(x) + b, 0), (x, W, b)


def backward(dout, cache):
    x, W, b = cache
    dz = dout * (W.dot(x) + b > 0)
    return W.T.dot(dz), dz.reshape(-1, 1) @ x.reshape(1, -1), dz
"""
PAIRS = """
def f(x):
    return x[0] ** 2 + x[1] ** 2


def grad_f(x):
    return 2 * x
"""


@pytest.mark.parametrize(
    ("source", "right", "wrong"),
    mostly_slow(
        [
            (OFFSETS, "X.T @ dz, dz", "X.T @ dz, 2 * dz"),
            (MEASURED, "-r", "r"),
            (OUTER, "np.outer(dz, x), dz", "np.outer(dz, x), -dz"),
            (RESHAPED, "* (W.dot(x) + b > 0)", "* 1.0"),
            (PAIRS, "2 * x", "x"),
        ],
        fast=[(OUTER, "np.outer(dz, x), dz", "np.outer(dz, x), -dz"), (PAIRS, "2 * x", "x")],
    ),
)
def test_vectors_are_read_as_vectors(tmp_path: Path, source: str, right: str, wrong: str) -> None:
    one = judged(tmp_path, source)
    assert one.status == "right", [each.sentence for each in one.wrong]
    assert right in source
    assert judged(tmp_path, source.replace(right, wrong)).status == "wrong"


CONSTRAINTS = """
def f(x):
    return (x[0] - 1) ** 2 + x[1] ** 2


def g(x):
    return np.array([x[0] + x[1] - 1, x[0] * x[1]])
"""


def test_a_letter_alone_convicts_nobody(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no name says that g is the derivative"):
        judged(tmp_path, CONSTRAINTS)


MIXTURE = '''
def log_likelihood(x, mu, log_s, logits):
    """x: (N, D), mu: (K, D), log_s: (K,), logits: (K,)"""
    sq = ((x[:, None, :] - mu) ** 2).sum(axis=2)
    logp = logits - 0.5 * sq * np.exp(-2 * log_s) - x.shape[1] * log_s
    return np.log(np.exp(logp).sum(axis=1)).sum()


def log_likelihood_grad(x, mu, log_s, logits):
    diff = x[:, None, :] - mu
    sq, inv = (diff ** 2).sum(axis=2), np.exp(-2 * log_s)
    p = np.exp(logits - 0.5 * sq * inv - x.shape[1] * log_s)
    r = p / p.sum(axis=1, keepdims=True)
    dx = -((r * inv)[:, :, None] * diff).sum(axis=1)
    dmu = ((r * inv)[:, :, None] * diff).sum(axis=0)
    dlog_s = (r * (sq * inv - x.shape[1])).sum(axis=0)
    return dx, dmu, dlog_s, r.sum(axis=0)
'''


def test_what_has_a_gradient_is_not_taken_for_a_mask(tmp_path: Path) -> None:
    assert judged(tmp_path, MIXTURE).status == "right"
    wrong = MIXTURE.replace("(sq * inv -", "(0.5 * sq * inv -")
    assert judged(tmp_path, wrong).status == "wrong"


PRODUCTS = '''
def contrast(x, y):
    """x: (N, D), y: (N, D)"""
    s = x @ y.T
    loss = 0.5 * np.sum(s**2)
    ds = s
    return loss, ds @ y, ds.T @ x
'''


def test_products_of_a_gradient_beside_a_loss_are_gradients(tmp_path: Path) -> None:
    assert judged(tmp_path, PRODUCTS).status == "right"
    assert judged(tmp_path, PRODUCTS.replace("ds.T @ x", "ds @ x")).status == "wrong"
