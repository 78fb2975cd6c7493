"""Layers of recurrent nets; each has a file in :mod:`nndl.layers`."""

from .layers.lstm import lstm_backward, lstm_forward, lstm_step_backward, lstm_step_forward
from .layers.rnn import rnn_backward, rnn_forward, rnn_step_backward, rnn_step_forward
from .layers.temporal_affine import temporal_affine_backward, temporal_affine_forward
from .layers.temporal_softmax import temporal_softmax_loss
from .layers.word_embedding import word_embedding_backward, word_embedding_forward

__all__ = [
    "lstm_backward",
    "lstm_forward",
    "lstm_step_backward",
    "lstm_step_forward",
    "rnn_backward",
    "rnn_forward",
    "rnn_step_backward",
    "rnn_step_forward",
    "temporal_affine_backward",
    "temporal_affine_forward",
    "temporal_softmax_loss",
    "word_embedding_backward",
    "word_embedding_forward",
]
