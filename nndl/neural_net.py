"""A two-layer net in one piece: no layers to reuse, every derivative in place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._validate import FloatArray, IntArray, check_shape, number, real_arrays, whole_number
from .layers import softmax_loss

__all__ = ["TwoLayerNet"]


class TwoLayerNet:
    """Affine - ReLU - affine - softmax, with L2 regularisation of the weights.

    scores = max(0, X W1ᵀ + b1) W2ᵀ + b2.

    A weight matrix has a row for each unit that it computes: it is the transpose of the one of the
    modular layers in :mod:`nndl.layers`.

    Parameters
    ----------
    input_size, hidden_size, output_size : int
        D, H and C.
    std : float
        Standard deviation of the initial weights, which are drawn from numpy's global random
        state in the order W1, W2.

    Attributes
    ----------
    params : dict
        W1 (H, D), b1 (H,), W2 (C, H), b2 (C,).
    """

    def __init__(
        self, input_size: int, hidden_size: int, output_size: int, std: float = 1e-4
    ) -> None:
        D = whole_number("input_size", input_size, 1)
        H = whole_number("hidden_size", hidden_size, 1)
        C = whole_number("output_size", output_size, 1)
        std = number("std", std, ">= 0")
        self.params: dict[str, FloatArray] = {}
        self.params["W1"] = std * np.random.randn(H, D)
        self.params["b1"] = np.zeros(H)
        self.params["W2"] = std * np.random.randn(C, H)
        self.params["b2"] = np.zeros(C)

    def loss(self, X: ArrayLike, y: ArrayLike | None = None, reg: float = 0.0) -> Any:
        """Return the scores, or the loss and its gradients.

        L = mean cross-entropy + ½ reg (‖W1‖² + ‖W2‖²). With a = X W1ᵀ + b1, h = max(0, a) and
        s = h W2ᵀ + b2, the chain rule from the end gives, for ds = ∂L/∂s of the softmax,

        - dW2 = dsᵀ h + reg W2, as s_nc = Σ_k h_nk W2_ck, and db2 = Σ_n ds_n;
        - dh = ds W2 and da = dh · [a > 0];
        - dW1 = daᵀ X + reg W1 and db1 = Σ_n da_n.

        Parameters
        ----------
        X : array (N, D)
        y : integer array (N,), optional
            Labels in [0, C).
        reg : float
            Strength of the regularisation; biases are not regularised.

        Returns
        -------
        scores : array (N, C)
            If y is None.
        loss, grads : floating scalar, dict
            Otherwise; ``grads`` has the keys and shapes of ``params``.

        Raises
        ------
        ValueError
            If the shapes do not fit or the labels are no integers in [0, C).
        """
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        X = self._rows(X)
        reg = number("reg", reg, ">= 0")
        hidden = np.maximum(X @ W1.T + b1, 0)
        scores = hidden @ W2.T + b2
        if y is None:
            return scores

        data_loss, dscores = softmax_loss(scores, y)
        loss = data_loss + 0.5 * reg * float(np.sum(W1 * W1) + np.sum(W2 * W2))
        dhidden = (dscores @ W2) * (hidden > 0)
        grads = {
            "W1": dhidden.T @ X + reg * W1,
            "b1": dhidden.sum(axis=0),
            "W2": dscores.T @ hidden + reg * W2,
            "b2": dscores.sum(axis=0),
        }
        return loss, grads

    def train(
        self,
        X: ArrayLike,
        y: ArrayLike,
        X_val: ArrayLike,
        y_val: ArrayLike,
        learning_rate: float = 1e-3,
        learning_rate_decay: float = 0.95,
        reg: float = 1e-5,
        num_iters: int = 100,
        batch_size: int = 200,
        verbose: bool = False,
    ) -> dict[str, list[float]]:
        """Minimise the loss by stochastic gradient descent.

        Every minibatch is ``np.random.choice(num_train, batch_size)``, with replacement. Once an
        epoch, starting with the first iteration, the accuracies are recorded and the learning
        rate is multiplied by its decay.

        Parameters
        ----------
        X, y : arrays (N, D) and (N,)
            Training data.
        X_val, y_val : arrays
            Validation data.
        learning_rate, learning_rate_decay, reg : float
        num_iters, batch_size : int
        verbose : bool
            Print the loss every 100 iterations.

        Returns
        -------
        history : dict
            ``loss_history``, one for each iteration; ``train_acc_history`` (on the minibatch) and
            ``val_acc_history``, one for each epoch.

        Raises
        ------
        ValueError
            If the shapes do not fit or a number is out of its range.
        """
        X, X_val = self._rows(X), self._rows(X_val, "X_val")
        y, y_val = np.asarray(y), np.asarray(y_val)
        check_shape("y", y, X.shape[:1], "one label for each row of X")
        check_shape("y_val", y_val, X_val.shape[:1], "one label for each row of X_val")
        rate = number("learning_rate", learning_rate, ">= 0")
        decay = number("learning_rate_decay", learning_rate_decay, ">= 0")
        num_iters = whole_number("num_iters", num_iters, 0)
        batch_size = whole_number("batch_size", batch_size, 1)
        if len(X) == 0:
            raise ValueError("X must hold at least one example to train on, got none")

        history: dict[str, list[float]] = {
            "loss_history": [],
            "train_acc_history": [],
            "val_acc_history": [],
        }
        iterations_per_epoch = max(len(X) / batch_size, 1)
        for it in range(num_iters):
            batch = np.random.choice(len(X), batch_size)
            X_batch, y_batch = X[batch], y[batch]
            loss, grads = self.loss(X_batch, y_batch, reg)
            history["loss_history"].append(float(loss))
            for name, gradient in grads.items():
                self.params[name] = self.params[name] - rate * gradient
            if verbose and it % 100 == 0:
                print(f"iteration {it} / {num_iters}: loss {loss}")
            if it % iterations_per_epoch == 0:
                history["train_acc_history"].append(_accuracy(self.predict(X_batch), y_batch))
                history["val_acc_history"].append(_accuracy(self.predict(X_val), y_val))
                rate *= decay
        return history

    def predict(self, X: ArrayLike) -> IntArray:
        """Return the label (N,) with the highest score for each row of X (N, D)."""
        labels: IntArray = np.argmax(self.loss(X), axis=1)
        return labels

    def _rows(self, X: ArrayLike, name: str = "X") -> FloatArray:
        """Return X (N, D) in the dtype of the weights, which it would change otherwise."""
        (rows,) = real_arrays(**{name: X})
        W1 = self.params["W1"]
        if rows.ndim != 2 or rows.shape[1] != W1.shape[1]:
            raise ValueError(f"{name} must have shape (N, {W1.shape[1]}), got {rows.shape}")
        return rows.astype(W1.dtype, copy=False)


def _accuracy(predicted: IntArray, labels: Any) -> float:
    """Return the fraction of right predictions; nan when there are none."""
    return float(np.mean(predicted == labels)) if len(labels) > 0 else float("nan")
