"""What one student is told: the page and the record at the level of the points file.

What is hidden appears in neither, but for its share of the points; nor does the seed, with which
a student could tell the examples of the grading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from msgspec.structs import replace

from ..record.schema import Function, Property, Record
from .panels import Detail, environment, panel, style_of
from .phrases import cause
from .points import Grade, Weights, in_words, merged

_DETAIL = Detail(cells=36, pixels=28, entries=5, script=6_000)


@dataclass(frozen=True, kw_only=True)
class _Told:
    """A line of the page."""

    grade: Grade
    status: str
    sentence: str = ""
    cause: str = ""
    body: Markup | None = None


def for_student(record: Record, lines: Sequence[Grade], weights: Weights) -> Record:
    """The part of a record that a student may see."""
    seen = {grade.name for grade in lines if grade.visible}
    functions = tuple(_cut(f, weights.feedback) for f in record.functions if f.name in seen)
    passed = functions and record.complete and all(g.passed for g in lines if g.visible)
    return replace(
        record,
        seed=0,
        functions=functions,
        verdict="pass" if passed else "fail" if record.complete else "error",
        notes=(f"cut to the feedback level {weights.feedback}; the seed is not told",),
        listings=(),
        not_judged=(),
    )


def _cut(function: Function, feedback: str) -> Function:
    if feedback == "verdict":
        return Function(
            name=function.name, layer=function.layer, row=function.row, status=function.status
        )
    properties = tuple(_cut_property(p, feedback) for p in function.properties)
    printed = function.printed if feedback == "example" else ""
    return replace(function, properties=properties, printed=printed)


def _cut_property(prop: Property, feedback: str) -> Property:
    if feedback == "example":
        return replace(prop, repeat="")
    diagnosis = prop.diagnosis
    if diagnosis is not None:
        diagnosis = replace(diagnosis, evidence="", seen_in_public="", neighbouring=False)
    return Property(
        name=prop.name,
        cls=prop.cls,
        status=prop.status,
        examples=prop.examples,
        about=prop.about,
        counts=prop.counts,
        inconclusive=prop.inconclusive,
        argument=prop.argument,
        sentence=prop.sentence,
        diagnosis=diagnosis,
    )


def student_page(
    title: str,
    name: str,
    record: Record | None,
    lines: Sequence[Grade],
    weights: Weights,
    *,
    reason: str = "",
    notes: Sequence[str] = (),
) -> str:
    """Return the page of one student.

    Parameters
    ----------
    record
        The student's own, cut or whole; None where nothing was judged.
    lines
        What each function gives.
    reason
        Why nothing was judged.
    """
    cut = for_student(record, lines, weights) if record is not None else None
    by_name = {f.name: f for f in cut.functions} if cut is not None else {}
    told = [_told(grade, by_name.get(grade.name), weights) for grade in merged(tuple(lines))]
    return environment().get_template("student.html").render(
        title=title,
        name=name,
        points=sum(grade.points for grade in lines),
        most=sum(grade.most for grade in lines),
        summary=in_words(tuple(lines)) if record is not None else "Nothing was judged.",
        reason=reason,
        notes=notes,
        told=told,
        style=style_of("panel.css", "page.css", "class.css"),
    )  # fmt: skip


def _told(grade: Grade, function: Function | None, weights: Weights) -> _Told:
    if function is None:
        return _Told(grade=grade, status="none" if grade.most else "skipped")
    if function.namesake:
        return _Told(grade=grade, status="none", sentence=grade.text)
    prop = function.lead
    if grade.passed or weights.feedback == "verdict":
        return _Told(grade=grade, status=function.status)
    if prop is None:
        return _Told(grade=grade, status=function.status, sentence=function.detail)
    if weights.feedback == "hint":
        return _Told(
            grade=grade, status=function.status, sentence=function.sentence, cause=cause(prop)
        )
    return _Told(grade=grade, status=function.status, body=panel(prop, _DETAIL))
