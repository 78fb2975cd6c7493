"""Parameters in the module, one step below the value, and in dataclasses."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_pieces import statuses

GLOBALS = """
import numpy as np

W = np.random.default_rng(0).normal(size=(4, 3))
b = np.zeros(3)


def forward(X):
    e = np.exp(X.dot(W) + b)
    return e / np.sum(e, axis=1, keepdims=True)


def calculate_loss(X, y):
    return -np.log(forward(X)[range(len(X)), y]).sum() / len(X)


def gradients(X, y):
    delta = forward(X)
    delta[range(len(X)), y] -= 1
    delta /= len(X)
    dW = np.dot(X.T, delta)
    db = np.{}(delta, axis=0)
    return dW, db
"""
VOCABULARY = """
import numpy as np

size = 7
Wxh = np.random.default_rng(0).normal(size=(6, size))
Why = np.random.default_rng(1).normal(size=(size, 6))


def lossFun(inputs, targets):
    xs, hs, ps = {{}}, {{}}, {{}}
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((size, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]))
        y = np.dot(Why, hs[t])
        ps[t] = np.exp(y) / np.sum(np.exp(y))
        loss += -np.log(ps[t][targets[t], 0])
    dWxh, dWhy = np.zeros_like(Wxh), np.zeros_like(Why)
    for t in range(len(inputs)):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += np.dot(dy, hs[t].T)
        dWxh += np.dot(np.dot(Why.T, dy) * (1 - hs[t]{}), xs[t].T)
    return loss, dWxh, dWhy
"""
DATACLASS = """
from dataclasses import dataclass, field
import numpy as np


@dataclass
class Block:
    dim: int
    hidden: int
    grads: dict = field(default_factory=dict)

    def __post_init__(self):
        self.params = {{"W": np.random.default_rng(0).normal(size=(self.dim, self.hidden))}}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"]

    def backward(self, dy):
        self.grads["W"] = self.x.T @ dy{}
        return dy @ self.params["W"].T
"""


@pytest.mark.parametrize(
    ("source", "right", "wrong"),
    [(GLOBALS, "sum", "mean"), (VOCABULARY, " ** 2", ""), (DATACLASS, "", " * 2")],
    ids=["globals", "vocabulary", "dataclass"],
)
def test_parameters_are_found_where_they_are(
    tmp_path: Path, source: str, right: str, wrong: str
) -> None:
    assert set(statuses(tmp_path, source.format(right)).values()) == {"right"}
    assert set(statuses(tmp_path, source.format(wrong)).values()) == {"wrong"}


CONVOLUTION = """
import numpy as np


class Conv2D:
    def __init__(self, in_channels, out_channels, kernel_size=3):
        self.k = kernel_size
        self.W = np.random.randn(out_channels, in_channels * kernel_size * kernel_size)

    def forward(self, x):
        n, c, h, w = x.shape
        k, oh, ow = self.k, h - self.k + 1, w - self.k + 1
        parts = [x[:, :, i : i + oh, j : j + ow] for i in range(k) for j in range(k)]
        self.cols = np.stack(parts, 2).transpose(0, 3, 4, 1, 2).reshape(n * oh * ow, -1)
        return (self.cols @ self.W.T).reshape(n, oh, ow, -1).transpose(0, 3, 1, 2)

    def backward(self, grad):
        self.dW = grad.transpose({}).reshape(-1, len(self.W)).T @ self.cols
"""


def test_an_image_is_larger_than_a_window_that_only_a_default_tells(tmp_path: Path) -> None:
    assert statuses(tmp_path, CONVOLUTION.format("0, 2, 3, 1")) == {"Conv2D.backward": "right"}
    assert statuses(tmp_path, CONVOLUTION.format("0, 3, 2, 1")) == {"Conv2D.backward": "wrong"}
