"""What no name says to be the derivative of another function is not called wrong for that alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_pieces import statuses

STRANGERS = """
import numpy as np


def norm_forward(x, g):
    r = np.sqrt((x ** 2).mean(1, keepdims=True) + 1e-6)
    return x / r * g, (x, r, g)


def swirl_backward(dout, cache):
    x, r, g = cache
    return dout * g * r, (dout * x).sum(0)


def loss(w, x, t):
    return np.mean((x @ w - t) ** 2)


def grad_loss(w, x, t):
    return 2 * x.T @ (x @ w - t) / len(t)


def natural_gradient(w, x, t):
    F = x.T @ x / len(t) + np.eye(len(w))
    return np.linalg.solve(F, grad_loss(w, x, t))


def spectral_derivative(w, x, t):
    return np.fft.ifft(np.fft.fft(w)).real


class Net:
    def __init__(self, n, m):
        self.W = np.random.randn(n, m)

    def forward(self, x):
        return np.tanh(x @ self.W)

    def entropy_gradient(self, p):
        return -(1 + np.log(np.abs(p) + 1e-3))
"""


def test_a_stranger_beside_a_value_is_not_called_wrong(tmp_path: Path) -> None:
    found = statuses(tmp_path, STRANGERS)
    assert found.pop("grad_loss") == "right"
    assert len(found) == 4
    assert all(told.startswith("not judged: no name says") for told in found.values()), found


@pytest.mark.parametrize(
    "returned",
    ["dout @ w.T * 2, x.T @ dout", "dout @ w.T, -x.T @ dout", "-dout @ w.T, -x.T @ dout"],
)
def test_another_gradient_that_is_right_says_whose_they_are(tmp_path: Path, returned: str) -> None:
    source = f"""
import numpy as np


def mix(x, w):
    return x @ w, (x, w)


def turned_backward(dout, cache):
    x, w = cache
    return {returned}
"""
    assert statuses(tmp_path, source) == {"turned_backward": "wrong"}


POSTERIOR = """
import numpy as np


def log_likelihood(w, X, y):
    z = X @ w
    return np.sum(y * z - np.log1p(np.exp(z)))


def log_prior(w, alpha):
    return -0.5 * alpha * np.sum(w ** 2)


def grad(w, X, y, alpha):
    p = 1 / (1 + np.exp(-X @ w))
    return X.T @ (y - p) - alpha * w
"""


def test_a_gradient_of_a_sum_is_not_that_of_a_part(tmp_path: Path) -> None:
    found = statuses(tmp_path, POSTERIOR)
    assert found["grad"].startswith("not judged: no name says"), found
    alone = POSTERIOR.replace("(w, X, y, alpha)", "(w, X, y)").replace("- alpha * w", "- w")
    assert statuses(tmp_path, alone)["grad"] == "wrong"
