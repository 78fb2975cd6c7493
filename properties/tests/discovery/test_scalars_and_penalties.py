"""Numbers that are learned, and costs with a penalty: neither hides an input from the search."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_pieces import statuses

SLOPE = """
import numpy as np


def slope_forward(x, s):
    return np.where(x > 0, x, s * x), (x, s)


def slope_backward(dout, cache):
    x, s = cache
    return dout * np.where(x > 0, 1, s), (dout * np.where(x > 0, 0, x)).sum(){}


if __name__ == "__main__":
    out, cache = slope_forward(np.random.randn(4, 5), {})
"""
LOGISTIC = """
import numpy as np


def logreg(w, X, y, lam):
    z = X @ w
    return np.sum(np.logaddexp(0, z) - y * z) + lam * w @ w


def logreg_grad(w, X, y, lam):
    return X.T @ (1 / (1 + np.exp(-(X @ w))) - y) + {} * lam * w


def logreg_hess(w, X, y, lam):
    p = 1 / (1 + np.exp(-(X @ w)))
    return (X.T * (p * (1 - p))) @ X + {} * lam * np.eye(len(w))
"""
RIDGE = """
import numpy as np


def ridge(w, X, y, lam):
    r = X @ w - y
    return 0.5 * r @ r + 0.5 * lam * w @ w


def ridge_grad(w, X, y, lam):
    return X.T @ (X @ w - y) + {}lam * w
"""
ELASTIC = """
import numpy as np


def elastic_net(w, X, y, alpha, l1):
    r = X @ w - y
    return (r @ r) / (2 * len(y)) + alpha * l1 * np.abs(w).sum() + 0.5 * alpha * (1 - l1) * w @ w


def elastic_net_grad(w, X, y, alpha, l1):
    return X.T @ (X @ w - y){} + alpha * l1 * np.sign(w) + alpha * (1 - l1) * w
"""

HUBER = """
import numpy as np


def huber(theta, X, y, delta, reg):
    r = X @ theta - y
    near = np.abs(r) <= delta
    far = delta * (np.abs(r) - 0.5 * delta)
    return np.where(near, 0.5 * r ** 2, far).mean() + reg * theta.dot(theta)


def huber_grad(theta, X, y, delta, reg):
    r = X @ theta - y
    return X.T @ np.clip(r, -delta, delta) / len(y) + {}reg * theta
"""


@pytest.mark.parametrize("value", ["1.0", "0.0", "2"])
def test_a_number_that_is_plain_in_the_only_call_may_have_a_gradient(
    value: str, tmp_path: Path
) -> None:
    assert statuses(tmp_path, SLOPE.format("", value)) == {"slope_backward": "right"}


def test_the_gradient_of_such_a_number_is_judged(tmp_path: Path) -> None:
    assert statuses(tmp_path, SLOPE.format(" * 2", "1.0")) == {"slope_backward": "wrong"}


@pytest.mark.parametrize(("gradient", "hessian"), [("2", "2"), ("1", "2"), ("2", "1")])
def test_a_hessian_is_wrong_only_beside_a_right_gradient(
    gradient: str, hessian: str, tmp_path: Path
) -> None:
    found = statuses(tmp_path, LOGISTIC.format(gradient, hessian))
    assert found["logreg_grad"] == ("right" if gradient == "2" else "wrong")
    if gradient == "2":
        assert found["logreg_hess"] == ("right" if hessian == "2" else "wrong")
    else:
        assert found["logreg_hess"] == "not judged"


@pytest.mark.parametrize(
    ("source", "change", "status"),
    [
        (RIDGE, "", "right"),
        (RIDGE, "2 * ", "wrong"),
        (ELASTIC, " / len(y)", "right"),
        (ELASTIC, "", "wrong"),
        (HUBER, "2 * ", "right"),
        (HUBER, "", "wrong"),
    ],
)
def test_a_cost_with_a_penalty_is_judged(
    source: str, change: str, status: str, tmp_path: Path
) -> None:
    assert set(statuses(tmp_path, source.format(change)).values()) == {status}
