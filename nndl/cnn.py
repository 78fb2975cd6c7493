"""A convolutional net of three layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ._buffers import load_running_statistics, running_statistics
from ._validate import FloatArray, floating, number, real_arrays, whole_number
from .conv_layer_utils import (
    conv_bn_relu_backward,
    conv_bn_relu_forward,
    conv_relu_backward,
    conv_relu_forward,
)
from .layer_utils import (
    affine_batchnorm_relu_backward,
    affine_batchnorm_relu_forward,
    affine_relu_backward,
    affine_relu_forward,
)
from .layers.affine import affine_backward, affine_forward
from .layers.cross_entropy import softmax_loss
from .layers.max_pool_fast import max_pool_backward_fast, max_pool_forward_fast

__all__ = ["ThreeLayerConvNet"]

POOL = {"pool_height": 2, "pool_width": 2, "stride": 2}


class ThreeLayerConvNet:
    """Conv - [batchnorm] - ReLU - 2 × 2 max pool - affine - [batchnorm] - ReLU - affine - softmax.

    Parameters
    ----------
    input_dim : sequence of int
        (C, H, W), the shape of an image; H and W at least 2.
    num_filters : int
        F.
    filter_size : int
        Height and width of the filters; odd, so that a border of (filter_size − 1) / 2 zeros keeps
        the size of the image.
    hidden_dim, num_classes : int
        Width of the hidden affine layer, and number of classes.
    weight_scale : float
        Standard deviation of the initial weights, drawn from numpy's global random state in the
        order W1, W2, W3.
    reg : float
        Strength of the L2 regularisation of the weights, with the factor ½.
    dtype : floating dtype
        Of the parameters; inputs are converted to it.
    use_batchnorm : bool
        Normalise the channels of the convolution and the hidden layer before their ReLU.

    Attributes
    ----------
    params : dict
        W1 (F, C, filter_size, filter_size), b1 (F,), W2 (F · ⌊H/2⌋ · ⌊W/2⌋, hidden_dim), b2,
        W3 (hidden_dim, num_classes), b3; and gamma1, beta1 (F,), gamma2, beta2 (hidden_dim,) with
        batch normalisation.
    bn_params : list of dict
        ``bn_param`` of the two layers, with their running statistics.
    reg : float

    Raises
    ------
    ValueError
        If an argument is out of its range; the message names it.

    References
    ----------
    CS231n, assignment 2, ``classifiers/cnn.py``.
    """

    def __init__(
        self,
        input_dim: Sequence[int] = (3, 32, 32),
        num_filters: int = 32,
        filter_size: int = 7,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
        dtype: DTypeLike = np.float32,
        use_batchnorm: bool = False,
    ) -> None:
        if not np.iterable(input_dim) or len(input_dim) != 3:
            raise ValueError(f"input_dim must be three integers (C, H, W), got {input_dim!r}")
        C, H, W = (
            whole_number(f"input_dim[{i}]", input_dim[i], low) for i, low in enumerate((1, 2, 2))
        )
        F = whole_number("num_filters", num_filters, 1)
        filter_size = whole_number("filter_size", filter_size, 1)
        if filter_size % 2 == 0:
            raise ValueError(f"filter_size must be odd to keep the image's size, got {filter_size}")
        hidden_dim = whole_number("hidden_dim", hidden_dim, 1)
        num_classes = whole_number("num_classes", num_classes, 1)
        weight_scale = number("weight_scale", weight_scale, ">= 0")
        self.reg = number("reg", reg, ">= 0")
        self.dtype = floating("dtype", dtype)
        self.use_batchnorm = bool(use_batchnorm)
        self.conv_param = {"stride": 1, "pad": (filter_size - 1) // 2}

        shapes = [
            (F, C, filter_size, filter_size),
            (F * (H // 2) * (W // 2), hidden_dim),
            (hidden_dim, num_classes),
        ]
        self.params: dict[str, FloatArray] = {}
        for i, (shape, width) in enumerate(
            zip(shapes, (F, hidden_dim, num_classes), strict=True), 1
        ):
            self.params[f"W{i}"] = (weight_scale * np.random.randn(*shape)).astype(self.dtype)
            self.params[f"b{i}"] = np.zeros(width, self.dtype)
            if self.use_batchnorm and i < 3:
                self.params[f"gamma{i}"] = np.ones(width, self.dtype)
                self.params[f"beta{i}"] = np.zeros(width, self.dtype)
        self.bn_params: list[dict[str, Any]] = (
            [{"mode": "train"}, {"mode": "train"}] if self.use_batchnorm else []
        )
        self._image = (C, H, W)

    def loss(self, X: ArrayLike, y: ArrayLike | None = None) -> Any:
        """Return the scores, or the loss and its gradients.

        Without labels this is a test pass, in which batch normalisation uses its running
        statistics; with labels it is a training pass, which updates them.

        L = mean cross-entropy + ½ reg Σ ‖W‖². The gradients come from the backward passes of the
        layers, in reverse order; the regularisation adds reg W to that of each weight array.

        Parameters
        ----------
        X : array (N, C, H, W)
        y : integer array (N,), optional
            Labels in [0, num_classes).

        Returns
        -------
        scores : array (N, num_classes)
            If y is None.
        loss, grads : floating scalar, dict
            Otherwise; ``grads`` has the keys, shapes and dtype of ``params``.

        Raises
        ------
        ValueError
            If X does not fit, or the labels are no integers in [0, num_classes).
        """
        (X,) = real_arrays(X=X)
        if X.shape[1:] != self._image:
            raise ValueError(f"X must have shape (N, *{self._image}), got {X.shape}")
        out = X.astype(self.dtype, copy=False)
        for bn_param in self.bn_params:
            bn_param["mode"] = "test" if y is None else "train"
        W3, b3 = self.params["W3"], self.params["b3"]

        out, conv_cache = self._conv_forward(out)
        out, pool_cache = max_pool_forward_fast(out, POOL)
        out, hidden_cache = self._hidden_forward(out)
        scores, affine_cache = affine_forward(out, W3, b3)
        if y is None:
            return scores

        grads: dict[str, FloatArray] = {}
        loss, dout = softmax_loss(scores, y)
        dout, grads["W3"], grads["b3"] = affine_backward(dout, affine_cache)
        dout = self._hidden_backward(dout, hidden_cache, grads)
        dout = max_pool_backward_fast(dout, pool_cache)
        self._conv_backward(dout, conv_cache, grads)
        if self.reg > 0:
            for name in ("W1", "W2", "W3"):
                W = self.params[name]
                loss = loss + 0.5 * self.reg * float(np.vdot(W, W))
                grads[name] = grads[name] + self.reg * W
        return loss, {name: grads[name] for name in self.params}

    def buffers(self) -> dict[str, FloatArray]:
        """Return the running statistics, which :class:`nndl.solver.Solver` keeps as well."""
        return running_statistics(self.bn_params)

    def load_buffers(self, state: dict[str, Any]) -> None:
        """Put back what :meth:`buffers` returned."""
        load_running_statistics(self.bn_params, state)

    def _conv_forward(self, x: FloatArray) -> tuple[FloatArray, Any]:
        W, b = self.params["W1"], self.params["b1"]
        if not self.use_batchnorm:
            return conv_relu_forward(x, W, b, self.conv_param)
        gamma, beta = self.params["gamma1"], self.params["beta1"]
        return conv_bn_relu_forward(x, W, b, gamma, beta, self.conv_param, self.bn_params[0])

    def _conv_backward(self, dout: FloatArray, cache: Any, grads: dict[str, FloatArray]) -> None:
        if self.use_batchnorm:
            _, grads["W1"], grads["b1"], *dnorm = conv_bn_relu_backward(dout, cache)
            grads["gamma1"], grads["beta1"] = dnorm
        else:
            _, grads["W1"], grads["b1"] = conv_relu_backward(dout, cache)

    def _hidden_forward(self, x: FloatArray) -> tuple[FloatArray, Any]:
        W, b = self.params["W2"], self.params["b2"]
        if not self.use_batchnorm:
            return affine_relu_forward(x, W, b)
        gamma, beta = self.params["gamma2"], self.params["beta2"]
        return affine_batchnorm_relu_forward(x, W, b, gamma, beta, self.bn_params[1])

    def _hidden_backward(
        self, dout: FloatArray, cache: Any, grads: dict[str, FloatArray]
    ) -> FloatArray:
        if self.use_batchnorm:
            dx, grads["W2"], grads["b2"], *dnorm = affine_batchnorm_relu_backward(dout, cache)
            grads["gamma2"], grads["beta2"] = dnorm
        else:
            dx, grads["W2"], grads["b2"] = affine_relu_backward(dout, cache)
        return dx
