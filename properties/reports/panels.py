"""One failing property as a piece of HTML, shared by the page and the notebook."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from ..record.schema import Array, Property
from . import pictures
from .arrays import Compared, Floats, Marks, compare, described, label, numbers, read_input, scalar
from .first_line import first_line
from .phrases import cause, found_by, lines_of, seen, values
from .text import SYMBOL, WORD, apart, counted, number

TEMPLATES = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True, kw_only=True)
class Detail:
    """How much of a failure is shown, so that a page with many failures stays small."""

    cells: int = 64  # largest array written as numbers
    pixels: int = pictures.PIXELS  # side of a heat map
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
    made.filters |= {"scalar": scalar, "lines_of": lines_of, "first_line": first_line}
    return made


def style_of(*sheets: str) -> Markup:
    """Style sheets of the templates as one."""
    return Markup("".join((TEMPLATES / sheet).read_text(encoding="utf-8") for sheet in sheets))


def script_of(*scripts: str) -> tuple[Markup, str]:
    """Scripts of the templates as one, and the hash by which a page allows it alone."""
    text = "".join((TEMPLATES / script).read_text(encoding="utf-8") for script in scripts)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return Markup(text), digest


def panel(prop: Property, detail: Detail | None = None) -> Markup:
    """Return a failure as HTML: cause, example, arrays, pictures, script."""
    template = environment().get_template("panel.html")
    return Markup(template.render(prop=prop, **_content(prop, detail or Detail())))


def _content(prop: Property, detail: Detail) -> dict[str, Any]:
    both = compare(prop)
    cut = len(prop.script) > detail.script
    drawn = detail.curves
    return {
        "cause": cause(prop, sure=True),
        "seen": seen(prop),
        "found_by": found_by(prop),
        "values": values(prop) if prop.index or prop.arrays is None else "",
        "inputs": [_input(name, value, detail) for name, value in prop.inputs.items()],
        "compared": _compared(prop, both, detail),
        "worst": both.worst(detail.entries) if both and both.got.size > detail.cells else [],
        "curve": pictures.v_curve(prop.steps_curve) if prop.steps_curve and drawn else "",
        "curve_said": pictures.said(prop.steps_curve) if prop.steps_curve else "",
        "kink": pictures.one_sided(prop.one_sided) if prop.one_sided and drawn else "",
        "sides": _sides(prop),
        "series": [(one.name, *pictures.lines(one)) for one in prop.series] if drawn else [],
        "script": "" if cut else prop.script,
        "script_cut": len(prop.script.split("\n")) if cut else 0,
    }


def _sides(prop: Property) -> dict[str, str]:
    sides = prop.one_sided
    if sides is None:
        return {}
    return {key: scalar(getattr(sides, key)) for key in ("left", "right", "got")}


def _input(name: str, value: Any, detail: Detail) -> dict[str, Any]:
    array = read_input(value)
    if isinstance(array, str):
        return {"name": name, "label": array, "cells": []}
    shown = numbers(array)
    if shown is None or shown.ndim > 2 or not 0 < shown.size <= min(detail.cells, 48):
        return {"name": name, "label": described(array), "cells": []}
    cells = [[number(float(v)) for v in row] for row in pictures.as_image(shown)]
    return {"name": name, "label": label(array), "cells": cells}


def _compared(prop: Property, both: Compared | None, detail: Detail) -> list[dict[str, Any]]:
    """Got, wanted and difference, each as a table of numbers or as a heat map."""
    arrays = prop.arrays
    named: list[tuple[str, Array]] = []
    if arrays is not None:
        pairs = (("got", arrays.got), ("wanted", arrays.wanted))
        named = [(title, array) for title, array in pairs if array is not None]
    if both is None:
        return [{"title": title, "label": described(a), "rows": []} for title, a in named]
    top = pictures.scale(both.got, both.wanted)
    labels = {title: label(array) for title, array in named}
    reach = pictures.scale(both.diff)
    return [
        _block("got", labels["got"], both.got, top, both.wanted, both.wrong, detail),
        _block("wanted", labels["wanted"], both.wanted, top, both.got, None, detail),
        _block("difference", "", both.diff, reach, None, both.wrong, detail),
    ]


def _block(
    title: str,
    label: str,
    shown: Floats,
    top: float,
    other: Floats | None,
    wrong: Marks | None,
    detail: Detail,
) -> dict[str, Any]:
    """An array as a table of shaded numbers, or as a heat map where it is large."""
    span = shown[np.isfinite(shown)]
    said = f"{title}, {label}".rstrip(", ")
    if span.size:
        said += f", {number(span.min())} to {number(span.max())}"
    if wrong is not None:
        said += f", {int(wrong.sum())} of {counted(wrong.size, 'entry', 'entries')} wrong"
    block: dict[str, Any] = {"title": title, "label": label, "rows": [], "said": said}
    image = pictures.as_image(shown)
    height, width = image.shape
    if shown.ndim > 2 or shown.size > detail.cells or width > 12:
        unit = min(200.0 / width, 200.0 / height)
        block["image"] = pictures.heat_map(shown, top, detail.pixels)
        block["size"] = (round(max(8, unit * width)), round(max(8, unit * height)))
        return block
    against = None if other is None else pictures.as_image(other)
    marks = None if wrong is None else wrong.reshape(image.shape)
    for i, row in enumerate(image):
        cells = []
        for j, value in enumerate(row):
            x = float(value)
            text = number(x) if against is None else apart(x, float(against[i, j]))[0]
            level = pictures.shade(x, top)
            tint = f"{abs(level):.2f}" if level == level else "1"
            side = "odd" if level != level else "low" if level < 0 else "high"
            cells.append((text, marks is not None and bool(marks[i, j]), side, tint))
        block["rows"].append(cells)
    return block
