"""Values of a record: frozen, typed, and with texts that are safe to show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from .text import clean, one_line

Number = float | Literal["nan", "inf", "-inf"]  # JSON has no other way to write these

_LINE = 600  # characters of a text that is one line
_LONG = {"script": 400_000, "traceback": 20_000, "printed": 4_000}  # texts of several lines
_WIDE = {"path": 4_000, "file": 4_000, "repeat": 8_000, "verdict": 4_000}


class RecordError(ValueError):
    """What came is no record, or records do not fit together; the message says what was wanted."""


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A value of the record; its texts are safe to show."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, str):
                safe: Any = _safe(name, value)
            elif isinstance(value, tuple) and value and isinstance(value[0], str):
                safe = tuple(_safe(name, item) for item in value)
            elif isinstance(value, Mapping):
                safe = {
                    one_line(key, limit=80): _safe(name, item) if isinstance(item, str) else item
                    for key, item in value.items()
                }
            else:
                continue
            msgspec.structs.force_setattr(self, name, safe)


def _safe(name: str, text: str) -> str:
    if name in _LONG:
        return clean(text, limit=_LONG[name]).strip("\n")
    return one_line(text, limit=_WIDE.get(name, _LINE))


class Array(Value, frozen=True, kw_only=True):
    """An array: small ones whole, of large ones a corner and a summary.

    ``data`` and ``corner`` are nested lists of numbers, with "nan", "inf" and "-inf".
    """

    dtype: str
    shape: tuple[int, ...]
    data: Any
    corner: Any = None
    summary: dict[str, Number] = {}
