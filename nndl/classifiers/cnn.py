"""The convolutional net of :mod:`nndl.cnn`."""

from ..cnn import ThreeLayerConvNet

__all__ = ["ThreeLayerConvNet"]
