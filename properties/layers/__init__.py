"""The rows of the matrix, in the contract's order."""

from __future__ import annotations

from ..spec.row import LayerSpec
from .affine import AFFINE
from .autoencoder import AUTOENCODER
from .batchnorm import BATCHNORM
from .composed import AFFINE_BATCHNORM_RELU, AFFINE_RELU
from .dropout import DROPOUT
from .gplvm import GPLVM, LOG_DETERMINANT, TRACE
from .losses import SOFTMAX, SVM
from .nets import NETS
from .optim import RULES
from .relu import RELU
from .solver import SOLVER

ALL: tuple[LayerSpec, ...] = (
    AFFINE,
    RELU,
    BATCHNORM,
    DROPOUT,
    SVM,
    SOFTMAX,
    AFFINE_RELU,
    AFFINE_BATCHNORM_RELU,
    AUTOENCODER,
    GPLVM,
    LOG_DETERMINANT,
    TRACE,
    *NETS,
    *RULES,
    SOLVER,
)

__all__ = ["ALL"]
