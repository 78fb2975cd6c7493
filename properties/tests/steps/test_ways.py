"""Every way of calling that the open contract finds: the lines are followed in the same way."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.steps import debug
from properties.steps.rewrite.session import InProcess

STATIC = """
import numpy as np
class MSE:
    @staticmethod
    def loss(y, t):
        return np.mean((y - t) ** 2)
    @staticmethod
    def grad(y, t):
        return 2 * (y + t) / y.size
"""
GRADIENTS_FIRST = """
import numpy as np
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def propagate(w, b, X, Y):
    '''
    w -- weights, a numpy array of size (D, 1)
    b -- bias, a scalar
    X -- data of size (D, m)
    Y -- true "label" vector of size (1, m)
    '''
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    dw = np.dot(X, (A - Y).T)
    db = 1 / m * np.sum(A - Y)
    grads = {"dw": dw, "db": db}
    return grads, cost
"""
MEAN_OF_ROWS = """
import numpy as np
class Squares:
    def forward(self, pred, target):
        return np.sum((pred - target) ** 2, axis=1)
    def backward(self, dvalues, target):
        samples = len(dvalues)
        self.dinputs = 2 * (dvalues + target)
        self.dinputs = self.dinputs / samples
"""
MODULE_GENERATOR = """
import numpy as np
rng = np.random.default_rng()
class Dropout:
    def forward(self, x):
        self.mask = (rng.random(x.shape) > 0.5) / 0.5
        return x * self.mask
    def backward(self, dout):
        return dout * self.mask * 0.5
"""
LISTS = """
import numpy as np
class MatMul:
    def __init__(self, W):
        self.params = [W]
        self.grads = [np.zeros_like(W)]
    def forward(self, x):
        W, = self.params
        self.x = x
        return np.dot(x, W)
    def backward(self, dout):
        W, = self.params
        dx = np.dot(dout, W.T)
        dW = np.dot(self.x.T, dout) * 2
        self.grads[0][...] = dW
        return dx
"""
OBJECTS = """
import numpy as np
class Param:
    def __init__(self, value):
        self.value = value
        self.grad = np.zeros_like(value)
class Linear:
    def __init__(self, n_input, n_output):
        self.W = Param(0.1 * np.random.randn(n_input, n_output))
        self.B = Param(0.1 * np.random.randn(1, n_output))
    def forward(self, X):
        self.X = X
        return X @ self.W.value + self.B.value
    def backward(self, d_out):
        self.W.grad += self.X.T @ d_out
        self.B.grad += 2 * d_out.sum(axis=0, keepdims=True)
        return d_out @ self.W.value.T
"""
VARIABLES_OF_THE_MODULE = """
import numpy as np
W = np.random.randn(3, 2)
b = np.zeros(2)
def loss(x):
    h = x @ W + b
    value = 0.5 * np.sum(h ** 2)
    dW = 3 * x.T @ h
    db = h.sum(axis=0)
    return value, dW, db
"""
OWN_FORWARD = """
import numpy as np
class ELU:
    def forward(self, x):
        return np.where(x >= 0.0, x, 0.3 * (np.exp(x) - 1))
    def gradient(self, x):
        return np.where(x >= 0.0, 1, self.forward(x))
"""
CACHED = """
import numpy as np
def gate_forward(Z):
    A = np.maximum(0, Z)
    return A, Z
def gate_backward(dA, cache):
    Z = cache
    dZ = np.array(dA, copy=True)
    dZ[Z > 0] = 0
    return dZ
"""
FORGOTTEN_DEFAULT = """
import numpy as np
class Softplus:
    def forward(self, x, beta=1.0):
        self.x, self.beta = x, beta
        return np.log1p(np.exp(beta * x)) / beta
    def backward(self, grad):
        return grad / (1 + np.exp(-self.x))
"""
FACTORY = """
import numpy as np
def make_scale(w, b):
    kept = {}
    def forward(x):
        kept["x"] = x
        return np.tanh(x * w + b)
    def backward(dout):
        y = np.tanh(kept["x"] * w + b)
        dz = dout * (1 - y)
        return dz * w, (dz * kept["x"]).sum(axis=0), dz.sum(axis=0)
    return forward, backward
"""
PULLBACK = """
import numpy as np
def outer_product(x, w):
    z = x @ w
    y = z ** 3
    def pullback(dout):
        dz = 3 * dout * z ** 2
        dw = x.T @ dout
        return dz @ w.T, dw
    return y, pullback
"""
GLOBALS = """
import numpy as np
dW, db = None, None
def forward(X, W, b):
    return np.tanh(X @ W + b)
def backward(dout, X, W, b):
    global dW, db
    dz = dout * (1 - forward(X, W, b) ** 2)
    dW = X.T @ dz
    db = dz.mean(axis=0)
