"""Arrays of the record: decoding, difference, and which entries are wrong.

An array travels as ``{"dtype", "shape", "data"}`` with nested lists and the strings ``"nan"``,
``"inf"`` and ``"-inf"``. A large one arrives cut: ``data`` is null, and ``corner`` or ``summary``
stand in for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .text import clean, number, one_line

Floats = NDArray[np.float64]

_WORDS = {"nan": math.nan, "inf": math.inf, "+inf": math.inf, "-inf": -math.inf}


@dataclass(frozen=True, kw_only=True)
class Array:
    """One array of the record.

    ``values`` is None when the record holds only a part of it; ``corner`` is then what is known.
    """

    dtype: str
    shape: tuple[int, ...]
    values: Floats | None = None
    corner: Floats | None = None
    summary: str = ""
    literal: str = ""  # an input that is no array: a number, a word, a dict

    @property
    def label(self) -> str:
        """``(3, 4) float64``, as it is shown next to a picture."""
        if self.literal:
            return self.literal
        shape = "scalar" if self.shape == () else "×".join(map(str, self.shape))
        return f"{shape} {self.dtype}".strip()


def to_float(value: object) -> float | None:
    """Return the number that a JSON value stands for, or None when it stands for none."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    if isinstance(value, str):
        return _WORDS.get(value.strip().lower())
    return None


def _floats(data: object) -> Floats | None:
    """Nested lists to a float64 array; None when they are ragged or hold something else."""
    if not isinstance(data, list):
        single = to_float(data)
        return None if single is None else np.asarray(single)
    try:
        return np.asarray(data, dtype=np.float64)  # also reads "nan" and "inf"
    except (ValueError, TypeError, OverflowError):
        return None


def decode(item: object) -> Array | None:
    """Read one array of the record; a bare number or nested list is taken as well."""
    if item is None:
        return None
    if not isinstance(item, Mapping):
        values = _floats(item)
        return None if values is None else Array(dtype="", shape=values.shape, values=values)
    values = _floats(item["data"]) if item.get("data") is not None else None
    shape = _shape(item.get("shape"), values)
    if values is not None and values.shape != shape:
        # An empty array loses its trailing sides as nested lists: (0, 3) is written [].
        values = values.reshape(shape) if values.size == math.prod(shape) else None
    corner = _floats(item["corner"]) if item.get("corner") is not None else None
    return Array(
        dtype=clean(item.get("dtype", ""), limit=40),
        shape=shape,
        values=values,
        corner=corner,
        summary=_summary(item.get("summary")),
    )


def decode_input(item: object) -> Array | None:
    """Read an input of an example; what is no array becomes text."""
    if isinstance(item, Mapping) and "shape" not in item:
        parts = []
        for key, value in item.items():
            inner = decode_input(value)
            if inner is not None:
                parts.append(f"{clean(key, limit=40)}: {_text(inner)}")
        return Array(dtype="", shape=(), literal="{" + ", ".join(parts) + "}")
    if isinstance(item, str | bool) or item is None:
        return Array(dtype="", shape=(), literal=one_line(repr(item), limit=120))
    return decode(item)


def _text(array: Array) -> str:
    if array.literal:
        return array.literal
    values = array.values
    if values is None or values.size > 8:
        return array.label
    numbers = [number(float(v)) for v in values.ravel()]
    return numbers[0] if values.ndim == 0 else f"[{', '.join(numbers)}]"


def _shape(given: object, values: Floats | None) -> tuple[int, ...]:
    if isinstance(given, Sequence) and not isinstance(given, str):
        return tuple(int(side) for side in given if isinstance(side, int | float))
    return () if values is None else values.shape


def _summary(item: object) -> str:
    if isinstance(item, Mapping):
        return ", ".join(f"{clean(key, limit=40)} {_value(value)}" for key, value in item.items())
    return clean(item or "", limit=300)


def _value(item: Any) -> str:
    as_float = to_float(item)
    return clean(item, limit=80) if as_float is None else number(as_float)


def difference(got: Floats, wanted: Floats) -> Floats:
    """``got − wanted``; zero where both are the same infinity or both nan."""
    with np.errstate(all="ignore"):
        result = np.asarray(got - wanted, dtype=np.float64)
    same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    return np.where(same, 0.0, result)


def wrong_entries(diff: Floats, tolerance: Floats | float | None) -> NDArray[np.bool_]:
    """Mark the entries whose recorded difference exceeds the recorded tolerance.

    This repeats the record's verdict entry by entry, for the eye; nothing is decided here.
    """
    limit: Any = 0.0 if tolerance is None else tolerance
    with np.errstate(invalid="ignore"):
        # Written so that nan counts as wrong.
        return np.asarray(~(np.abs(diff) <= limit), dtype=np.bool_)
