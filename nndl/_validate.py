"""Checks of arguments: each error names the argument, what it got and what it wanted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

FloatArray: TypeAlias = NDArray[np.floating[Any]]
IntArray: TypeAlias = NDArray[np.integer[Any]]
Indices: TypeAlias = NDArray[np.intp]
BoolArray: TypeAlias = NDArray[np.bool_]


def real_arrays(**values: ArrayLike) -> tuple[FloatArray, ...]:
    """Return the arguments as real arrays of one common dtype.

    Floating dtypes are kept, integers become float64, and arguments of different precision are
    promoted to the widest. An array which already has that dtype is not copied.

    Raises
    ------
    ValueError
        If an argument does not hold real numbers.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for name, value in values.items():
        array = _array(name, value, "real numbers")
        if array.dtype.kind in "biu":
            array = array.astype(np.float64)
        if array.dtype.kind != "f":
            raise ValueError(f"{name} must hold real numbers, got dtype {array.dtype}")
        arrays[name] = array
    dtypes = {array.dtype for array in arrays.values()}
    if len(dtypes) == 1:  # the usual case: promotion takes as long as a small layer
        return tuple(arrays.values())
    dtype = np.result_type(*arrays.values())
    return tuple(array.astype(dtype, copy=False) for array in arrays.values())


def _array(name: str, value: ArrayLike, what: str) -> NDArray[Any]:
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be an array of {what}, but {error}") from None


def working_dtype(array: FloatArray) -> np.dtype[Any]:
    """Return the dtype to compute sums and exponentials in: at least float32.

    Half precision overflows at 65504, which a sum of squares reaches at once.
    """
    return np.result_type(array.dtype, np.float32)


def check_shape(name: str, array: NDArray[Any], wanted: tuple[int, ...], meaning: str) -> None:
    """Raise a ValueError unless `array` has the shape `wanted`."""
    if array.shape != wanted:
        raise ValueError(f"{name} must have shape {wanted} ({meaning}), got {array.shape}")


def check_ndim(name: str, array: NDArray[Any], wanted: int, meaning: str) -> None:
    """Raise a ValueError unless `array` has `wanted` axes."""
    if array.ndim != wanted:
        raise ValueError(f"{name} must have shape {meaning}, got {array.shape}")


def number(name: str, value: object, condition: str = "finite") -> float:
    """Return `value` as a finite float that satisfies `condition`.

    Parameters
    ----------
    condition : {"finite", ">= 0", "> 0", "in [0, 1)", "in [0, 1]"}
        What the number has to satisfy; it is a part of the message.

    Raises
    ------
    ValueError
        If it is not a number, not finite, or does not satisfy the condition.
    """
    try:
        result = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number, got {value!r}") from None
    satisfied = {
        "finite": True,
        ">= 0": result >= 0,
        "> 0": result > 0,
        "in [0, 1)": 0 <= result < 1,
        "in [0, 1]": 0 <= result <= 1,
    }[condition]
    if not (math.isfinite(result) and satisfied):
        raise ValueError(f"{name} must be a number that is {condition}, got {value!r}")
    return result


def mode_of(name: str, param: Any) -> str:
    """Return ``param["mode"]``, which must be 'train' or 'test'."""
    if not isinstance(param, Mapping):
        raise ValueError(f"{name} must be a dict, got {type(param).__name__}")
    if "mode" not in param:
        raise ValueError(f"{name}['mode'] is missing: it must be 'train' or 'test'")
    mode = param["mode"]
    if mode not in ("train", "test"):
        raise ValueError(f"{name}['mode'] must be 'train' or 'test', got {mode!r}")
    return str(mode)


def integers_below(name: str, value: ArrayLike, limit: int, meaning: str) -> Indices:
    """Return integers in [0, limit), or raise a ValueError."""
    array = _array(name, value, "integers")
    if array.size == 0:
        return array.astype(np.intp)
    if array.dtype.kind not in "iu":
        raise ValueError(f"{name} must hold integers, got dtype {array.dtype}")
    low, high = array.min(), array.max()
    if low < 0 or high >= limit:
        wrong = low if low < 0 else high
        raise ValueError(
            f"{name} must hold {meaning} in [0, {limit}), got the {meaning[:-1]} {wrong}"
        )
    return array.astype(np.intp, copy=False)


def whole_number(name: str, value: object, low: int) -> int:
    """Return `value` as an int of at least `low`, or raise a ValueError."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= low:
        return int(value)
    raise ValueError(f"{name} must be an integer >= {low}, got {value!r}")


def floating(name: str, dtype: DTypeLike) -> np.dtype[Any]:
    """Return a floating dtype, or raise a ValueError."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        raise ValueError(f"{name} must be a floating dtype, got {dtype!r}") from None
    if found.kind != "f":
        raise ValueError(f"{name} must be a floating one, got {found}")
    return found
