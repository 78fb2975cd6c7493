"""Convolution, pooling and normalisation of images; each has a file in :mod:`nndl.layers`."""

from .layers.convolution import conv_backward_naive, conv_forward_naive
from .layers.convolution_fast import conv_backward_fast, conv_forward_fast
from .layers.max_pool import max_pool_backward_naive, max_pool_forward_naive
from .layers.max_pool_fast import max_pool_backward_fast, max_pool_forward_fast
from .layers.spatial_batchnorm import spatial_batchnorm_backward, spatial_batchnorm_forward
from .layers.spatial_groupnorm import spatial_groupnorm_backward, spatial_groupnorm_forward

__all__ = [
    "conv_backward_fast",
    "conv_backward_naive",
    "conv_forward_fast",
    "conv_forward_naive",
    "max_pool_backward_fast",
    "max_pool_backward_naive",
    "max_pool_forward_fast",
    "max_pool_forward_naive",
    "spatial_batchnorm_backward",
    "spatial_batchnorm_forward",
    "spatial_groupnorm_backward",
    "spatial_groupnorm_forward",
]
