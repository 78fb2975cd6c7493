"""Any value as plain JSON: small arrays whole, large ones by a corner and a summary."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, overload

import msgspec
import numpy as np

from .text import plain_text
from .value import Array

_WHOLE = 10_000  # elements that a record keeps of one array
_CORNER = 8
_LARGEST = 2**64  # integers that a reader of JSON takes


def encode(value: Any) -> Any:
    """Turn a value of any kind into plain JSON values.

    Non-finite numbers become the strings "nan", "inf" and "-inf"; what is no number becomes text.

    >>> encode(np.array([1.0, np.inf]))
    {'dtype': 'float64', 'shape': [2], 'data': [1.0, 'inf']}
    """
    if isinstance(value, np.ndarray):
        return {**msgspec.to_builtins(array_of(value)), "shape": list(value.shape)}
    if isinstance(value, np.generic):
        return _number(np.asarray(value))
    if isinstance(value, Mapping):
        return {plain_text(str(key)): encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, int) and not -_LARGEST // 2 <= value < _LARGEST:
        return f"an integer of {value.bit_length()} bits"
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value) if isinstance(value, complex) else f"<{type(value).__name__}>"


def decode(value: Any) -> Any:
    """Read what `encode` wrote of arrays, numbers and texts.

    >>> decode(encode({"x": np.array([1.0, np.inf])}))
    {'x': array([ 1., inf])}

    Raises
    ------
    ValueError
        The record holds only a part of an array.
    """
    if isinstance(value, Mapping):
        if not {"dtype", "shape"} <= value.keys():
            return {key: decode(item) for key, item in value.items()}
        if value.get("data") is None:
            raise ValueError(f"an array of shape {value['shape']} is not whole in the record")
        return np.array(value["data"], dtype=value["dtype"]).reshape(value["shape"])
    return [decode(item) for item in value] if isinstance(value, list) else value


@overload
def array_of(value: None) -> None: ...
@overload
def array_of(value: np.ndarray[Any, Any]) -> Array: ...
def array_of(value: np.ndarray[Any, Any] | None) -> Array | None:
    """An array as the record holds it; None stays None."""
    if value is None:
        return None
    value = np.asarray(value)
    dtype, shape = str(value.dtype), value.shape
    if value.size <= _WHOLE:
        return Array(dtype=dtype, shape=shape, data=_number(value))
    corner = value[tuple(slice(0, _CORNER) for _ in value.shape)]
    summary = _summary(value) if value.dtype.kind in "biuf" else {}
    return Array(dtype=dtype, shape=shape, data=None, corner=_number(corner), summary=summary)


def entry(array: Any, index: tuple[int, ...] | None) -> float | str | None:
    """One entry of an array, or the only one that it has."""
    if array is None:
        return None
    array = np.asarray(array)
    if index is not None and array.ndim == len(index):
        array = array[index]
    if np.size(array) != 1:
        return None
    found: float | str = encode(np.reshape(array, -1)[0])
    return found


def _number(value: np.ndarray[Any, Any]) -> Any:
    """Nested lists; float64 stands for every float, since JSON has no other."""
    if value.dtype.kind in "fc":
        with np.errstate(all="ignore"):
            value = value.astype(np.float64 if value.dtype.kind == "f" else np.complex128)
    return encode(value.tolist())


def _summary(value: np.ndarray[Any, Any]) -> dict[str, Any]:
    with np.errstate(all="ignore"):
        return {
            "min": encode(float(value.min())),
            "max": encode(float(value.max())),
            "mean": encode(float(value.mean())),
        }
