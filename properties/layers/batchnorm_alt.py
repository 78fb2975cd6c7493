"""A second backward pass of batch normalisation, written another way."""

from __future__ import annotations

from dataclasses import replace

from ..spec.misconception import Misconceptions
from ..spec.same import as_row
from . import batchnorm_misconceptions as wrong
from .batchnorm import BATCHNORM

_OF_ALT = wrong.BACKWARD.replace("batchnorm_backward", "batchnorm_backward_alt")
BATCHNORM_ALT = replace(
    BATCHNORM,
    name="batchnorm_alt",
    layer="batchnorm_alt",
    backward="batchnorm_backward_alt",
    shares_forward=True,
    same_as=as_row(BATCHNORM, "batchnorm_backward"),
    inputs={"batchnorm_alt": BATCHNORM.inputs["batchnorm"]},
    misconceptions=Misconceptions("batchnorm_alt", _OF_ALT),
)
