"""The rows of the matrix, in the contract's order."""

from __future__ import annotations

from ..spec.misconception import Misconception
from ..spec.row import LayerSpec
from .affine import AFFINE
from .affine_batchnorm_relu import AFFINE_BATCHNORM_RELU
from .affine_relu import AFFINE_RELU
from .attention import ATTENTION
from .autoencoder import AUTOENCODER
from .batchnorm import BATCHNORM
from .batchnorm_alt import BATCHNORM_ALT
from .bce_with_logits import BCE_WITH_LOGITS
from .captioning import CAPTIONING
from .conv import CONV, CONV_FAST, CONV_OTHERS
from .conv_bn_relu import CONV_BN_RELU
from .conv_net import THREE_LAYER
from .conv_relu import CONV_RELU
from .conv_relu_pool import CONV_RELU_POOL
from .dropout import DROPOUT
from .elu import ELU
from .gelu import GELU
from .gplvm import GPLVM
from .gplvm_terms import LOG_DETERMINANT, TRACE
from .huber import HUBER
from .layernorm import LAYERNORM
from .leaky_relu import LEAKY_RELU
from .linear_softmax import LINEAR_SOFTMAX
from .linear_svm import LINEAR_SVM
from .lstm import LSTM, LSTM_STEP
from .max_pool import MAX_POOL, MAX_POOL_FAST
from .max_pool_others import MAX_POOL_OTHERS
from .mse import MSE
from .nets import NETS
from .optim import RULES
from .relu import RELU
from .rnn import RNN, RNN_STEP
from .sdpa import SDPA
from .selu import SELU
from .sigmoid import SIGMOID
from .silu import SILU
from .softmax import SOFTMAX
from .softmax_activation import SOFTMAX_ACTIVATION
from .softplus import SOFTPLUS
from .solver import SOLVER
from .spatial_batchnorm import SPATIAL_BATCHNORM
from .spatial_groupnorm import SPATIAL_GROUPNORM
from .svm import SVM
from .tanh import TANH
from .temporal_affine import TEMPORAL_AFFINE
from .temporal_softmax import TEMPORAL_SOFTMAX
from .word_embedding import WORD_EMBEDDING

ALL: tuple[LayerSpec, ...] = (
    AFFINE,
    RELU,
    SIGMOID,
    TANH,
    LEAKY_RELU,
    ELU,
    SELU,
    GELU,
    SOFTPLUS,
    SILU,
    SOFTMAX_ACTIVATION,
    BATCHNORM,
    BATCHNORM_ALT,
    DROPOUT,
    LAYERNORM,
    SPATIAL_BATCHNORM,
    SPATIAL_GROUPNORM,
    CONV,
    CONV_FAST,
    MAX_POOL,
    MAX_POOL_FAST,
    SVM,
    SOFTMAX,
    MSE,
    HUBER,
    BCE_WITH_LOGITS,
    AFFINE_RELU,
    AFFINE_BATCHNORM_RELU,
    CONV_RELU,
    CONV_RELU_POOL,
    CONV_BN_RELU,
    AUTOENCODER,
    GPLVM,
    LOG_DETERMINANT,
    TRACE,
    RNN_STEP,
    RNN,
    LSTM_STEP,
    LSTM,
    SDPA,
    ATTENTION,
    WORD_EMBEDDING,
    TEMPORAL_AFFINE,
    TEMPORAL_SOFTMAX,
    *LINEAR_SVM,
    *LINEAR_SOFTMAX,
    *NETS,
    THREE_LAYER,
    CAPTIONING,
    *RULES,
    SOLVER,
)

OTHER_NAMES: tuple[LayerSpec, ...] = (*CONV_OTHERS, *MAX_POOL_OTHERS)
"""Rows under names that few targets have: they concern those that define one of their functions."""

EVERY: tuple[LayerSpec, ...] = (*ALL, *OTHER_NAMES)


def __getattr__(name: str) -> tuple[Misconception, ...]:
    """``MISCONCEPTIONS``, those of all rows, are read when they are asked for."""
    if name != "MISCONCEPTIONS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return tuple(m for row in ALL for m in row.misconceptions)


__all__ = ["ALL", "EVERY", "MISCONCEPTIONS", "OTHER_NAMES"]
