"""Fully connected nets of any depth, made of the layers in :mod:`nndl.layers`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ._buffers import load_running_statistics, running_statistics
from ._validate import FloatArray, floating, number, real_arrays, whole_number
from .layers import (
    affine_backward,
    affine_forward,
    batchnorm_backward,
    batchnorm_forward,
    dropout_backward,
    dropout_forward,
    relu_backward,
    relu_forward,
    softmax_loss,
)

__all__ = ["FullyConnectedNet", "TwoLayerNet"]


class FullyConnectedNet:
    """{affine - [batchnorm] - ReLU - [dropout]} × (L − 1) - affine - softmax.

    Parameters
    ----------
    hidden_dims : sequence of int
        Sizes of the L − 1 hidden layers.
    input_dim : int
        D, the number of features of an example.
    num_classes : int
        C.
    dropout : float
        Probability in [0, 1) that a hidden unit is DROPPED; 0 for no dropout.
    use_batchnorm : bool
        Normalise every hidden layer before its ReLU.
    reg : float
        Strength of the L2 regularisation of the weights.
    weight_scale : float
        Standard deviation of the initial weights, drawn from numpy's global random state in the
        order W1, W2, …
    dtype : floating dtype
        Of the parameters; inputs are converted to it.
    seed : int, optional
        Gives every training pass the same dropout masks, so that the loss is a function which
        numerical derivatives can be taken of. Without it the masks differ from pass to pass;
        their root is drawn from numpy's global random state here, so that ``np.random.seed``
        makes a whole training run repeat.

    Attributes
    ----------
    params : dict
        W1 (D, H1), b1 (H1,), …, WL, bL, and gamma1, beta1, … with batch normalisation.
    bn_params : list of dict
        ``bn_param`` of each hidden layer, with its running statistics.
    reg : float

    Raises
    ------
    ValueError
        If an argument is out of its range; the message names it.
    """

    def __init__(
        self,
        hidden_dims: Sequence[int],
        input_dim: int = 3 * 32 * 32,
        num_classes: int = 10,
        dropout: float = 0,
        use_batchnorm: bool = False,
        reg: float = 0.0,
        weight_scale: float = 1e-2,
        dtype: DTypeLike = np.float32,
        seed: int | None = None,
    ) -> None:
        if not np.iterable(hidden_dims):
            raise ValueError(f"hidden_dims must be a sequence of integers, got {hidden_dims!r}")
        dims = [whole_number("input_dim", input_dim, 1)]
        dims += [whole_number(f"hidden_dims[{i}]", h, 1) for i, h in enumerate(hidden_dims)]
        dims += [whole_number("num_classes", num_classes, 1)]
        self.dtype = floating("dtype", dtype)
        self.num_layers = len(dims) - 1
        self.use_batchnorm = bool(use_batchnorm)
        self.dropout = number("dropout", dropout, "in [0, 1)")
        self.use_dropout = self.dropout > 0
        self.reg = number("reg", reg, ">= 0")
        self.seed = seed if seed is None else whole_number("seed", seed, 0)
        weight_scale = number("weight_scale", weight_scale, ">= 0")

        self.params: dict[str, FloatArray] = {}
        for layer, (n_in, n_out) in enumerate(itertools.pairwise(dims), start=1):
            weights = weight_scale * np.random.randn(n_in, n_out)
            self.params[f"W{layer}"] = weights.astype(self.dtype)
            self.params[f"b{layer}"] = np.zeros(n_out, dtype=self.dtype)
            if self.use_batchnorm and layer < self.num_layers:
                self.params[f"gamma{layer}"] = np.ones(n_out, dtype=self.dtype)
                self.params[f"beta{layer}"] = np.zeros(n_out, dtype=self.dtype)
        self.bn_params: list[dict[str, Any]] = (
            [{"mode": "train"} for _ in dims[1:-1]] if self.use_batchnorm else []
        )
        self.dropout_param: dict[str, Any] = (
            {"mode": "train", "p": self.dropout} if self.use_dropout else {}
        )
        self._mask_root = self.seed
        if self.use_dropout and self.seed is None:
            self._mask_root = int(np.random.randint(2**31))
        self._passes = 0  # training passes so far, which the masks differ by

    def loss(self, X: ArrayLike, y: ArrayLike | None = None) -> Any:
        """Return the scores, or the loss and its gradients.

        Without labels this is a test pass: batch normalisation uses its running statistics and
        dropout is off. With labels it is a training pass: batch statistics, which update the
        running ones, and dropout masks.

        L = mean cross-entropy + ½ reg Σ ‖W‖². The gradients come from the backward passes of the
        layers, in reverse order; the regularisation adds reg W to that of each weight matrix,
        and nothing to those of biases, gamma and beta.

        Parameters
        ----------
        X : array (N, d_1, ..., d_k)
            With d_1 · … · d_k = D.
        y : integer array (N,), optional
            Labels in [0, C).

        Returns
        -------
        scores : array (N, C)
            If y is None.
        loss, grads : floating scalar, dict
            Otherwise; ``grads`` has the keys, shapes and dtype of ``params``.

        Raises
        ------
        ValueError
            If X does not fit, or the labels are no integers in [0, C).
        """
        training = y is not None
        (out,) = real_arrays(X=X)
        n_features = len(self.params["W1"])
        if out.ndim < 2 or math.prod(out.shape[1:]) != n_features:
            raise ValueError(
                f"X must have shape (N, d_1, ..., d_k) with d_1 · … · d_k = {n_features}, "
                f"got {out.shape}"
            )
        out = out.astype(self.dtype, copy=False)
        caches = []
        for layer in range(1, self.num_layers):
            out, cache = self._hidden_forward(layer, out, training)
            caches.append(cache)
        last = self.num_layers
        scores, affine_cache = affine_forward(out, self.params[f"W{last}"], self.params[f"b{last}"])
        if y is None:
            return scores

        loss, dout = softmax_loss(scores, y)
        self._passes += 1
        grads: dict[str, FloatArray] = {}
        dout = self._affine_backward(last, dout, affine_cache, grads)
        for layer in range(last - 1, 0, -1):
            dout = self._hidden_backward(layer, dout, caches.pop(), grads)
        if self.reg > 0:
            for layer in range(1, last + 1):
                W = self.params[f"W{layer}"]
                loss = loss + 0.5 * self.reg * float(np.vdot(W, W))
                grads[f"W{layer}"] += self.reg * W
        return loss, {name: grads[name] for name in self.params}

    def buffers(self) -> dict[str, FloatArray | np.integer[Any]]:
        """Return what a pass depends on beside ``params``: running statistics and mask counters.

        :class:`nndl.solver.Solver` keeps them with the parameters, as the accuracy of the best
        epoch needs that epoch's running statistics.
        """
        state: dict[str, Any] = {"passes": np.int64(self._passes)}
        if self._mask_root is not None:
            state["mask_root"] = np.int64(self._mask_root)
        return state | running_statistics(self.bn_params)

    def load_buffers(self, state: dict[str, Any]) -> None:
        """Put back what :meth:`buffers` returned."""
        self._passes = int(state["passes"])
        if "mask_root" in state:
            self._mask_root = int(state["mask_root"])
        load_running_statistics(self.bn_params, state)

    def _hidden_forward(self, layer: int, x: FloatArray, training: bool) -> tuple[FloatArray, Any]:
        """Return the output of a hidden layer, and the caches of its parts."""
        params, mode = self.params, "train" if training else "test"
        batchnorm_cache = dropout_cache = None
        out, affine_cache = affine_forward(x, params[f"W{layer}"], params[f"b{layer}"])
        if self.use_batchnorm:
            bn_param = self.bn_params[layer - 1]
            bn_param["mode"] = mode
            gamma, beta = params[f"gamma{layer}"], params[f"beta{layer}"]
            out, batchnorm_cache = batchnorm_forward(out, gamma, beta, bn_param)
        out, relu_cache = relu_forward(out)
        if self.use_dropout:
            self.dropout_param["mode"] = mode
            param = dict(self.dropout_param, seed=self._mask_seed(layer))
            out, dropout_cache = dropout_forward(out, param)
        return out, (affine_cache, batchnorm_cache, relu_cache, dropout_cache)

    def _hidden_backward(
        self, layer: int, dout: FloatArray, cache: Any, grads: dict[str, FloatArray]
    ) -> FloatArray:
        """Put the gradients of a hidden layer into `grads` and return that of its input."""
        affine_cache, batchnorm_cache, relu_cache, dropout_cache = cache
        if self.use_dropout:
            dout = dropout_backward(dout, dropout_cache)
        dout = relu_backward(dout, relu_cache)
        if self.use_batchnorm:
            dout, dgamma, dbeta = batchnorm_backward(dout, batchnorm_cache)
            grads[f"gamma{layer}"], grads[f"beta{layer}"] = dgamma, dbeta
        return self._affine_backward(layer, dout, affine_cache, grads)

    def _affine_backward(
        self, layer: int, dout: FloatArray, cache: Any, grads: dict[str, FloatArray]
    ) -> FloatArray:
        """Put dW and db into `grads` and return dx, which the first layer has no use for."""
        if layer == 1:
            # Without dx a step takes 1.2 times its bare products, with it 1.7 (benchmarks: speed).
            x, w, _ = cache
            grads["W1"], grads["b1"] = x.reshape(len(x), len(w)).T @ dout, dout.sum(axis=0)
            return dout
        dx, grads[f"W{layer}"], grads[f"b{layer}"] = affine_backward(dout, cache)
        return dx

    def _mask_seed(self, layer: int) -> list[int]:
        """Return a seed for the mask of a layer: layers of one width must not share theirs."""
        root = 0 if self._mask_root is None else self._mask_root
        return [root, layer] if self.seed is not None else [root, layer, self._passes]


class TwoLayerNet(FullyConnectedNet):
    """Affine - ReLU - [dropout] - affine - softmax, in double precision.

    Parameters
    ----------
    input_dim : int
        D, the number of features of an example.
    hidden_dims : int
        H, the number of hidden units.
    num_classes : int
        C.
    dropout : float
        Probability in [0, 1) that a hidden unit is DROPPED; 0 for no dropout.
    weight_scale : float
        Standard deviation of the initial weights.
    reg : float
        Strength of the L2 regularisation of the weights.

    Attributes
    ----------
    params : dict
        W1 (D, H), b1 (H,), W2 (H, C), b2 (C,).
    """

    def __init__(
        self,
        input_dim: int = 3 * 32 * 32,
        hidden_dims: int = 100,
        num_classes: int = 10,
        dropout: float = 0,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
    ) -> None:
        super().__init__(
            [whole_number("hidden_dims", hidden_dims, 1)],
            input_dim,
            num_classes,
            dropout=dropout,
            reg=reg,
            weight_scale=weight_scale,
            dtype=np.float64,
        )
