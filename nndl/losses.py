"""Losses: value and gradient together; each has a file in :mod:`nndl.layers`."""

from .layers.bce_with_logits import bce_with_logits_loss
from .layers.cross_entropy import softmax_loss
from .layers.huber import huber_loss
from .layers.mse import mse_loss
from .layers.svm import svm_loss
from .layers.temporal_softmax import temporal_softmax_loss

__all__ = [
    "bce_with_logits_loss",
    "huber_loss",
    "mse_loss",
    "softmax_loss",
    "svm_loss",
    "temporal_softmax_loss",
]
