"""Checks of arguments: each error names the argument, what it got and what it wanted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.floating[Any]]
IntArray: TypeAlias = NDArray[np.integer[Any]]


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
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise ValueError(f"{name} must be an array of real numbers, but {error}") from None
        if array.dtype.kind in "biu":
            array = array.astype(np.float64)
        if array.dtype.kind != "f":
            raise ValueError(f"{name} must hold real numbers, got dtype {array.dtype}")
        arrays[name] = array
    dtype = np.result_type(*arrays.values())
    return tuple(array.astype(dtype, copy=False) for array in arrays.values())


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


def class_scores(x: ArrayLike, y: ArrayLike) -> tuple[FloatArray, IntArray]:
    """Return scores (N, C) and labels (N,) in [0, C), or raise a ValueError."""
    (scores,) = real_arrays(x=x)
    check_ndim("x", scores, 2, "(N, C), the scores of C classes for N examples")
    labels = np.asarray(y)
    check_shape("y", labels, scores.shape[:1], "one label for each row of x")
    n_classes = scores.shape[1]
    if n_classes == 0:
        raise ValueError(f"x must have scores for at least one class, got shape {scores.shape}")
    if labels.size == 0:
        return scores, labels.astype(np.intp)
    if labels.dtype.kind not in "iu":
        raise ValueError(f"y must hold integers, got dtype {labels.dtype}")
    low, high = labels.min(), labels.max()
    if low < 0 or high >= n_classes:
        wrong = low if low < 0 else high
        raise ValueError(f"y must hold labels in [0, {n_classes}), got the label {wrong}")
    return scores, labels.astype(np.intp, copy=False)


def whole_number(name: str, value: object, low: int) -> int:
    """Return `value` as an int of at least `low`, or raise a ValueError."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= low:
        return int(value)
    raise ValueError(f"{name} must be an integer >= {low}, got {value!r}")