"""
CONTEXT = """
import numpy as np
class Power:
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x ** 2 @ w
    @staticmethod
    def backward(ctx, grad_output):
        x, w = ctx.saved_tensors
        gx = x * (grad_output @ w.T)
        return gx, (x ** 2).T @ grad_output
"""
HESSIAN = """
import numpy as np
def objective(x, A):
    return 0.25 * np.sum((A @ x) ** 4)
def gradient(x, A):
    return A.T @ (A @ x) ** 3
def hessian(x, A):
    r = A @ x
    w = 3 * r ** 3
    return A.T @ (w[:, None] * A)
"""
LAYERS = """
import numpy as np
def forward(ws, x):
    kept = [x]
    for w, b in ws:
        kept.append(np.tanh(kept[-1] @ w + b))
    return kept[-1], kept
def backward(ws, kept, dout):
    grads = [None] * len(ws)
    delta = dout
    for l in range(1, len(ws) + 1):
        delta = delta * (1 - kept[-l] ** 2)
        w, b = ws[-l]
        grads[-l] = 2 * kept[-l - 1].T @ delta, delta.sum(axis=0)
        delta = delta @ w.T
    return grads
"""
MEANS = """
import numpy as np
def linear_forward(A, W, b):
    return W @ A + b, (A, W, b)
def linear_backward(dZ, cache):
    A, W, b = cache
    m = A.shape[1]
    dW = 1 / m * dZ @ A.T
    db = 1 / m * np.sum(dZ, axis=1, keepdims=True)
    dA = W.T @ dZ / m
    return dA, dW, db
"""
PIECES = {
    "layers": (LAYERS, "forward", "backward", "2 * kept[-l - 1].T", "kept[-l - 1].T"),
    "means": (MEANS, "linear_forward", "linear_backward", "dZ / m", "dZ"),
    "factory": (
        *(FACTORY, "make_scale.forward", "make_scale.backward"),
        *("dout * (1 - y)", "dout * (1 - y ** 2)"),
    ),
    "pullback": (
        *(PULLBACK, "outer_product", "outer_product.pullback"),
        *("x.T @ dout", "x.T @ dz"),
    ),
    "globals": (GLOBALS, "forward", "backward", "dz.mean", "dz.sum"),
    "context": (CONTEXT, "Power.forward", "Power.backward", "gx = x * (", "gx = 2 * x * ("),
    "hessian": (HESSIAN, "gradient", "hessian", "w = 3 * r ** 3", "w = 3 * r ** 2"),
    "static": (STATIC, "MSE.loss", "MSE.grad", "2 * (y + t)", "2 * (y - t)"),
    "gradients first": (GRADIENTS_FIRST, "propagate", None, "dw = np", "dw = 1 / m * np"),
    "mean of rows": (
        *(MEAN_OF_ROWS, "Squares.forward", "Squares.backward"),
        *("dvalues + target", "dvalues - target"),
    ),
    "generator": (MODULE_GENERATOR, "Dropout.forward", "Dropout.backward", "mask * 0.5", "mask"),
    "forgotten default": (
        *(FORGOTTEN_DEFAULT, "Softplus.forward", "Softplus.backward"),
        *("exp(-self.x)", "exp(-self.beta * self.x)"),
    ),
    "lists": (LISTS, "MatMul.forward", "MatMul.backward", "dout) * 2", "dout)"),
    "objects": (OBJECTS, "Linear.forward", "Linear.backward", "2 * d_out", "d_out"),
    "module": (VARIABLES_OF_THE_MODULE, "loss", None, "3 * x.T", "x.T"),
    "its own forward": (
        *(OWN_FORWARD, "ELU.forward", "ELU.gradient"),
        *("1, self.forward(x)", "1, self.forward(x) + 0.3"),
    ),
    "cached": (CACHED, "gate_forward", "gate_backward", "Z > 0", "Z <= 0"),
}


@pytest.mark.parametrize("name", PIECES)
def test_the_line_is_named_and_the_right_code_is_right(tmp_path: Path, name: str) -> None:
    source, forward, backward, wrong, right = PIECES[name]
    file = tmp_path / "piece.py"
    [line] = [n for n, text in enumerate(source.split("\n"), 1) if wrong in text]
    for text, outcome in ((source, "wrong"), (source.replace(wrong, right), "right")):
        file.write_text(text, encoding="utf-8")
        asked = {"forward": forward, "backward": backward, "make_runner": InProcess}
        report = debug(str(file), **asked)  # type: ignore[arg-type]
        assert report.outcome == outcome, report.verdict
        assert [m.line for m in report.mistakes[:1]] == [line] * (outcome == "wrong")
