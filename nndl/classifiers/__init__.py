"""Nets and losses of whole classifiers, where CS231n imports them from.

``linear_svm`` and ``softmax`` are losses of a weight matrix, ``rnn`` captions images; ``cnn``,
``fc_net`` and ``neural_net`` are :mod:`nndl.cnn`, :mod:`nndl.fc_net` and :mod:`nndl.neural_net`.
"""

from .linear_svm import svm_loss_naive, svm_loss_vectorized
from .rnn import CaptioningRNN
from .softmax import softmax_loss_naive, softmax_loss_vectorized

__all__ = [
    "CaptioningRNN",
    "softmax_loss_naive",
    "softmax_loss_vectorized",
    "svm_loss_naive",
    "svm_loss_vectorized",
]
