"""The layers, one to a file: a forward pass that returns a cache, a backward pass that uses it.

Notation: N is the size of the batch, D the number of input features, M the number of output
features, C the number of classes, L the scalar loss at the end of the net, and ``dout`` the
upstream derivative ∂L/∂out, which has the shape of ``out``. A backward pass returns the
derivatives of L with respect to the inputs of its layer: the vector-Jacobian product of ``dout``.

Floating dtypes are kept, integers become float64. Arguments are never changed, except
that :func:`batchnorm_forward` writes new running statistics into ``bn_param``.
"""

from .affine import affine_backward, affine_forward
from .attention import attention_backward, attention_forward
from .batchnorm import batchnorm_backward, batchnorm_forward
from .batchnorm_alt import batchnorm_backward_alt
from .bce_with_logits import bce_with_logits_loss
from .convolution import conv_backward_naive, conv_forward_naive
from .convolution_fast import conv_backward_fast, conv_forward_fast
from .cross_entropy import softmax_loss
from .dropout import dropout_backward, dropout_forward
from .elu import elu_backward, elu_forward
from .gelu import gelu_backward, gelu_forward
from .huber import huber_loss
from .layernorm import layernorm_backward, layernorm_forward
from .leaky_relu import leaky_relu_backward, leaky_relu_forward
from .lstm import lstm_backward, lstm_forward, lstm_step_backward, lstm_step_forward
from .max_pool import max_pool_backward_naive, max_pool_forward_naive
from .max_pool_fast import max_pool_backward_fast, max_pool_forward_fast
from .mse import mse_loss
from .relu import relu_backward, relu_forward
from .rnn import rnn_backward, rnn_forward, rnn_step_backward, rnn_step_forward
from .scaled_dot_product import sdpa_backward, sdpa_forward
from .selu import selu_backward, selu_forward
from .sigmoid import sigmoid_backward, sigmoid_forward
from .silu import silu_backward, silu_forward
from .softmax import softmax_backward, softmax_forward
from .softplus import softplus_backward, softplus_forward
from .spatial_batchnorm import spatial_batchnorm_backward, spatial_batchnorm_forward
from .spatial_groupnorm import spatial_groupnorm_backward, spatial_groupnorm_forward
from .svm import svm_loss
from .tanh import tanh_backward, tanh_forward
from .temporal_affine import temporal_affine_backward, temporal_affine_forward
from .temporal_softmax import temporal_softmax_loss
from .word_embedding import word_embedding_backward, word_embedding_forward

__all__ = [
    "affine_backward",
    "affine_forward",
    "attention_backward",
    "attention_forward",
    "batchnorm_backward",
    "batchnorm_backward_alt",
    "batchnorm_forward",
    "bce_with_logits_loss",
    "conv_backward_fast",
    "conv_backward_naive",
    "conv_forward_fast",
    "conv_forward_naive",
    "dropout_backward",
    "dropout_forward",
    "elu_backward",
    "elu_forward",
    "gelu_backward",
    "gelu_forward",
    "huber_loss",
    "layernorm_backward",
    "layernorm_forward",
    "leaky_relu_backward",
    "leaky_relu_forward",
    "lstm_backward",
    "lstm_forward",
    "lstm_step_backward",
    "lstm_step_forward",
    "max_pool_backward_fast",
    "max_pool_backward_naive",
    "max_pool_forward_fast",
    "max_pool_forward_naive",
    "mse_loss",
    "relu_backward",
    "relu_forward",
    "rnn_backward",
    "rnn_forward",
    "rnn_step_backward",
    "rnn_step_forward",
    "sdpa_backward",
    "sdpa_forward",
    "selu_backward",
    "selu_forward",
    "sigmoid_backward",
    "sigmoid_forward",
    "silu_backward",
    "silu_forward",
    "softmax_backward",
    "softmax_forward",
    "softmax_loss",
    "softplus_backward",
    "softplus_forward",
    "spatial_batchnorm_backward",
    "spatial_batchnorm_forward",
    "spatial_groupnorm_backward",
    "spatial_groupnorm_forward",
    "svm_loss",
    "tanh_backward",
    "tanh_forward",
    "temporal_affine_backward",
    "temporal_affine_forward",
    "temporal_softmax_loss",
    "word_embedding_backward",
    "word_embedding_forward",
]
