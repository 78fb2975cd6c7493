"""Arrays as JSON: small ones whole, large ones by a corner and a summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

_WHOLE = 10_000  # elements that a record keeps of one array
_CORNER = 8


def encode(value: Any) -> Any:
    """Turn an array, a scalar or a nest of them into plain JSON values.

    Non-finite numbers become the strings "nan", "inf" and "-inf".

    >>> encode(np.array([1.0, np.inf]))
    {'dtype': 'float64', 'shape': [2], 'data': [1.0, 'inf']}
    """
    if isinstance(value, np.ndarray):
        head: dict[str, Any] = {"dtype": str(value.dtype), "shape": list(value.shape)}
        if value.size <= _WHOLE:
            return head | {"data": _plain(value.tolist())}
        corner = value[tuple(slice(0, _CORNER) for _ in value.shape)]
        return head | {"data": None, "corner": _plain(corner.tolist()), "summary": _summary(value)}
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    return _plain(value)


def _summary(value: np.ndarray[Any, Any]) -> dict[str, Any]:
    with np.errstate(all="ignore"):
        return {
            "min": _plain(float(value.min())),
            "max": _plain(float(value.max())),
            "mean": _plain(float(value.mean())),
        }


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, float) and not np.isfinite(value):
        return "nan" if np.isnan(value) else ("inf" if value > 0 else "-inf")
    return value
