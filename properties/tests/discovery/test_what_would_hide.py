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


HEADS = """
def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


class MultiHead:
    def __init__(self, d_model, heads):
        self.h = heads
        self.W = np.random.randn(d_model, d_model)

    def split(self, x):
        B, T, D = x.shape
        return x.reshape(B, T, self.h, D // self.h).transpose(0, 2, 1, 3)

    def merge(self, x):
        B, h, T, d = x.shape
        return x.transpose(0, 2, 1, 3).reshape(B, T, h * d)

    def forward(self, x):
        self.x, self.q, self.k = x, self.split(x @ self.W), self.split(x)
        self.A = softmax(self.q @ self.k.swapaxes(-1, -2) / np.sqrt(self.q.shape[-1]))
        return self.merge(self.A @ self.k)

    def backward(self, dout):
        do = self.split(dout)
        dA = do @ self.k.swapaxes(-1, -2)
        dS = self.A * (dA - (dA * self.A).sum(-1, keepdims=True)) / np.sqrt(self.q.shape[-1])
        dq = self.merge(dS @ self.k)
        dk = self.merge(dS.swapaxes(-1, -2) @ self.q + self.A.swapaxes(-1, -2) @ do)
        self.dW = np.einsum("btd,bte->de", self.x, dq)
        return dq @ self.W.T + dk
"""
SCALE = " / np.sqrt(self.q.shape[-1])\n        dq"
ASSERTED = HEADS.replace("heads):", "heads=2):\n        assert d_model % heads == 0")


@pytest.mark.parametrize("source", [HEADS, ASSERTED], ids=["two lengths", "a default"])
@pytest.mark.parametrize("wrong", [False, True])
def test_heads_are_wider_than_one(tmp_path: Path, source: str, wrong: bool) -> None:
    source = source.replace(SCALE, "\n        dq") if wrong else source
    assert judged(tmp_path, source).status == ("wrong" if wrong else "right")
