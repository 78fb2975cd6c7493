"""Mistakes that inputs of another form would hide: equal lengths, parts of width one, no layers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from properties.commands.undeclared import Search, judge_undeclared
from properties.discovery.found import NotJudged
from properties.implementation import resolve_target
from properties.spec.demands import Demands

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


GROUPS = """
class GroupNorm:
    def __init__(self, num_groups, num_channels):
        assert num_channels % num_groups == 0
        self.G, self.gamma = num_groups, np.ones((num_channels, 1))

    def forward(self, x):
        g = x.reshape(len(x), self.G, -1)
        self.inv = 1 / np.sqrt(g.var(-1, keepdims=True) + 1e-5)
        self.xn = (g - g.mean(-1, keepdims=True)) * self.inv
        n, c, t = x.shape
        return self.gamma * self.xn.reshape(n, c, t)

    def backward(self, dout):
        self.dgamma = (dout * self.xn.reshape(dout.shape)).sum((0, 2))[:, None]
        d = (dout * self.gamma).reshape(self.xn.shape)
        mean = d.mean(-1, keepdims=True) + self.xn * (d * self.xn).mean(-1, keepdims=True)
        return (self.inv * (d - mean)).reshape(dout.shape)
"""


def test_channels_are_several_groups(tmp_path: Path) -> None:
    told = judged(tmp_path, GROUPS)
    assert told.status == "right"
    assert "num_channels: N * D" in told.found.inputs


STACK = """
class Sequential:
    def __init__(self, *layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad
"""
LIST = STACK.replace("*layers", "layers").replace("layer.forward(x)", "layer(x)")


@pytest.mark.parametrize("source", [STACK, LIST], ids=["any number", "a list"])
def test_a_container_is_filled_with_layers(tmp_path: Path, source: str) -> None:
    """Without any it returns its input, and the order in which it goes back does not show."""
    assert judged(tmp_path, source).status == "right"
    forgot = source.replace("reversed(self.layers)", "self.layers")
    assert judged(tmp_path, forgot).status == "wrong"


def test_a_container_of_layers_of_its_own_is_not_judged_empty(tmp_path: Path) -> None:
    own = STACK.replace("reversed(self.layers)", "self.layers[-2::-1]")
    (tmp_path / "own.py").write_text(own, encoding="utf-8")
    search = Search(target=resolve_target(str(tmp_path / "own.py")), demands=Demands())
    (one,) = judge_undeclared(replace(search, in_process=True)).found
    assert isinstance(one, NotJudged)
    assert "*layers" in one.reason


ENTROPY = """
def cross_entropy(p, y):
    \"\"\"p: rows(N, C), y: onehot(N, C)\"\"\"
    return -np.mean(np.sum(y * np.log(p), axis=1))


def cross_entropy_grad(p, y):
    return (p - y) / len(y)
"""


@pytest.mark.parametrize("by", ["len(y)", "y.size", "1", "y.shape[1]"])
def test_the_gradient_of_both_steps_is_divided_by_no_number_of_classes(
    tmp_path: Path, by: str
) -> None:
    """Prediction minus label stands for softmax and cross-entropy together: a convention."""
    told = judged(tmp_path, ENTROPY.replace("len(y)", by))
    assert told.status == ("wrong" if by == "y.shape[1]" else "right")
