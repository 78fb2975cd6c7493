"""Attention; each layer has a file in :mod:`nndl.layers`."""

from .layers.attention import attention_backward, attention_forward
from .layers.scaled_dot_product import sdpa_backward, sdpa_forward

__all__ = ["attention_backward", "attention_forward", "sdpa_backward", "sdpa_forward"]
