"""The fast paths of convolution and pooling, where CS231n imports them from."""

from .layers.convolution_fast import conv_backward_fast, conv_forward_fast
from .layers.max_pool_fast import max_pool_backward_fast, max_pool_forward_fast

__all__ = [
    "conv_backward_fast",
    "conv_forward_fast",
    "max_pool_backward_fast",
    "max_pool_forward_fast",
]
