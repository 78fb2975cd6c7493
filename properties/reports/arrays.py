"""Arrays of the record as numbers: decoding, difference, and which entries are wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..record.schema import Array, Property
from ..record.text import clean, one_line
from .text import apart, counted, number

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]
_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def to_float(value: object) -> float | None:
    """Return the number that a value of the record stands for, or None when it is no number."""
    if isinstance(value, bool | int | float):
        return float(value)
    return _WORDS.get(value) if isinstance(value, str) else None


def numbers(array: Array | None) -> Floats | None:
    """The entries of an array; None where the record has only a part of them, or no numbers."""
    if array is None or array.data is None:
        return None
    try:
        values = np.asarray(array.data, dtype=np.float64)  # reads "nan" and "inf" as well
        # An empty array loses its trailing sides as nested lists: (0, 3) is written [].
        return values.reshape(array.shape)
    except (ValueError, TypeError, OverflowError):
        return None


def label(array: Array) -> str:
    """``3×4 float64``, as it is shown next to a picture."""
    shape = "×".join(map(str, array.shape)) or "scalar"
    return f"{shape} {array.dtype}".strip()


def described(array: Array) -> str:
    """Its label, the range of its entries, and how many of them are not finite."""
    values = numbers(array)
    if values is None:
        parts = [f"{key} {scalar(value)}" for key, value in array.summary.items()]
        return " ".join([label(array), ", ".join(parts)]).strip()
    if values.size == 0:
        return f"empty, {label(array)}"
    finite = values[np.isfinite(values)]
    told = label(array)
    if finite.size:
        told += f", {number(finite.min())} to {number(finite.max())}"
    if finite.size < values.size:
        told += f", {counted(values.size - finite.size, 'entry', 'entries')} not finite"
    return told


def scalar(value: object) -> str:
    """A single value of the record, written shortly; what is no number is text."""
    found = to_float(value)
    if found is not None:
        return number(found, digits=12)
    return "" if value is None else one_line(value, limit=400)


def read_input(value: Any) -> Array | str:
    """An input of an example: an array, or the text of what is none."""
    if isinstance(value, dict):
        if {"dtype", "shape"} <= value.keys():
            try:
                return msgspec.convert(value, Array)
            except msgspec.ValidationError:
                return "unreadable"
        parts = [f"{clean(key, limit=40)}: {_shortly(read_input(v))}" for key, v in value.items()]
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, list):
        return f"[{', '.join(_shortly(read_input(item)) for item in value[:8])}]"
    found = to_float(value)
    if found is not None and not isinstance(value, bool):
        return number(found, digits=12)
    return one_line(repr(value), limit=120)


def _shortly(value: Array | str) -> str:
    if isinstance(value, str):
        return value
    values = numbers(value)
    if values is None or values.size > 8:
        return label(value)
    texts = [number(float(v)) for v in values.ravel()]
    return texts[0] if values.ndim == 0 else f"[{', '.join(texts)}]"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Got beside wanted, entry by entry; ``wrong`` repeats the record's verdict for the eye."""

    got: Floats
    wanted: Floats
    diff: Floats
    wrong: Marks

    @property
    def said(self) -> str:
        """How many entries are wrong."""
        return f"{int(self.wrong.sum())} of {counted(self.wrong.size, 'entry', 'entries')} wrong"

    def worst(self, count: int) -> list[tuple[str, str, str, str]]:
        """Index, got, wanted and difference of the worst entries, at least of one."""
        size = np.where(np.isnan(self.diff), np.inf, np.abs(self.diff))
        order = np.argsort(-np.where(self.wrong, size, -1.0), axis=None, kind="stable")
        rows = []
        for flat in order[: min(count, max(1, int(self.wrong.sum())))]:
            place = np.unravel_index(int(flat), self.got.shape)
            index = ", ".join(str(int(i)) for i in place)
            pair = apart(float(self.got[place]), float(self.wanted[place]))
            rows.append((f"[{index}]", *pair, number(float(self.diff[place]))))
        return rows


def compare(prop: Property) -> Compared | None:
    """The arrays of a failure; None unless both are whole and of one shape."""
    if prop.arrays is None:
        return None
    got, wanted = numbers(prop.arrays.got), numbers(prop.arrays.wanted)
    if got is None or wanted is None or got.size == 0 or got.shape != wanted.shape:
        return None
    with np.errstate(all="ignore"):
        same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
        diff = np.where(same, 0.0, got - wanted)
        limit: Any = numbers(prop.arrays.tolerance)
        if limit is None or limit.shape not in ((), got.shape):
            limit = to_float(prop.tolerance) or 0.0
        wrong = np.asarray(~(np.abs(diff) <= limit))  # written so that nan counts as wrong
    return Compared(got=got, wanted=wanted, diff=diff, wrong=wrong)
