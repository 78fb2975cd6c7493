import numpy as np


class Linear:
    def __init__(self):
        self.input = None
        self.weight = None

    def forward(self, x, w, b):
        self.input = x
        self.weight = w
        return np.dot(x.reshape(x.shape[0], -1), w) + b

    def backward(self, grad):
        flat = self.input.reshape(self.input.shape[0], -1)
        return (np.dot(grad, self.weight.T).reshape(self.input.shape),
                np.dot(flat.T, grad), grad.sum(axis=0))


class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return np.where(self.mask, x, 0)

    def backward(self, grad):
        return np.where(self.mask, grad, 0)
