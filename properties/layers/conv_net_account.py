"""The convolutional net step by step: the net of affine layers, on patches of pixels.

A convolution is an affine layer whose rows are the patches, so its steps and its misconceptions
are those of any net; what comes beside it is the pooling between the first layer and the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..spec.account import Steps
from ..spec.case import Array
from ..spec.misconception import Misconceptions
from . import net_account
from .net_account import Net, Values
from .net_misconceptions import STEPS as NET_STEPS
from .net_misconceptions_layers import LAYERS, NORMALISATION
from .net_misconceptions_loss import LOSS, REGULARISATION

STEPS = {
    **NET_STEPS,
    "pooled": "blocks.max(axis=(3, 5))",
    "spread": "winners * d",
}

POOLING = """
net, pooled
  mean for the maximum, both ways
    = blocks.mean(axis=(3, 5)); spread = np.ones(winners.shape) * d / 4
    The pooling takes the largest of each window, not the mean.
net, spread
  gradient of the pooling to all of a window
    = np.ones(winners.shape) * d
    The gradient of a window goes to its largest entry alone.
  gradient of the pooling shared in a window
    = np.ones(winners.shape) * d / 4
    The gradient of a window goes to its largest entry alone, not in equal shares to all.
net, dz
  ReLU before the pooling left out, ties shared
    = dr if k == 1 else dr * gate; spread = winners / winners.sum(axis=(3, 5), keepdims=True) * d
    The way back goes through the ReLU between the convolution and the pooling: multiply by its
      mask.
  ReLU before the pooling left out, first of ties
    = dr if k == 1 else dr * gate; spread = first * d
    The way back goes through the ReLU between the convolution and the pooling: multiply by its
      mask.
net, db
  mean over the pixels for the bias of a filter
    = d.mean(axis=0) * N if k == 1 else d.sum(axis=0)
    The bias of a filter is added at every pixel: sum over pixels and examples, axes 0, 2 and 3.
      [~ctensor3]
"""

MISCONCEPTIONS = partial(
    Misconceptions, "cnn", POOLING + LAYERS + LOSS + NORMALISATION + REGULARISATION
)


class ConvNet(Net):
    """One convolutional net at work on one case by given formulas."""

    def __init__(self, steps: Steps, given: Mapping[str, Any]) -> None:
        super().__init__({**STEPS, **steps}, given)
        self.kernel = self.params["W1"].shape
        self.params["W1"] = self.params["W1"].reshape(self.kernel[0], -1).T

    def first(self, x: Array) -> Array:
        """A row for each pixel: the patch around it."""
        size = self.kernel[2]
        pad = (size - 1) // 2
        xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        patches = sliding_window_view(xp, (size, size), axis=(2, 3)).transpose(0, 2, 3, 1, 4, 5)
        self.image = patches.shape[:3]
        return np.asarray(patches.reshape(-1, self.params["W1"].shape[0]))

    def passed_on(self, v: Values) -> Any:
        """What goes into the next layer: behind the first one, what is pooled."""
        if v["k"] > 1:
            return v["r"]
        n, h, w = self.image
        maps = v["r"].reshape(n, h, w, -1).transpose(0, 3, 1, 2)
        blocks = maps[:, :, : h // 2 * 2, : w // 2 * 2].reshape(n, -1, h // 2, 2, w // 2, 2)
        v["pooled"] = self.of("pooled", {"blocks": blocks})
        v["winners"] = blocks == blocks.max(axis=(3, 5), keepdims=True)
        return v["pooled"].reshape(n, -1)

    def passed_back(self, v: Values, d: Any) -> Any:
        """The derivative of what a layer gave, from that of what goes into the next."""
        if v["k"] > 1:
            return d
        n, h, w = self.image
        d = d.reshape(v["pooled"].shape)[:, :, :, None, :, None]
        winners = v["winners"]
        spread = self.of("spread", {"winners": winners, "first": _first(winners), "d": d})
        maps = np.zeros((n, spread.shape[1], h, w))
        maps[:, :, : h // 2 * 2, : w // 2 * 2] = spread.reshape(n, -1, h // 2 * 2, w // 2 * 2)
        return maps.transpose(0, 2, 3, 1).reshape(n * h * w, -1)

    def loss(self, x: Array, y: Array, masks: Any = None) -> dict[str, Array]:
        """Loss and gradients, that of W1 in its own shape."""
        found = super().loss(x, y, masks)
        found["dW1"] = np.broadcast_to(found["dW1"], self.params["W1"].shape)
        found["dW1"] = found["dW1"].T.reshape(self.kernel)
        return found


def _first(winners: Array) -> Array:
    """Of the largest entries of each window of 2 x 2 the first, row by row."""
    rows = np.moveaxis(winners, 4, 3)
    flat = rows.reshape(*rows.shape[:4], 4)
    first = flat & (np.cumsum(flat, axis=-1) == 1)
    return np.moveaxis(first.reshape(rows.shape), 3, 4)


predict = partial(net_account.predict, kind=ConvNet)
