"""The fully connected nets of :mod:`nndl.fc_net`."""

from ..fc_net import FullyConnectedNet, TwoLayerNet

__all__ = ["FullyConnectedNet", "TwoLayerNet"]
