"""Guessed lengths, ranks and labels: they neither hide a mistake nor make one."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_pieces import statuses

CHAIN = """
import numpy as np


def potential(x, k=3.0):
    return 0.5 * k * np.sum(np.diff(x) ** 2) + np.sum(x ** 4) / 4


def force(x, k=3.0):
    d = np.diff(x)
    F = np.zeros_like(x)
    F[:-1] += k * d
    F[1:] {} k * d
    return F - x ** 3
"""
SCORE = """
import numpy as np


def likelihood(params, y):
    a, b = np.exp(params)
    return np.sum(a * np.log(b) - a ** 2 + (a - 1) * np.log(y) - b * y)


def score(params, y):
    a, b = np.exp(params)
    n = len(y)
    return np.array([a * (n * np.log(b) - 2 * n * a + np.sum(np.log(y))), n * a - b * {}])
"""
ROWS = """
import numpy as np


class Standard:
    def forward(self, x):
        self.std = np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        self.h = (x - x.mean(-1, keepdims=True)) / self.std
        return self.h

    def backward(self, g):
        last = self.h * np.mean(g * self.h, -1, keepdims=True)
        return (g - g.mean({}, keepdims=True) - last) / self.std
"""
SIGNS = """
import numpy as np


class Problem:
    def __init__(self, X, y):
        self.X = X
        self.y = y

    def fun(self, w):
        return np.log1p(np.exp(-self.y * (self.X @ w))).mean()

    def grad(self, w):
        m = self.y * (self.X @ w)
        return self.X.T @ (-self.y / (1 + np.exp(m))) / len(self.y)

    def hess(self, w):
        p = 1 / (1 + np.exp(-self.y * (self.X @ w)))
        return self.X.T @ ((p * (1 - p) / len(self.y))[:, None] * self.X)

    def hessp(self, w, v):
        p = 1 / (1 + np.exp(-self.y * (self.X @ w)))
        return self.X.T @ (p * (1 - p) {} * (self.X @ v))
"""


@pytest.mark.parametrize(
    ("source", "right", "wrong"),
    [
        (CHAIN, "-=", "+="),
        (SCORE, "np.sum(y)", "np.mean(y)"),
        (ROWS, "-1", "0"),
        (SIGNS, "/ len(self.y)", "* 2"),
    ],
    ids=["lengths", "vectors", "rows", "signs"],
)
def test_what_is_guessed_decides_nothing(
    tmp_path: Path, source: str, right: str, wrong: str
) -> None:
    assert set(statuses(tmp_path, source.format(right)).values()) == {"right"}
    assert "wrong" in statuses(tmp_path, source.format(wrong)).values()
