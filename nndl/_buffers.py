"""What a net depends on beside its parameters: running statistics of batch normalisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._validate import FloatArray

_NAMES = ("running_mean", "running_var")


def running_statistics(bn_params: Sequence[Mapping[str, Any]]) -> dict[str, FloatArray]:
    """Return copies of the statistics that are there, as running_mean1, running_var1, …"""
    return {
        f"{name}{i}": bn_param[name].copy()
        for i, bn_param in enumerate(bn_params, start=1)
        for name in _NAMES
        if name in bn_param
    }


def load_running_statistics(bn_params: Sequence[dict[str, Any]], state: Mapping[str, Any]) -> None:
    """Put back what :func:`running_statistics` returned; what it did not have goes."""
    for i, bn_param in enumerate(bn_params, start=1):
        for name in _NAMES:
            bn_param.pop(name, None)
            if f"{name}{i}" in state:
                bn_param[name] = np.array(state[f"{name}{i}"])
