"""Activation functions; each stands in a file of its own in :mod:`nndl.layers`."""

from .layers.elu import elu_backward, elu_forward
from .layers.gelu import gelu_backward, gelu_forward
from .layers.leaky_relu import leaky_relu_backward, leaky_relu_forward
from .layers.relu import relu_backward, relu_forward
from .layers.selu import selu_backward, selu_forward
from .layers.sigmoid import sigmoid_backward, sigmoid_forward
from .layers.silu import silu_backward, silu_forward
from .layers.softmax import softmax_backward, softmax_forward
from .layers.softplus import softplus_backward, softplus_forward
from .layers.tanh import tanh_backward, tanh_forward

__all__ = [
    "elu_backward",
    "elu_forward",
    "gelu_backward",
    "gelu_forward",
    "leaky_relu_backward",
    "leaky_relu_forward",
    "relu_backward",
    "relu_forward",
    "selu_backward",
    "selu_forward",
    "sigmoid_backward",
    "sigmoid_forward",
    "silu_backward",
    "silu_forward",
    "softmax_backward",
    "softmax_forward",
    "softplus_backward",
    "softplus_forward",
    "tanh_backward",
    "tanh_forward",
]
