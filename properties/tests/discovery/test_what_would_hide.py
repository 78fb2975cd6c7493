"""Mistakes that inputs of another form would hide: equal lengths, parts of width one, no layers."""

from __future__ import annotations

from pathlib import Path

import pytest

from .one import judged

NLL = """
def nll(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(labels)), labels]).mean()


def nll_grad(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p / p.shape[0]
"""
CLASS = """
class SoftmaxCE:
    def forward(self, logits, labels):
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        self.labels = labels
        n = len(logits)
        return -np.mean(np.log(self.p[np.arange(n), labels]))

    def backward(self):
        d = self.p.copy()
        d[np.arange(d.shape[0]), self.labels] -= 1
        return d / d.shape[0]
"""


@pytest.mark.parametrize("source", [NLL, CLASS], ids=["function", "class"])
def test_a_loss_is_divided_by_the_examples_not_by_the_classes(tmp_path: Path, source: str) -> None:
    right = judged(tmp_path, source)
    assert right.status == "right"
    assert "(N, D)" in right.found.inputs
    assert judged(tmp_path, source.replace(".shape[0]\n", ".shape[1]\n")).status == "wrong"


LAYERNORM = """
class Param:
    def __init__(self, value):
        self.value, self.grad = value, np.zeros_like(value)


class LayerNorm:
    def __init__(self, dim):
        self.gamma, self.beta = Param(np.ones(dim)), Param(np.zeros(dim))

    def forward(self, x):
        self.inv = 1 / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        self.xhat = (x - x.mean(-1, keepdims=True)) * self.inv
        return self.gamma.value * self.xhat + self.beta.value

    def backward(self, grad):
        self.gamma.grad += (grad * self.xhat).sum(0)
        self.beta.grad += grad.sum(0)
        g = grad * self.gamma.value
        mean = g.mean(-1, keepdims=True) + self.xhat * (g * self.xhat).mean(-1, keepdims=True)
        return self.inv * (g - mean)
"""


def test_a_gradient_that_is_zero_in_one_example_is_one(tmp_path: Path) -> None:
    """With one feature nothing is left of it, and nothing is added to what is there."""
    told = judged(tmp_path, LAYERNORM)
    assert told.status == "right"
    assert not told.missing


TRIPLET = """
def triplet_loss(a, p, n, margin=1.0):
    dp, dn = ((a - p) ** 2).sum(1), ((a - n) ** 2).sum(1)
    loss = np.maximum(0, dp - dn + margin)
    m = (loss > 0)[:, None] / len(a)
    return loss.mean(), (2 * (n - p) * m, -2 * (a - p) * m, 2 * (a - n) * m)
"""


@pytest.mark.parametrize("wrong", [False, True])
def test_gradients_without_names_in_a_tuple_beside_a_cost(tmp_path: Path, wrong: bool) -> None:
    source = TRIPLET.replace("2 * (a - n) * m)", "-2 * (a - n) * m)") if wrong else TRIPLET
    assert judged(tmp_path, source).status == ("wrong" if wrong else "right")
