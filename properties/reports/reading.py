"""The record, read once: every report is made from these values and from nothing else.

The record is a dict (JSON). Only ``functions`` is required; every other key is optional, so that
records of older versions and of other tools can be shown too. All text is cleaned here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .arrays import decode, decode_input, difference, to_float, wrong_entries
from .model import (
    Arrays,
    Curve,
    Diagnosis,
    FunctionResult,
    PropertyResult,
    Report,
    Series,
    Status,
)
from .text import clean, number, one_line

_STATUSES = ("pass", "fail", "error", "missing", "inconclusive", "skipped")


class RecordError(ValueError):
    """The record cannot be shown; the message names what came and what was wanted."""


def read(record: Mapping[str, Any] | Report) -> Report:
    """Read a record; a ``Report`` comes back as it is.

    Raises
    ------
    RecordError
        When it is not a mapping with a list ``functions``, or of a schema newer than 1.
    """
    if isinstance(record, Report):
        return record
    if not isinstance(record, Mapping) or not isinstance(record.get("functions"), list):
        raise RecordError(
            f"got {type(record).__name__} without a list 'functions'; "
            "wanted the JSON record that 'nndl check --json FILE' writes"
        )
    if record.get("schema", 1) != 1:
        raise RecordError(
            f"got a record of schema {record['schema']!r}; this version reads schema 1: "
            "update nndl or write the record again"
        )
    target = record.get("target")
    if not isinstance(target, Mapping):
        target = {"path": target or ""}
    strict = bool(record.get("strict", False))
    versions = record.get("versions")
    return Report(
        kind=one_line(target.get("kind") or "target"),
        path=one_line(target.get("path") or ""),
        profile=one_line(record.get("profile") or ""),
        seed=one_line("" if record.get("seed") is None else record["seed"]),
        verdict=one_line(record.get("verdict") or "error"),
        complete=bool(record.get("complete", False)),
        strict=strict,
        elapsed=to_float(record.get("elapsed")),
        functions=tuple(_function(f, strict) for f in record["functions"] if _is_map(f)),
        notes=tuple(one_line(n, limit=500) for n in _list(record.get("notes"))),
        versions={one_line(k): one_line(v) for k, v in versions.items()}
        if isinstance(versions, Mapping)
        else {},
    )


def _is_map(item: object) -> bool:
    return isinstance(item, Mapping)


def _list(item: object) -> list[Any]:
    if item is None or item == "":
        return []
    return list(item) if isinstance(item, list | tuple) else [item]


def _status(item: object) -> Status:
    return item if item in _STATUSES else "error"  # type: ignore[return-value]


def _function(item: Mapping[str, Any], strict: bool) -> FunctionResult:
    status = _status(item.get("status"))
    properties = [p for p in _list(item.get("properties")) if _is_map(p)]
    failed = [p for p in properties if p.get("status") in ("fail", "error")]
    # The record says whether the function fails. A failing convention or robustness property
    # counts when the run was strict, or when nothing else explains the failure.
    explained = any(p.get("class", "correctness") == "correctness" for p in failed)
    lenient = status == "pass" or (not strict and explained)
    name = one_line(item.get("name") or "?", limit=120)
    return FunctionResult(
        name=name,
        layer=one_line(item.get("layer") or name, limit=60),
        status=status,
        detail=one_line(item.get("detail") or "", limit=600),
        findings=tuple(one_line(f, limit=400) for f in _list(item.get("findings"))),
        properties=tuple(_property(p, lenient) for p in properties),
        file=one_line(item.get("file") or ""),
        line=_int(item.get("line")),
        printed=clean(item.get("printed") or "", limit=4_000),
    )


def _property(item: Mapping[str, Any], lenient: bool) -> PropertyResult:
    status = _status(item.get("status"))
    cls = one_line(item.get("class") or "correctness", limit=40)
    if status in ("fail", "error") and lenient and cls != "correctness":
        status = "noted"
    tolerance = _tolerance(item.get("tolerance"))
    return PropertyResult(
        name=one_line(item.get("name") or "?", limit=120),
        cls=cls,
        status=status,
        examples=_int(item.get("examples")) or 0,
        argument=one_line(item.get("argument") or "", limit=60),
        index=_indices(item.get("index")),
        got=_scalar(item.get("got")),
        wanted=_scalar(item.get("wanted")),
        tolerance=_scalar(item.get("tolerance")) if tolerance is None else number(tolerance),
        oracle=one_line(item.get("oracle") or ""),
        sentence=one_line(item.get("sentence") or "", limit=600),
        traceback=clean(item.get("traceback") or "", limit=4_000).strip("\n"),
        about=one_line(item.get("about") or ""),
        script=clean(item.get("script") or "", limit=400_000).strip("\n"),
        repeat=one_line(item.get("repeat") or "", limit=400),
        diagnosis=_diagnosis(item.get("diagnosis")),
        arrays=_arrays(item.get("arrays"), item.get("inputs"), tolerance),
        curve=_curve(item.get("steps_curve")),
        one_sided=_one_sided(item.get("one_sided")),
        series=_pictures(item.get("series")),
        table=tuple(
            {one_line(k): _scalar(v) for k, v in row.items()}
            for row in _list(item.get("table"))
            if _is_map(row)
        ),
    )


def _tolerance(item: object) -> float | None:
    array = decode(item)
    if array is None or array.values is None or array.values.size != 1:
        return None
    return float(array.values.item())


def _int(item: object) -> int | None:
    value = to_float(item)
    return int(value) if value is not None and np.isfinite(value) else None


def _scalar(item: object) -> str:
    if item is None:
        return ""
    value = to_float(item)
    if value is not None:
        return number(value, digits=12)
    if isinstance(item, list | tuple):
        inner = ", ".join(_scalar(part) for part in item[:8])
        return f"[{inner}{', …' if len(item) > 8 else ''}]"
    if isinstance(item, Mapping) and "shape" in item:
        array = decode(item)
        if array is not None and array.values is not None and array.values.size == 1:
            return number(float(array.values.item()), digits=12)
        return array.label if array else ""
    return one_line(item, limit=400)


def _indices(item: object) -> tuple[tuple[int, ...], ...]:
    entries = _list(item)
    if not entries:
        return ()
    if all(isinstance(entry, int | float) for entry in entries):
        return (tuple(int(entry) for entry in entries),)
    return tuple(
        tuple(int(part) for part in _list(entry) if isinstance(part, int | float))
        for entry in entries
        if not isinstance(entry, str)
    )


def _diagnosis(item: object) -> Diagnosis | None:
    if isinstance(item, Mapping) and not item.get("misconception") and not item.get("confidence"):
        return None  # "no known cause": nothing to show
    if not isinstance(item, Mapping):
        return None
    confidence = to_float(item.get("confidence"))
    return Diagnosis(
        misconception=one_line(item.get("misconception") or ""),
        sentence=one_line(item.get("sentence") or "", limit=600),
        evidence=one_line(_scalar(item.get("evidence")), limit=600),
        confidence=one_line(item.get("confidence") or "", limit=40)
        if confidence is None
        else f"{confidence:.0%}",
    )


def _arrays(item: object, beside: object, tolerance: float | None) -> Arrays | None:
    if not isinstance(item, Mapping):
        item = {}
    got, wanted = decode(item.get("got")), decode(item.get("wanted"))
    limit = decode(item.get("tolerance"))
    inputs = item.get("inputs") or beside
    delta = None
    if got is not None and wanted is not None:
        a, b = got.values, wanted.values
        if a is not None and b is not None and a.shape == b.shape:
            delta = difference(a, b)
    wrong = None
    if delta is not None:
        within = limit.values if limit is not None else None
        if within is not None and within.shape not in ((), delta.shape):
            within = None
        wrong = wrong_entries(delta, tolerance if within is None else within)
    decoded = {
        one_line(name, limit=40): array
        for name, value in (inputs.items() if isinstance(inputs, Mapping) else ())
        if (array := decode_input(value)) is not None
    }
    if got is None and wanted is None and not decoded:
        return None
    return Arrays(inputs=decoded, got=got, wanted=wanted, tolerance=limit, diff=delta, wrong=wrong)


def _series(item: object) -> tuple[float, ...]:
    return tuple(v for v in map(to_float, _list(item)) if v is not None)


def _curve(item: object) -> Curve | None:
    if not isinstance(item, Mapping):
        return None
    steps, errors = _series(item.get("steps")), _series(item.get("errors"))
    count = min(len(steps), len(errors))
    chosen = _int(item.get("chosen"))
    return Curve(
        steps=steps[:count],
        errors=errors[:count],
        chosen=chosen if chosen is not None and 0 <= chosen < count else None,
        estimate=to_float(item.get("estimate")),
        uncertainty=to_float(item.get("uncertainty")),
    )


def _one_sided(item: object) -> Mapping[str, str]:
    if not isinstance(item, Mapping):
        return {}
    keys = [key for key in ("left", "right", "got") if item.get(key) is not None]
    return {key: _scalar(item[key]) for key in keys}


def _pictures(items: object) -> tuple[Series, ...]:
    found = []
    for item in _list(items):
        lines = item.get("lines") if _is_map(item) else None
        if isinstance(lines, Mapping):
            kept = {one_line(k, limit=40): _series(v) for k, v in lines.items()}
            name, over = (one_line(item.get(key) or "", limit=60) for key in ("name", "over"))
            found.append(Series(name=name, over=over, lines={k: v for k, v in kept.items() if v}))
    return tuple(series for series in found if series.lines)
