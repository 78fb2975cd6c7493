"""Networks of lists of weights and biases, with a cost class or the derivative of a cost alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_pieces import statuses

NETWORK = """
import numpy as np


class Network:
    def __init__(self, sizes):
        self.sizes = sizes
        self.weights = [np.random.randn(m, n) for n, m in zip(sizes, sizes[1:])]
        self.biases = [np.random.randn(m, 1) for m in sizes[1:]]

    def feedforward(self, a):
        for W, b in zip(self.weights, self.biases):
            a = sigmoid(W @ a + b)
        return a

    def backprop(self, x, y):
        zs, outs = [], [x]
        for W, b in zip(self.weights, self.biases):
            zs.append(W @ outs[-1] + b)
            outs.append(sigmoid(zs[-1]))
        nabla_b = [np.zeros_like(b) for b in self.biases]
        nabla_w = [np.zeros_like(W) for W in self.weights]
        delta = self.cost_derivative(outs[-1], y) * sigmoid_prime(zs[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = delta @ outs[-2].T
        for k in range(2, len(self.sizes)):
            delta = self.weights[1 - k].T @ delta * sigmoid_prime(zs[-k])
            nabla_b[-k] = delta
            nabla_w[-k] = delta @ outs[-k - 1].T
        return nabla_b, nabla_w

    def cost_derivative(self, out, y):
        return out - y


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1.0 - sigmoid(z))
"""
WRONG = {
    "delta @ outs[-2].T": "Network.backprop",
    "sigmoid(z) * (1.0 - sigmoid(z))": "sigmoid_prime",
}
LIKELIHOOD = """
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class LogLikelihoodCost:
    @staticmethod
    def fn(a, y):
        return -np.sum(y * np.log(a))

    @staticmethod
    def delta(z, a, y):
        return a - y
"""


def test_what_no_cost_is_written_for_is_said(tmp_path: Path) -> None:
    found = statuses(tmp_path, NETWORK)
    assert found.pop("Network.cost_derivative").startswith("not judged: no cost is written")
    assert found == {"Network.backprop": "right", "sigmoid_prime": "right"}


@pytest.mark.slow
@pytest.mark.parametrize("right", WRONG)
def test_a_mistake_of_a_network_is_seen(tmp_path: Path, right: str) -> None:
    assert right in NETWORK
    assert statuses(tmp_path, NETWORK.replace(right, f"0.5 * {right}"))[WRONG[right]] == "wrong"


def test_a_cost_of_classes_is_not_taken_after_a_sigmoid(tmp_path: Path) -> None:
    found = statuses(tmp_path, LIKELIHOOD)["LogLikelihoodCost.delta"]
    assert found == "not judged: no activation was found that makes a of z"
