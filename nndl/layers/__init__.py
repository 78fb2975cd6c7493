"""The layers, one to a file: a forward pass that returns a cache, a backward pass that uses it.

Notation: N is the size of the batch, D the number of input features, M the number of output
features, C the number of classes, L the scalar loss at the end of the net, and ``dout`` the
upstream derivative ∂L/∂out, which has the shape of ``out``. A backward pass returns the
derivatives of L with respect to the inputs of its layer: the vector-Jacobian product of ``dout``.

Floating dtypes are kept, integers become float64. Arguments are never changed, except
that :func:`batchnorm_forward` writes new running statistics into ``bn_param``.
"""

from .affine import affine_backward, affine_forward
from .batchnorm import batchnorm_backward, batchnorm_forward
from .cross_entropy import softmax_loss
from .dropout import dropout_backward, dropout_forward
from .layernorm import layernorm_backward, layernorm_forward
from .relu import relu_backward, relu_forward
from .svm import svm_loss

__all__ = [
    "affine_backward",
    "affine_forward",
    "batchnorm_backward",
    "batchnorm_forward",
    "dropout_backward",
    "dropout_forward",
    "layernorm_backward",
    "layernorm_forward",
    "relu_backward",
    "relu_forward",
    "softmax_loss",
    "svm_loss",
]
