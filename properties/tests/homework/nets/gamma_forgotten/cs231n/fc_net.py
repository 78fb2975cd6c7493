from builtins import range
from builtins import object
import numpy as np

from .layers import *


class FullyConnectedNet(object):
    """Fully connected net; dropout_keep_ratio = 1 means no dropout."""

    def __init__(self, hidden_dims, input_dim=3 * 32 * 32, num_classes=10, dropout_keep_ratio=1,
                 normalization=None, reg=0.0, weight_scale=1e-2, dtype=np.float32, seed=None):
        self.normalization = normalization
        self.use_dropout = dropout_keep_ratio != 1
        self.reg = reg
        self.num_layers = 1 + len(hidden_dims)
        self.dtype = dtype
        self.params = {}

        sizes = np.hstack([input_dim, hidden_dims, num_classes]).astype(int)
        for l, (fan_in, fan_out) in enumerate(zip(sizes[:-1], sizes[1:]), 1):
            self.params[f"W{l}"] = weight_scale * np.random.randn(fan_in, fan_out)
            self.params[f"b{l}"] = np.zeros(fan_out)
            if self.normalization == "batchnorm" and l != self.num_layers:
                self.params[f"gamma{l}"] = np.ones(fan_out)
                self.params[f"beta{l}"] = np.zeros(fan_out)

        self.dropout_param = {}
        if self.use_dropout:
            self.dropout_param = {"mode": "train", "p": dropout_keep_ratio}
            if seed is not None:
                self.dropout_param["seed"] = seed
        self.bn_params = []
        if self.normalization == "batchnorm":
            self.bn_params = [{"mode": "train"} for i in range(self.num_layers - 1)]

        for k, v in self.params.items():
            self.params[k] = v.astype(dtype)

    def loss(self, X, y=None):
        X = X.astype(self.dtype)
        mode = "test" if y is None else "train"
        if self.use_dropout:
            self.dropout_param["mode"] = mode
        if self.normalization == "batchnorm":
            for bn_param in self.bn_params:
                bn_param["mode"] = mode

        cache, out = {}, X
        for l in range(1, self.num_layers):
            out, cache["fc", l] = affine_forward(out, self.params[f"W{l}"], self.params[f"b{l}"])
            if self.normalization == "batchnorm":
                out, cache["bn", l] = batchnorm_forward(
                    out, self.params[f"gamma{l}"], self.params[f"beta{l}"], self.bn_params[l - 1])
            out, cache["relu", l] = relu_forward(out)
            if self.use_dropout:
                out, cache["drop", l] = dropout_forward(out, self.dropout_param)
        L = self.num_layers
        scores, cache["fc", L] = affine_forward(out, self.params[f"W{L}"], self.params[f"b{L}"])

        if mode == "test":
            return scores

        loss, d = softmax_loss(scores, y)
        grads = {}
        for l in range(L, 0, -1):
            if l < L:
                if self.use_dropout:
                    d = dropout_backward(d, cache["drop", l])
                d = relu_backward(d, cache["relu", l])
                if self.normalization == "batchnorm":
                    d, _, grads[f"beta{l}"] = batchnorm_backward(d, cache["bn", l])
            d, grads[f"W{l}"], grads[f"b{l}"] = affine_backward(d, cache["fc", l])
            grads[f"W{l}"] += self.reg * self.params[f"W{l}"]
            loss += 0.5 * self.reg * np.sum(self.params[f"W{l}"] ** 2)
        return loss, grads
