"""The two-layer net in one piece of :mod:`nndl.neural_net`."""

from ..neural_net import TwoLayerNet

__all__ = ["TwoLayerNet"]
