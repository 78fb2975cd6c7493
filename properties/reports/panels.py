"""One failing property as a piece of HTML, shared by the page and the notebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from . import pictures
from .arrays import Array, Floats
from .model import Arrays, PropertyResult
from .phrases import found_by, values
from .text import SYMBOL, WORD, apart, counted, number

TEMPLATES = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True, kw_only=True)
class Detail:
    """How much of a failure is shown, so that a page with many failures stays small."""

    cells: int = 64  # largest array written as numbers
    pixels: int = 48  # side of a heat map
    entries: int = 8  # worst entries listed
    script: int = 20_000  # characters
    curves: bool = True


@cache
def environment() -> jinja2.Environment:
    """The templates, with everything escaped that is not marked as safe."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.globals |= {"symbol": SYMBOL, "word": WORD, "counted": counted}
    made.filters["shortly"] = _shortly
    return made


def _shortly(text: str) -> str:
    """Shorten a written number for a table; anything else stays."""
    try:
        return number(float(text))
    except ValueError:
        return text


def panel(prop: PropertyResult, detail: Detail | None = None) -> Markup:
    """Return a failure as HTML: cause, example, arrays, pictures, listing, script."""
    detail = detail or Detail()
    template = environment().get_template("panel.html")
    return Markup(template.render(prop=prop, **_content(prop, detail)))


def _content(prop: PropertyResult, detail: Detail) -> dict[str, Any]:
    script = prop.script
    cut = len(script) > detail.script
    return {
        "found_by": found_by(prop),
        "values": values(prop)
        if (prop.got or prop.wanted) and (prop.index or prop.arrays is None)
        else "",
        "inputs": [_input(n, a, detail) for n, a in prop.arrays.inputs.items()]
        if prop.arrays
        else [],
        "compared": _compared(prop.arrays, detail) if prop.arrays else None,
        "worst": _worst(prop, detail) if prop.arrays else [],
        "curve": pictures.v_curve(prop.curve) if prop.curve and detail.curves else "",
        "curve_said": _curve_said(prop) if prop.curve else "",
        "kink": _kink(prop.one_sided) if detail.curves else "",
        "running": [
            (series.name, pictures.lines(series), pictures.keys(series.lines))
            for series in prop.series
        ]
        if detail.curves
        else [],
        "script": "" if cut else script,
        "script_cut": len(script.split("\n")) if cut else 0,
    }


def _curve_said(prop: PropertyResult) -> str:
    curve = prop.curve
    if curve is None:
        return ""
    parts = []
    if curve.chosen is not None:
        parts.append(f"best step {number(curve.steps[curve.chosen], digits=2)}")
    if curve.estimate is not None:
        about = "" if curve.uncertainty is None else f" ± {number(curve.uncertainty, digits=2)}"
        parts.append(f"derivative {number(curve.estimate, digits=10)}{about}")
    return ", ".join(parts)


def _kink(sides: Mapping[str, str]) -> Markup:
    found = {}
    for key, text in sides.items():
        try:
            found[key] = float(text)
        except ValueError:
            return Markup("")
    if "left" not in found or "right" not in found:
        return Markup("")
    return pictures.one_sided(found["left"], found["right"], found.get("got"))


def _input(name: str, array: Array, detail: Detail) -> dict[str, Any]:
    shown = array.values
    if array.literal:
        return {"name": name, "label": array.literal, "note": "", "cells": []}
    if shown is None:
        return {"name": name, "label": array.label, "note": array.summary, "cells": []}
    small = shown.ndim <= 2 and 0 < shown.size <= min(detail.cells, 48)
    if small:
        grid = pictures.as_image(shown)
        return {
            "name": name,
            "label": array.label,
            "note": "",
            "cells": [[number(float(v)) for v in row] for row in grid],
        }
    finite = shown[np.isfinite(shown)]
    span = f"{number(finite.min())} to {number(finite.max())}" if finite.size else ""
    return {"name": name, "label": array.label, "note": span, "cells": []}


