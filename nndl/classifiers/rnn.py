"""A recurrent net that writes captions of images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .._validate import FloatArray, IntArray, floating, integers_below, real_arrays, whole_number
from ..layers.affine import affine_backward, affine_forward
from ..layers.lstm import lstm_backward, lstm_forward, lstm_step_forward
from ..layers.rnn import rnn_backward, rnn_forward, rnn_step_forward
from ..layers.temporal_affine import temporal_affine_backward, temporal_affine_forward
from ..layers.temporal_softmax import temporal_softmax_loss
from ..layers.word_embedding import word_embedding_backward, word_embedding_forward

__all__ = ["CaptioningRNN"]

CELLS: dict[str, tuple[Any, Any]] = {
    "rnn": (rnn_forward, rnn_backward),
    "lstm": (lstm_forward, lstm_backward),
}


class CaptioningRNN:
    """Affine of the image's features for the first state, then word by word a recurrent net.

    The state after each word gives the scores of the next one: embedding - RNN or LSTM - temporal
    affine - temporal softmax.

    Parameters
    ----------
    word_to_idx : mapping
        From the V words to 0, …, V − 1; holds '<NULL>', and '<START>' and '<END>' for
        :meth:`sample`.
    input_dim, wordvec_dim, hidden_dim : int
        D features of an image, W entries of a word's vector, H of the state.
    cell_type : {'rnn', 'lstm'}
    dtype : floating dtype
        Of the parameters; features are converted to it.

    Attributes
    ----------
    params : dict
        W_embed (V, W), W_proj (D, H), b_proj (H,), Wx (W, k H), Wh (H, k H), b (k H,),
        W_vocab (H, V), b_vocab (V,), with k = 4 blocks for an LSTM and 1 for an RNN. The weights
        are drawn from numpy's global random state in this order, the biases are zero.

    Raises
    ------
    ValueError
        If an argument is out of its range; the message names it.

    References
    ----------
    Vinyals et al., "Show and Tell: A Neural Image Caption Generator" (2015); CS231n, assignment 3,
    ``classifiers/rnn.py``.
    """

    def __init__(
        self,
        word_to_idx: Mapping[str, int],
        input_dim: int = 512,
        wordvec_dim: int = 128,
        hidden_dim: int = 128,
        cell_type: str = "rnn",
        dtype: DTypeLike = np.float32,
    ) -> None:
        if cell_type not in ("rnn", "lstm"):
            raise ValueError(f"cell_type must be 'rnn' or 'lstm', got {cell_type!r}")
        if not isinstance(word_to_idx, Mapping) or "<NULL>" not in word_to_idx:
            raise ValueError("word_to_idx must be a dict of words that holds '<NULL>'")
        V = len(word_to_idx)
        if sorted(word_to_idx.values()) != list(range(V)):
            raise ValueError(f"word_to_idx must number its words 0, …, {V - 1}, each once")
        D = whole_number("input_dim", input_dim, 1)
        M = whole_number("wordvec_dim", wordvec_dim, 1)
        H = whole_number("hidden_dim", hidden_dim, 1)
        self.cell_type = cell_type
        self.dtype = floating("dtype", dtype)
        self.word_to_idx = dict(word_to_idx)
        self.idx_to_word = {i: word for word, i in word_to_idx.items()}
        self._null = word_to_idx["<NULL>"]

        blocks = {"rnn": 1, "lstm": 4}[cell_type]
        self.params: dict[str, FloatArray] = {
            "W_embed": np.random.randn(V, M) / 100,
            "W_proj": np.random.randn(D, H) / np.sqrt(D),
            "b_proj": np.zeros(H),
            "Wx": np.random.randn(M, blocks * H) / np.sqrt(M),
            "Wh": np.random.randn(H, blocks * H) / np.sqrt(H),
            "b": np.zeros(blocks * H),
            "W_vocab": np.random.randn(H, V) / np.sqrt(H),
            "b_vocab": np.zeros(V),
        }
        for name, param in self.params.items():
            self.params[name] = param.astype(self.dtype)

    def loss(
        self, features: ArrayLike, captions: ArrayLike
    ) -> tuple[np.floating[Any], dict[str, FloatArray]]:
        """Return the loss of captions and its gradients.

        The input is every caption without its last word, and what is wanted is the same without its
        first: the word that follows. Steps whose wanted word is '<NULL>' do not count.

        The gradients come from the backward passes of the layers, in reverse order; the derivative
        with respect to the first state goes on into the projection of the features.

        Parameters
        ----------
        features : array (N, D)
        captions : integer array (N, T + 1)
            Words in [0, V).

        Returns
        -------
        loss : floating scalar
        grads : dict
            With the keys, shapes and dtype of ``params``.

        Raises
        ------
        ValueError
            If the shapes do not fit, a word is out of range, or a caption has fewer than two.
        """
        features = self._features(features)
        captions = integers_below("captions", captions, len(self.word_to_idx), "words")
        if captions.ndim != 2 or captions.shape[1] < 2 or len(captions) != len(features):
            raise ValueError(
                f"captions must have shape ({len(features)}, T + 1) with T >= 1, one for each row "
                f"of features, got {captions.shape}"
            )
        given, wanted = captions[:, :-1], captions[:, 1:]
        forward, backward = CELLS[self.cell_type]
        p, grads = self.params, {}

        h0, proj_cache = affine_forward(features, p["W_proj"], p["b_proj"])
        vectors, embed_cache = word_embedding_forward(given, p["W_embed"])
        h, cell_cache = forward(vectors, h0, p["Wx"], p["Wh"], p["b"])
        scores, vocab_cache = temporal_affine_forward(h, p["W_vocab"], p["b_vocab"])
        loss, dscores = temporal_softmax_loss(scores, wanted, wanted != self._null)

        dh, grads["W_vocab"], grads["b_vocab"] = temporal_affine_backward(dscores, vocab_cache)
        dvectors, dh0, grads["Wx"], grads["Wh"], grads["b"] = backward(dh, cell_cache)
        grads["W_embed"] = word_embedding_backward(dvectors, embed_cache)
        _, grads["W_proj"], grads["b_proj"] = affine_backward(dh0, proj_cache)
        return loss, {name: grads[name] for name in p}

    def sample(self, features: ArrayLike, max_length: int = 30) -> IntArray:
        """Return captions (N, max_length): at each step the word with the highest score.

        A caption starts after '<START>', ends with '<END>', and is '<NULL>' from there on.

        Raises
        ------
        ValueError
            If the features do not fit, or the vocabulary lacks '<START>' or '<END>'.
        """
        for name in ("<START>", "<END>"):
            if name not in self.word_to_idx:
                raise ValueError(f"word_to_idx must hold {name!r} to sample captions")
        max_length = whole_number("max_length", max_length, 1)
        p = self.params
        h, _ = affine_forward(self._features(features), p["W_proj"], p["b_proj"])
        c = np.zeros_like(h)
        captions = np.full((len(h), max_length), self._null, dtype=np.intp)
        word = np.full(len(h), self.word_to_idx["<START>"], dtype=np.intp)
        open_ones = np.ones(len(h), dtype=bool)
        for t in range(max_length):
            vectors = p["W_embed"][word]
            if self.cell_type == "rnn":
                h, _ = rnn_step_forward(vectors, h, p["Wx"], p["Wh"], p["b"])
            else:
                h, c, _ = lstm_step_forward(vectors, h, c, p["Wx"], p["Wh"], p["b"])
            scores, _ = affine_forward(h, p["W_vocab"], p["b_vocab"])
            word = scores.argmax(axis=1)
            captions[open_ones, t] = word[open_ones]
            open_ones &= word != self.word_to_idx["<END>"]
        return captions

    def _features(self, features: ArrayLike) -> FloatArray:
        """Return features (N, D) in the dtype of the parameters."""
        (found,) = real_arrays(features=features)
        D = len(self.params["W_proj"])
        if found.ndim != 2 or found.shape[1] != D:
            raise ValueError(f"features must have shape (N, {D}), got {found.shape}")
        return found.astype(self.dtype, copy=False)
