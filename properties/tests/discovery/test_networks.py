"""Networks of lists of weights and biases, with a cost class or the derivative of a cost alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_pieces import statuses

NETWORK = """
import numpy as np


class Network(object):

    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.biases = [np.random.randn(y, 1) for y in sizes[1:]]
        self.weights = [np.random.randn(y, x)
                        for x, y in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        # the output
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a)+b)
        return a

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        # feedforward
        activation = x
        activations = [x] # list to store all the activations, layer by layer
        zs = [] # list to store all the z vectors, layer by layer
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation)+b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)
        # backward pass
        delta = self.cost_derivative(activations[-1], y) * \
            sigmoid_prime(zs[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for l in range(2, self.num_layers):
            z = zs[-l]
            sp = sigmoid_prime(z)
            delta = np.dot(self.weights[-l+1].transpose(), delta) * sp
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l-1].transpose())
        return (nabla_b, nabla_w)

    def cost_derivative(self, output_activations, y):
        return (output_activations-y)

#### Miscellaneous functions
def sigmoid(z):
    return 1.0/(1.0+np.exp(-z))

def sigmoid_prime(z):
    return sigmoid(z)*(1-sigmoid(z))
"""
WRONG = {
    "np.dot(delta, activations[-2].transpose())": "Network.backprop",
    "sigmoid(z)*(1-sigmoid(z))": "sigmoid_prime",
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
    assert statuses(tmp_path, NETWORK.replace(right, f"0.5*{right}"))[WRONG[right]] == "wrong"


def test_a_cost_of_classes_is_not_taken_after_a_sigmoid(tmp_path: Path) -> None:
    found = statuses(tmp_path, LIKELIHOOD)["LogLikelihoodCost.delta"]
    assert found == "not judged: no activation was found that makes a of z"
