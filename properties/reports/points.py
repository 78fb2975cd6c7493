"""What a course gives for each function, and how much it tells: a small TOML file.

::

    feedback = "hint"            # verdict, hint or example
    [points]                     # a function, or a layer whose functions share the points
    function_backward = 5
    layer = 4
    [visibility]                 # visible, hidden, after_due_date or after_published
    function_backward = "hidden"
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..record.schema import Function, Record
from ..record.text import one_line
from .markdown import example, hint

FEEDBACK = ("verdict", "hint", "example")
VISIBILITY = ("visible", "hidden", "after_due_date", "after_published")
OTHERS = "Further tests"


class PointsError(ValueError):
    """The file of points cannot be used; the message says what to change."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Points and visibility by function or layer; without points every function gives one."""

    points: Mapping[str, float] = field(default_factory=dict)
    visibility: Mapping[str, str] = field(default_factory=dict)
    feedback: str = "example"


@dataclass(frozen=True, kw_only=True)
class Grade:
    """One line of a grade book."""

    name: str
    points: float
    most: float
    visibility: str
    text: str

    @property
    def passed(self) -> bool:
        """Whether the function is right."""
        return self.points >= self.most > 0 or (self.most == 0 and self.text == "Right.")

    @property
    def visible(self) -> bool:
        """Whether a student may see it now."""
        return self.visibility == "visible"


def read_weights(text: str) -> Weights:
    """Read the TOML.

    Raises
    ------
    PointsError
        For broken TOML, an unknown key, a negative or not finite number, an unknown word.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PointsError(f"not TOML: {error}") from error
    unknown = sorted(set(data) - {"points", "visibility", "feedback"})
    if unknown:
        raise PointsError(f"unknown key {unknown[0]!r}; wanted points, visibility or feedback")
    feedback = data.get("feedback", "example")
    if feedback not in FEEDBACK:
        raise PointsError(f"feedback is {feedback!r}; wanted one of {', '.join(FEEDBACK)}")
    points = _table(data, "points")
    for name, value in points.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or value < 0:
            raise PointsError(f"points of {name} are {value!r}; wanted a number from 0 up")
    shown = _table(data, "visibility")
    for name, value in shown.items():
        if value not in VISIBILITY:
            wanted = ", ".join(VISIBILITY)
            raise PointsError(f"visibility of {name} is {value!r}; wanted one of {wanted}")
    return Weights(points=points, visibility=shown, feedback=feedback)


def _table(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    table = data.get(key, {})
    if not isinstance(table, dict):
        raise PointsError(f"{key} is {table!r}; wanted a table [{key}]")
    return table


def layers_of(record: Record) -> dict[str, str]:
    """The layer of each function of the contract that a record tells of."""
    return {f.name: f.layer for f in record.functions if not f.found}


def shares(weights: Weights, layers: Mapping[str, str]) -> dict[str, float]:
    """What each function can earn, in the order of ``layers``, which gives theirs.

    With points given, only what they name; a name of no function and no layer stays, and nobody
    earns its points. A layer shares its points among those functions that have none of their own.
    """
    if not weights.points:
        return dict.fromkeys(layers, 1.0)
    shared: dict[str, float] = {}
    for name, points in weights.points.items():
        own = name in layers
        members = [f for f, layer in layers.items() if layer == name and f not in weights.points]
        for member in () if own else members or [name]:
            shared[member] = points / max(1, len(members))
    shared |= {name: float(p) for name, p in weights.points.items() if name in layers}
    order = {name: place for place, name in enumerate(layers)}
    return dict(sorted(shared.items(), key=lambda item: order.get(item[0], len(order))))


def grades(
    record: Record,
    weights: Weights,
    *,
    most: Mapping[str, float] | None = None,
    layers: Mapping[str, str] | None = None,
) -> tuple[Grade, ...]:
    """Grade each function: all its points when it is right, none otherwise.

    A name that the record lacks earns nothing; nor does one of the contract that was judged
    against its own forward alone, nor anything in a run that is not complete.

    Parameters
    ----------
    most
        What each function can earn, by default the `shares` of what is in the record.
    layers
        The layer of each function, for its visibility; by default as the record has it.
    """
    if layers is None:
        layers = layers_of(record)
        if not weights.points:
            layers = {f.name: f.layer for f in record.functions} | layers
    by_name = _by_name(record)
    made = []
    for name, all_of_it in (shares(weights, layers) if most is None else most).items():
        function = by_name.get(name)
        right = record.complete and function is not None and counts_as_right(function)
        seen = weights.visibility.get(name) or weights.visibility.get(layers.get(name, ""))
        made.append(
            Grade(
                name=one_line(name, limit=120),
                points=all_of_it if right else 0.0,
                most=all_of_it,
                visibility=seen or "visible",
                text="Right." if right else _text(record, function, weights.feedback),
            )
        )
    return tuple(made)


def counts_as_right(function: Function) -> bool:
    """Whether a function earns its points."""
    return function.status == "pass" and not function.namesake


def _by_name(record: Record) -> dict[str, Function]:
    """What answers for a name: the contract's function before what was found beside it."""
    found = {f.name: f for f in record.functions if f.found}
    return found | {f.name: f for f in record.functions if not f.found}


def _text(record: Record, function: Function | None, feedback: str) -> str:
    """What the student is told about a function that is not right."""
    if function is None:
        return "Not judged in this run."
    if not record.complete:
        return "The run did not finish."
    if function.namesake:
        return (
            "Not judged as the contract has it: it takes other arguments or gives other values. "
            "Held against its own forward alone, it earns nothing."
        )
    plain = _PLAIN.get(function.status, "Wrong.")
    if feedback == "verdict":
        return plain
    body = hint(function) if feedback == "hint" else example(function, record.listing_of(function))
    return f"{plain}\n\n{body}"


_PLAIN = {
    "missing": "Missing.",
    "error": "Error.",
    "inconclusive": "Not judged: no oracle could tell.",
    "skipped": "Not judged.",
}


def in_words(lines: tuple[Grade, ...]) -> str:
    """Sum up what a student may see; silent about the rest, whatever came out of it."""
    seen = [grade for grade in lines if grade.visible]
    right = sum(grade.passed for grade in seen)
    if len(seen) == len(lines):
        if lines and right == len(lines):
            return f"All {len(lines)} functions are right."
        return f"{right} of {len(seen)} functions are right."
    return (
        f"{right} of the {len(seen)} functions shown here are right. "
        "Further tests count and are not shown."
    )


def merged(lines: tuple[Grade, ...]) -> tuple[Grade, ...]:
    """Make one line of all that is not visible, for systems that show every line."""
    rest = [grade for grade in lines if not grade.visible]
    if not rest:
        return lines
    other = Grade(
        name=OTHERS,
        points=sum(grade.points for grade in rest),
        most=sum(grade.most for grade in rest),
        visibility="visible",
        text="These tests are not shown.",
    )
    return (*(grade for grade in lines if grade.visible), other)
