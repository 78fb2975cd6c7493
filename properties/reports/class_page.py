"""A class as one HTML file without outside resources.

The students are data in a script element that no browser runs; the page's own script, allowed by
its hash, writes them as text. So no name and no sentence of a student can become markup.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from .panels import environment, script_of, style_of
from .text import counted

_BINS = 10
_CODES = {"pass": "p", "fail": "f", "error": "e", "missing": "m", "inconclusive": "i"}
WORDS = {
    "p": "right",
    "f": "wrong",
    "e": "error",
    "m": "missing",
    "i": "inconclusive",
    "n": "not judged",
}
_SLOWEST = 5


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A misconception, or a failure without a known cause, of one function."""

    function: str
    name: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One submission: its people, what came of each function, and what is wrong.

    ``statuses`` are those of a record, by function. ``reason`` says why there is no verdict.
    """

    name: str
    id: str
    state: str
    points: float
    seconds: float
    page: str
    statuses: dict[str, str]
    mistakes: tuple[Mistake, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Class:
    """What the page shows."""

    title: str
    functions: tuple[str, ...]
    most: dict[str, float]
    rows: tuple[Row, ...]
    facts: tuple[str, ...] = ()


@dataclass(kw_only=True)
class _Shared:
    """A mistake and who makes it."""

    mistake: Mistake
    who: list[int] = field(default_factory=list)
    number: int = 0


def class_page(shown: Class) -> str:
    """Return the page of a class."""
    script, digest = script_of("common.js", "class.js")
    shared = _shared(shown.rows)
    judged = [row for row in shown.rows if row.statuses]
    return environment().get_template("class.html").render(
        shown=shown,
        summary=_summary(shown, judged),
        shared=shared,
        judged=len(judged),
        difficulty=_difficulty(shown, judged),
        scores=_scores(shown, judged),
        times=_times(shown.rows),
        unjudged=[row for row in shown.rows if row.reason],
        noted=[row for row in shown.rows if row.notes],
        words=WORDS,
        data=Markup(_data(shown, shared)),
        style=style_of("panel.css", "page.css", "class.css"),
        script=script,
        digest=digest,
    )  # fmt: skip


def _shared(rows: Sequence[Row]) -> list[_Shared]:
    """Every mistake with those who make it, the most common first."""
    found: dict[tuple[str, str], _Shared] = {}
    for place, row in enumerate(rows):
        for mistake in row.mistakes:
            key = (mistake.function, mistake.name)
            one = found.setdefault(key, _Shared(mistake=mistake))
            if place not in one.who[-1:]:
                one.who.append(place)
    common = sorted(found.values(), key=lambda one: -len(one.who))
    for number, one in enumerate(common):
        one.number = number
    return common


def _summary(shown: Class, judged: Sequence[Row]) -> str:
    total = sum(shown.most.values())
    parts = [counted(len(shown.rows), "submission"), f"{len(judged)} judged"]
    if judged:
        points = [row.points for row in judged]
        mean, median = statistics.fmean(points), statistics.median(points)
        parts.append(f"mean {mean:.2f}, median {median:.2f} of {total:g} points")
    return " · ".join(parts)


def _difficulty(shown: Class, judged: Sequence[Row]) -> list[dict[str, Any]]:
    """Functions, those that fewest got right first."""
    table = []
    for name in shown.functions:
        codes = [_CODES.get(row.statuses.get(name, ""), "n") for row in judged]
        counts = {code: codes.count(code) for code in WORDS}
        share = counts["p"] / len(codes) if codes else 0.0
        table.append({"name": name, "share": share, **counts})
    return sorted(table, key=lambda line: float(line["share"]))


def _scores(shown: Class, judged: Sequence[Row]) -> list[tuple[str, int]]:
    """How many of those who were judged earned how much, in tenths of all points."""
    total = sum(shown.most.values())
    bins = [0] * _BINS
    for row in judged:
        bins[min(int(_BINS * row.points / total), _BINS - 1) if total else 0] += 1
    width = total / _BINS
    names = [f"{width * i:.3g} to {width * (i + 1):.3g}" for i in range(_BINS)]
    return list(zip(names, bins, strict=True))


def _times(rows: Sequence[Row]) -> dict[str, Any]:
    taken = sorted((row.seconds, row.name) for row in rows if row.seconds)
    if not taken:
        return {}
    seconds = [one for one, _ in taken]
    return {
        "median": statistics.median(seconds),
        "most": seconds[-1],
        "total": sum(seconds),
        "slowest": taken[-_SLOWEST:][::-1],
    }


def _data(shown: Class, shared: Sequence[_Shared]) -> str:
    """The rows as JSON that cannot end the element it stands in."""
    mine: dict[int, list[int]] = {}
    for number, one in enumerate(shared):
        for place in one.who:
            mine.setdefault(place, []).append(number)
    rows = [
        [
            row.name,
            row.id,
            row.state,
            round(row.points, 4),
            round(row.seconds, 1),
            row.page,
            "".join(_CODES.get(row.statuses.get(name, ""), "n") for name in shown.functions),
            mine.get(place, []),
            row.reason,
        ]
        for place, row in enumerate(shown.rows)
    ]
    text = json.dumps({"functions": shown.functions, "rows": rows}, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