def _compared(arrays: Arrays, detail: Detail) -> list[dict[str, Any]] | None:
    """Got, wanted and difference, each as a table of numbers or as a heat map."""
    got, wanted = arrays.got, arrays.wanted
    if got is None or wanted is None:
        return [
            _bare(title, array)
            for title, array in (("got", got), ("wanted", wanted))
            if array is not None
        ] or None
    a, b = got.values, wanted.values
    if a is None or b is None or a.size == 0:
        return [_bare("got", got), _bare("wanted", wanted)]
    top = pictures.scale(a, b)
    blocks = [_block("got", got, a, top, b, arrays.wrong, detail)]
    blocks.append(_block("wanted", wanted, b, top, a, None, detail))
    if arrays.diff is not None:
        reach = pictures.scale(arrays.diff)
        label = Array(dtype="", shape=arrays.diff.shape, values=arrays.diff)
        blocks.append(_block("difference", label, arrays.diff, reach, None, arrays.wrong, detail))
    return blocks


def _bare(title: str, array: Array) -> dict[str, Any]:
    return {"title": title, "label": f"{array.label} {array.summary}".strip(), "rows": []}


def _block(
    title: str,
    array: Array,
    shown: Floats,
    top: float,
    other: Floats | None,
    wrong: np.ndarray[Any, np.dtype[np.bool_]] | None,
    detail: Detail,
) -> dict[str, Any]:
    if other is not None and other.shape != shown.shape:
        other = None
    if wrong is not None and wrong.shape != shown.shape:
        wrong = None
    block: dict[str, Any] = {"title": title, "label": array.label, "rows": []}
    span = shown[np.isfinite(shown)]
    said = f"{title}, {array.label}"
    if span.size:
        said += f", {number(span.min())} to {number(span.max())}"
    if wrong is not None:
        said += f", {int(wrong.sum())} of {counted(wrong.size, 'entry', 'entries')} wrong"
    block["said"] = said
    if shown.ndim > 2 or shown.size > detail.cells or pictures.as_image(shown).shape[1] > 12:
        block["image"] = pictures.heat_map(shown, top, detail.pixels)
        height, width = pictures.as_image(shown).shape
        unit = min(200.0 / width, 200.0 / height)
        block["size"] = (round(max(8, unit * width)), round(max(8, unit * height)))
        return block
    against = None if other is None else pictures.as_image(other)
    marks = None if wrong is None else pictures.as_image(wrong.astype(np.float64))
    for i, row in enumerate(pictures.as_image(shown)):
        cells = []
        for j, value in enumerate(row):
            x = float(value)
            text = number(x) if against is None else apart(x, float(against[i, j]))[0]
            bad = bool(marks[i, j]) if marks is not None else False
            level = pictures.shade(x, top)
            tint = f"{abs(level):.2f}" if level == level else "1"
            side = "odd" if level != level else "low" if level < 0 else "high"
            cells.append((text, bad, side, tint))
        block["rows"].append(cells)
    return block


def _worst(prop: PropertyResult, detail: Detail) -> list[tuple[str, str, str, str]]:
    """The worst entries of an array that is shown as a heat map."""
    arrays = prop.arrays
    if arrays is None or arrays.diff is None or arrays.wrong is None:
        return []
    got = arrays.got.values if arrays.got else None
    wanted = arrays.wanted.values if arrays.wanted else None
    if got is None or wanted is None or got.shape != wanted.shape or got.size <= detail.cells:
        return []
    size = np.where(np.isnan(arrays.diff), np.inf, np.abs(arrays.diff))
    order = np.argsort(-np.where(arrays.wrong, size, -1.0), axis=None, kind="stable")
    rows = []
    for flat in order[: min(detail.entries, int(arrays.wrong.sum()))]:
        place = np.unravel_index(int(flat), got.shape)
        pair = apart(float(got[place]), float(wanted[place]))
        index = ", ".join(str(int(i)) for i in place)
        rows.append((f"[{index}]", *pair, number(float(arrays.diff[place]))))
    return rows
