"""Gradients that nobody can call are named, with what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_pieces import statuses

INSIDE = """
import numpy as np


class LinearRegression:
    def fit(self, X, y):
        for _ in range(self.n_iters):
            y_pred = np.dot(X, self.weights) + self.bias
            dw = 2 / len(y) * np.dot(X.T, y_pred - y)
            db = 2 / len(y) * np.sum(y_pred - y)
            self.weights -= self.lr * dw
            self.bias = self.bias - self.lr * db
        return self


def fit_exponential(t, y):
    def cost(p):
        r = p[0] * np.exp(-p[1] * t) - y
        return 0.5 * np.dot(r, r)

    def slope(p):
        e = np.exp(-p[1] * t)
        r = p[0] * e - y
        return np.array([np.dot(r, e), -np.dot(r, p[0] * t * e)])

    best, value, info = fmin_l_bfgs_b(cost, np.ones(2), fprime=slope)
    return best


def train(X, y, w, gradient):
    dw = gradient(X, y, w)
    return w - 0.1 * dw
"""
NO_COST = """
import numpy as np


def forward_prop(W, b, X):
    Z = W.dot(X) + b
    A = np.exp(Z) / sum(np.exp(Z))
    return Z, A


def backward_prop(Z, A, W, X, Y):
    d = A - Y
    return d.dot(X.T) / Y.shape[1], d.mean(1, keepdims=True)
"""


def test_what_is_inside_another_function_is_named(tmp_path: Path) -> None:
    found = statuses(tmp_path, INSIDE)
    assert found["LinearRegression.fit"].startswith("not judged: dw, db are computed and applied")
    assert "check_derivative" in found["fit_exponential.slope"]
    assert len(found) == 2


def test_a_backward_without_a_cost_is_told_so(tmp_path: Path) -> None:
    assert statuses(tmp_path, NO_COST)["backward_prop"].startswith("not judged: no cost is written")


@pytest.mark.parametrize(("last", "verdict"), [("lam * W", "right"), ("2 * lam * W", "wrong")])
def test_a_gradient_that_is_made_flat_stands_beside_its_value(
    tmp_path: Path, last: str, verdict: str
) -> None:
    source = f"""
import numpy as np


def softmax_objective(w, X, Y, lam):
    W = w.reshape(X.shape[1], Y.shape[1])
    R = X @ W - Y
    f = 0.5 * np.sum(R ** 2) + 0.5 * lam * np.sum(W ** 2)
    g = X.T @ R + {last}
    return f, g.ravel()
"""
    assert statuses(tmp_path, source) == {"softmax_objective": verdict}


@pytest.mark.parametrize(("factor", "verdict"), [("", "right"), (" * 2", "wrong")])
def test_a_cost_may_take_the_parameters_again(tmp_path: Path, factor: str, verdict: str) -> None:
    source = f"""
import numpy as np


def forward_propagation(X, parameters):
    W, b = parameters["W"], parameters["b"]
    A = 1 / (1 + np.exp(-(np.dot(W, X) + b)))
    return A, (A, W)


def compute_cost_with_regularization(A, Y, parameters, lambd):
    cross = -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    return cross + lambd / 2 * np.sum(np.square(parameters["W"]))


def backward_propagation_with_regularization(X, Y, cache, lambd):
    A, W = cache
    dZ = (A - Y) / Y.size
    return {{"dW": np.dot(dZ, X.T) + lambd * W{factor}, "db": np.sum(dZ, axis=1, keepdims=True)}}
"""
    assert statuses(tmp_path, source) == {"backward_propagation_with_regularization": verdict}
