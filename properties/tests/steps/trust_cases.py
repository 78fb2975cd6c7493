"""Right code of strangers in the shapes that derivations have, and a wrong line for each."""

from __future__ import annotations

TWO_OUTPUTS = """
def forward(x, w):
    a = x * w
    b = x + w
    return a, b, (x, w)

def backward(da, db, cache):
    x, w = cache
    dx = da * w + db
    dw = da * x + db
    return dx, dw
"""
NO_NAME = """
def loss(center, vectors):
    value = ((vectors @ center) ** 2).sum() / 2
    grad_center = vectors.T @ (vectors @ center)
    grad_outside = (vectors @ center)[:, None] * center
    return value, grad_center, grad_outside
"""
MEAN_TAKEN_LATE = """
def f(x, w, b, v, y):
    m = x.shape[1]
    h = w @ x + b
    z = v @ h
    return ((z - y) ** 2).sum() / (2 * m), (x, w, v, y, h, z)

def g(cache):
    x, w, v, y, h, z = cache
    m = x.shape[1]
    dz = z - y
    dv = dz @ h.T / m
    dh = v.T @ dz
    dw = dh @ x.T / m
    db = dh.sum(axis=1, keepdims=True) / m
    return {"dw": dw, "db": db, "dv": dv}
"""
LOCAL_DERIVATIVE = """
import numpy as np

def f(x, w):
    s = x * w
    t = np.tanh(s)
    return t, (x, w, t)

def g(dout, cache):
    x, w, t = cache
    dt = 1 - t ** 2
    ds = dout * dt
    dx = ds * w
    dw = (ds * x).sum(0)
    return dx, dw
"""
HELPER = """
import numpy as np

def sigmoid(x, derivative=False):
    f = 1 / (1 + np.exp(-x))
    if derivative:
        return f * (1 - f)
    return f

def gate_forward(x, w):
    f = x * w
    return sigmoid(f), (x, w, f)

def gate_backward(dout, cache):
    x, w, f = cache
    df = sigmoid(f, derivative=True) * dout
    dw = df * x
    dx = df * w
    return dx, dw
"""
INHERITED = """
import numpy as np

class Activation:
    def __init__(self, function, prime):
        self.function, self.prime = function, prime

    def forward(self, x):
        self.x = x
        return self.function(x)

    def backward(self, gradient):
        return gradient * self.prime(self.x)

class Tanh(Activation):
    def __init__(self):
        super().__init__(np.tanh, lambda x: 1 - np.tanh(x) ** 2)
"""
LISTS = """
import numpy as np

class Affine:
    def __init__(self, W, b):
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x):
        W, b = self.params
        self.x = x
        return x @ W + b

    def backward(self, dout):
        W, b = self.params
        dW = self.x.T @ dout
        self.grads[0][...] = dW
        self.grads[1][...] = dout.sum(axis=0)
        return dout @ W.T
"""
SETS_ATTRIBUTES = """
import numpy as np

class Dense:
    def __init__(self, n_in, n_out):
        self.weights = np.random.randn(n_in, n_out)
        self.biases = np.zeros((1, n_out))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs @ self.weights + self.biases

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dbiases = dvalues.sum(axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T
"""
TAKES_A_STEP = """
import numpy as np

class Layer:
    def __init__(self, n_in, n_out):
        self.weights = np.random.rand(n_in, n_out) - 0.5

    def forward(self, x):
        self.x = x
        return x @ self.weights

    def backward(self, error, learning_rate):
        back = error @ self.weights.T
        step = self.x.T @ error
        self.weights -= learning_rate * step
        return back
"""
ARGUMENTS_AGAIN = """
import numpy as np

def loss(x, y, W):
    z = W @ x
    p = np.exp(z) / np.exp(z).sum(axis=0)
    return -(y * np.log(p)).sum() / x.shape[1]

def back(x, p, y, n=1.0):
    return (p - y) @ x.T / x.shape[1]
"""
ITS_OWN = """
import numpy as np

def sigmoid(x, derivative=False):
    s = 1 / (1 + np.exp(-x))
    if derivative:
        return s * (1 - s)
    return s
"""
JACOBIAN = """
import numpy as np

class Softmax:
    def forward(self, x):
        e = np.exp(x)
        self.value = e / e.sum()
        return self.value

    def backward(self):
        p = self.value
        J = np.diag(p) - np.outer(p, p)
        return J
"""
OVER_TIME = """
import numpy as np

def forward(xs, h, W, U):
    hs = [h]
    for x in xs:
        a = W @ x + U @ hs[-1]
        h = np.tanh(a)
        hs.append(h)
    return np.array(hs[1:]), (xs, W, U, hs)

def backward(dout, cache):
    xs, W, U, hs = cache
    dW, dU, carried = np.zeros_like(W), np.zeros_like(U), np.zeros_like(hs[0])
    for t in reversed(range(len(xs))):
        dh = dout[t] + carried
        da = dh * (1 - hs[t + 1] ** 2)
        dW += np.outer(da, xs[t])
        dU += np.outer(da, hs[t])
        carried = U.T @ da
    return {"W": dW, "U": dU, "h": carried}
"""
GATE = """
import numpy as np

def loss(x, y, W, V):
    h = np.maximum(0, W @ x)
    z = V @ h
    return ((z - y) ** 2).sum() / (2 * x.shape[1])

def back(x, y, W, V, h, z):
    m = x.shape[1]
    one = V.T @ (z - y)
    one[h <= 0] = 0
    dW = one @ x.T / m
    dV = (z - y) @ h.T / m
    return dW, dV
"""

