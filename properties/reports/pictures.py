"""Pictures as text: heat maps as PNG data URLs, curves as SVG.

They are made here and not by a script of the page, so that they also show in a notebook, on
paper, and where scripts are off. Colours come from the page: SVG uses its CSS variables, and a
heat map is transparent where the value is zero, so one picture serves light and dark.
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from ..record.schema import Curve, Number, OneSided, Series
from .arrays import Floats, to_float
from .text import number

PIXELS = 48  # side of a heat map

_BLUE, _RED, _PURPLE = (37, 99, 235), (220, 68, 32), (147, 51, 234)
_LEVELS = 7  # shades on each side of zero: 4 bits with zero and "not finite"
_COLOURS = ("var(--bad)", "var(--good)", "var(--accent)", "var(--warn)", "var(--muted)")


def shade(value: float, top: float) -> float:
    """Place a value in [-1, 1] for its colour; nan for what is not finite."""
    if not math.isfinite(value):
        return math.nan
    return 0.0 if top == 0 else max(-1.0, min(1.0, value / top))


def scale(*arrays: Floats | None) -> float:
    """Largest finite magnitude in some arrays."""
    top = 0.0
    for array in arrays:
        if array is not None:
            finite = np.abs(array[np.isfinite(array)])
            top = max(top, float(finite.max())) if finite.size else top
    return top


def as_image(values: Floats) -> Floats:
    """Any array as a matrix: a vector is one row, trailing sides are put beside each other."""
    if values.ndim <= 1:
        return values.reshape(1, -1)
    return values.reshape(values.shape[0], -1)


def pool(values: Floats, side: int) -> Floats:
    """Shrink a matrix to at most ``side`` × ``side``; each pixel is its block's largest entry.

    The largest in magnitude, sign kept, so that one wrong entry of a million stays visible; a
    block with an entry that is not finite is not finite.
    """
    for axis in (0, 1):
        length = values.shape[axis]
        if length > side:
            starts = (np.arange(side) * length) // side
            low = np.minimum.reduceat(values, starts, axis=axis)
            high = np.maximum.reduceat(values, starts, axis=axis)
            values = np.where(np.abs(low) > np.abs(high), low, high)
    return values


def heat_map(values: Floats, top: float, side: int = PIXELS) -> str:
    """Return a PNG of a matrix as a data URL; blue below zero, red above, purple not finite."""
    pixels = pool(as_image(np.asarray(values, dtype=np.float64)), side)
    with np.errstate(invalid="ignore", over="ignore"):
        level = np.zeros_like(pixels) if top == 0 else np.clip(pixels / top, -1, 1)
    finite = np.isfinite(pixels)
    steps = np.ceil(np.abs(np.where(finite, level, 0)) * _LEVELS)  # a small value still shows
    index = np.where(level < 0, _LEVELS + steps, steps)
    index = np.where(steps == 0, 0, index)
    index = np.where(finite, index, 15).astype(np.uint8)
    return "data:image/png;base64," + base64.b64encode(_png(index)).decode("ascii")


def _png(index: NDArray[np.uint8]) -> bytes:
    """Write palette indices below 16 as a 4-bit PNG."""
    height, width = index.shape
    padded = np.pad(index, ((0, 0), (0, width % 2)))
    packed = (padded[:, ::2] << 4) | padded[:, 1::2]
    rows = np.pad(packed, ((0, 0), (1, 0))).tobytes()  # each row starts with filter type 0
    colours = [(255, 255, 255), *([_RED] * _LEVELS), *([_BLUE] * _LEVELS), _PURPLE]
    ramp = [round(255 * (k / _LEVELS) ** 0.8) for k in range(1, _LEVELS + 1)]
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 0)),
        (b"PLTE", bytes(c for colour in colours for c in colour)),
        (b"tRNS", bytes([0, *ramp, *ramp, 255])),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


class _Frame:
    """Maps numbers to a drawing area with a margin for labels."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float], *, log: bool = False) -> None:
        self.log = log
        self.width, self.height = 340.0, 190.0
        self.left, self.right, self.top, self.bottom = 52.0, 10.0, 10.0, 30.0
        self.x = _span([self.place(v) for v in xs])
        self.y = _span([self.place(v) for v in ys])

    def place(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def at(self, x: float, y: float) -> tuple[float, float]:
        px = (self.place(x) - self.x[0]) / (self.x[1] - self.x[0])
        py = (self.place(y) - self.y[0]) / (self.y[1] - self.y[0])
        return (
            self.left + px * (self.width - self.left - self.right),
            self.height - self.bottom - py * (self.height - self.top - self.bottom),
        )

    def line(self, xs: Sequence[float], ys: Sequence[float], style: str) -> str:
        points = " ".join(
            "{:.1f},{:.1f}".format(*self.at(x, y)) for x, y in zip(xs, ys, strict=True)
        )
        return f'<polyline points="{points}" {style}/>'

    def svg(self, body: str, label: str, x_name: str, y_name: str) -> Markup:
        low, high = self.height - self.bottom, self.top

        def write(value: float) -> str:
            return f"1e{value:.0f}" if self.log else number(value, digits=3)

        left, right, middle = self.left, self.width - self.right, (self.left + self.width) / 2
        turn = (low + high) / 2
        # Colours and sizes of the axis stand in the style sheet: a page has hundreds of these.
        axis = (
            f'<path class="ax" d="M{left:.0f},{high:.0f}V{low:.0f}H{right:.0f}"/>'
            f'<text class="e" x="{left - 4:.0f}" y="{low:.0f}">{write(self.y[0])}</text>'
            f'<text class="e" x="{left - 4:.0f}" y="{high + 8:.0f}">{write(self.y[1])}</text>'
            f'<text x="{left:.0f}" y="{low + 12:.0f}">{write(self.x[0])}</text>'
            f'<text class="e" x="{right:.0f}" y="{low + 12:.0f}">{write(self.x[1])}</text>'
            f'<text class="m" x="{middle:.0f}" y="{low + 24:.0f}">{escape(x_name)}</text>'
            f'<text class="m" x="12" y="{turn:.0f}" transform="rotate(-90 12 {turn:.0f})">'
            f"{escape(y_name)}</text>"
        )
        return Markup(
            f'<svg viewBox="0 0 {self.width:.0f} {self.height:.0f}" role="img" '
            f'aria-label="{escape(label)}">{axis}{body}</svg>'
        )


def _span(values: Sequence[float]) -> tuple[float, float]:
    finite = [v for v in values if math.isfinite(v)]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    room = max(0.5, 1e-3 * abs(low))  # so that a constant has a height, however large it is
    return (low, high) if high - low > 1e-9 * abs(low) else (low - room, low + room)


def _floats(values: Sequence[Number]) -> list[float]:
    return [math.nan if (found := to_float(value)) is None else found for value in values]


def said(curve: Curve) -> str:
    """The step that was best and the derivative that came out, in words."""
    parts = []
    if curve.chosen is not None and 0 <= curve.chosen < len(curve.steps):
        parts.append(f"best step {number(_floats(curve.steps)[curve.chosen], digits=2)}")
    estimate, uncertainty = to_float(curve.estimate), to_float(curve.uncertainty)
    if estimate is not None:
        about = "" if uncertainty is None else f" ± {number(uncertainty, digits=2)}"
        parts.append(f"derivative {number(estimate, digits=10)}{about}")
    return ", ".join(parts)


def v_curve(curve: Curve) -> Markup:
    """Error of the finite difference against its step, both logarithmic, with the step chosen."""
    errors = _floats(curve.errors)
    known = [e for e in errors if 0 < e < math.inf]
    if not known:
        return Markup("")
    # An error of exactly zero has no place on a logarithmic axis; it stands at its lower edge.
    points = list(zip(_floats(curve.steps), (e or min(known) for e in errors), strict=False))
    pairs = [(s, e) for s, e in points if s > 0 and 0 < e < math.inf]
    if len(pairs) < 2:
        return Markup("")
    frame = _Frame([p[0] for p in pairs], [p[1] for p in pairs], log=True)
    style = 'stroke="var(--accent)" stroke-width="1.5" stroke-linejoin="round"'
    body = frame.line([p[0] for p in pairs], [p[1] for p in pairs], style)
    told = "Error of the numerical derivative against its step: a V"
    chosen = curve.chosen
    if chosen is not None and 0 <= chosen < len(points) and points[chosen] in pairs:
        step, error = points[chosen]
        x, y = frame.at(step, error)
        body += (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="var(--bad)" '
            f'stroke-width="2"/>'
        )
        told += f"; best step {number(step, digits=2)}, error {number(error, digits=2)}"
    uncertainty = to_float(curve.uncertainty)
    if uncertainty is not None and 0 < uncertainty < math.inf:
        told += f"; estimate of the error {number(uncertainty, digits=2)}"
        y = min(max(frame.at(pairs[0][0], uncertainty)[1], 10), 160)
        body += (
            f'<path d="M52,{y:.1f}H330" stroke="var(--warn)" stroke-dasharray="4 3"/>'
            f'<text class="e" x="328" y="{y - 3 if y > 24 else y + 12:.1f}">error estimate</text>'
        )
    return frame.svg(body, told, "step", "error")


def one_sided(sides: OneSided) -> Markup:
    """The two one-sided slopes at a kink as half lines, and the slope that was returned."""
    left, right, got = (to_float(side) for side in (sides.left, sides.right, sides.got))
    if left is None or right is None or not (math.isfinite(left) and math.isfinite(right)):
        return Markup("")
    given = got if got is not None and math.isfinite(got) else None
    top = max(1e-300, abs(left), abs(right), abs(given or 0.0))
    a, b, c = left / top, right / top, (given or 0.0) / top
    frame = _Frame([-1.0, 1.0], [-a, b, 0.0, -c, c])
    body = frame.line([-1, 0], [-a, 0], 'stroke="var(--accent)" stroke-width="2.5"')
    body += frame.line([0, 1], [0, b], 'stroke="var(--good)" stroke-width="2.5"')
    label = f"Slope on the left of the kink {number(left)}, on the right {number(right)}"
    if given is not None:
        style = 'stroke="var(--bad)" stroke-width="1.5" stroke-dasharray="5 4"'
        body += frame.line([-1, 1], [-c, c], style)
    if got is not None:
        label += f", returned {number(got)}"
    x, y = frame.at(0, 0)
    body += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="var(--ink)"/>'
    return frame.svg(body, label, "argument", "value")


def lines(series: Series) -> tuple[Markup, list[tuple[str, str]]]:
    """Some lines in one picture, told apart by colour and by dashes; and their colours."""
    drawn = {key: _floats(values) for key, values in list(series.lines.items())[:5] if values}
    every = [v for values in drawn.values() for v in values]
    if not any(map(math.isfinite, every)) or scale(np.asarray(every)) > 1e150:
        return Markup(""), []
    frame = _Frame([0.0, float(max(1, *(len(v) - 1 for v in drawn.values())))], every)
    body, dashes = "", ("", "6 3", "2 2", "8 2 2 2", "1 3")
    for colour, dash, values in zip(_COLOURS, dashes, drawn.values(), strict=False):
        kept = [(float(t), v) for t, v in enumerate(values) if math.isfinite(v)]
        style = f'stroke="{colour}" stroke-width="1.8" stroke-dasharray="{dash}"'
        body += frame.line([t for t, _ in kept], [v for _, v in kept], style)
    ends = "; ".join(f"{k} from {number(v[0])} to {number(v[-1])}" for k, v in drawn.items())
    picture = frame.svg(
        body, f"{series.name} over the {series.over}s: {ends}", series.over, series.name[:24]
    )
    return picture, list(zip(drawn, _COLOURS, strict=False))
