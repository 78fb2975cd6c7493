"""Every misconception, by layer."""

from __future__ import annotations

from functools import cache

from ..misconception import Misconception
from . import (
    affine,
    autoencoder,
    batchnorm_backward,
    batchnorm_forward,
    composed,
    dropout,
    gplvm,
    relu,
    softmax,
    svm,
)

ALL: tuple[Misconception, ...] = (
    *affine.MISCONCEPTIONS,
    *relu.MISCONCEPTIONS,
    *batchnorm_forward.MISCONCEPTIONS,
    *batchnorm_backward.MISCONCEPTIONS,
    *dropout.MISCONCEPTIONS,
    *svm.MISCONCEPTIONS,
    *softmax.MISCONCEPTIONS,
    *autoencoder.MISCONCEPTIONS,
    *gplvm.MISCONCEPTIONS,
    *composed.MISCONCEPTIONS,
)


@cache
def of(function: str, argument: str) -> tuple[Misconception, ...]:
    """The misconceptions of one output, gradient or state of a function."""
    return tuple(m for m in ALL if m.function == function and m.argument == argument)


__all__ = ["ALL", "of"]