PAIR = {"forward": "f", "backward": "g"}
CASES = {
    "two outputs": (
        TWO_OUTPUTS,
        {"forward": "forward", "backward": "backward", "inputs": "x: (N,), w: (N,)"},
        "dw = da * x + db",
        "dw = da * x - db",
    ),
    "a gradient of no name": (
        NO_NAME,
        {"forward": "loss", "inputs": "center: (E,), vectors: (V, E)"},
        "grad_outside = (",
        "grad_outside = 3 * (",
    ),
    "a local derivative": (
        LOCAL_DERIVATIVE,
        {**PAIR, "inputs": "x: (N, D), w: (D,)"},
        "dw = (ds * x).sum(0)",
        "dw = (dt * x).sum(0)",
    ),
    "a local of a helper": (
        HELPER,
        {"forward": "gate_forward", "backward": "gate_backward", "inputs": "x: (N,), w: (N,)"},
        "df = sigmoid(f, derivative=True) * dout",
        "df = sigmoid(f) * dout",
    ),
    "an inherited forward": (
        INHERITED,
        {"forward": "Tanh.forward", "backward": "Tanh.backward", "inputs": "x: (N, D)"},
        "return gradient * self.prime(self.x)",
        "return gradient + self.prime(self.x)",
    ),
    "lists of parameters": (
        LISTS,
        {
            "forward": "Affine.forward",
            "backward": "Affine.backward",
            "inputs": "W: (D, M), b: (M,), x: (N, D)",
        },
        "dW = self.x.T @ dout",
        "dW = 3 * self.x.T @ dout",
    ),
    "attributes alone": (
        SETS_ATTRIBUTES,
        {
            "forward": "Dense.forward",
            "backward": "Dense.backward",
            "inputs": "n_in: D, n_out: M, inputs: (N, D)",
        },
        "self.dbiases = dvalues.sum(",
        "self.dbiases = dvalues.mean(",
    ),
    "a step that is taken": (
        TAKES_A_STEP,
        {
            "forward": "Layer.forward",
            "backward": "Layer.backward",
            "inputs": "n_in: D, n_out: M, x: (N, D), learning_rate: 0.1",
        },
        "back = error @ self.weights.T",
        "back = 2 * error @ self.weights.T",
    ),
    "the forward's arguments and locals again": (
        ARGUMENTS_AGAIN,
        {
            "forward": "loss",
            "backward": "back",
            "inputs": "x: (D, m), y: onehot_columns(C, m), W: (C, D)",
        },
        "return (p - y)",
        "return (p + y)",
    ),
    "a line of no name before the mean is taken": (
        GATE,
        {
            "forward": "loss",
            "backward": "back",
            "inputs": "x: (D, m), y: (C, m), W: (H, D), V: (C, H)",
        },
        "one[h <= 0] = 0",
        "one = np.maximum(0, one)",
    ),
    "one function as its own backward": (
        ITS_OWN,
        {"forward": "sigmoid", "backward": "sigmoid", "inputs": "x: (N, D)"},
        "return s * (1 - s)",
        "return x * (1 - x)",
    ),
    "a Jacobian": (
        JACOBIAN,
        {"forward": "Softmax.forward", "backward": "Softmax.backward", "inputs": "x: (C,)"},
        "J = np.diag(p) - np.outer(p, p)",
        "J = np.diag(p) + np.outer(p, p)",
    ),
    "loops over time and lists": (
        OVER_TIME,
        {
            "forward": "forward",
            "backward": "backward",
            "inputs": "xs: (3, D), h: (H,), W: (H, D), U: (H, H)",
        },
        "da = dh * (1 - hs[t + 1] ** 2)",
        "da = dh * (1 - hs[t] ** 2)",
    ),
}  # fmt: skip
