"""The report as one HTML file without outside resources.

A content security policy allows the page's own script by its hash and nothing else, so no text of
the record can run, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from ..record.listing import Listing
from ..record.schema import Function, Property, Record
from .matrix import matrix
from .panels import Detail, environment, panel, script_of, style_of
from .phrases import summary

LARGEST = 1_980_000  # bytes; the page is to stay below 2 MB
_LEVELS = (
    Detail(),
    Detail(cells=36, pixels=28, entries=5, script=6_000),
    Detail(cells=16, pixels=16, entries=3, script=2_500),
    Detail(cells=9, pixels=12, entries=3, script=1_000, curves=False),
)
_START = (60, 120, 400)  # up to that many failures begin with the level of the same place


@dataclass(frozen=True, kw_only=True)
class _Failure:
    """A property that has a panel."""

    anchor: str
    prop: Property
    body: Markup | None


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """A function with its panels."""

    function: Function
    failures: tuple[_Failure, ...]
    right: tuple[Property, ...]
    other: tuple[Property, ...]
    text: str
    detail: str
    findings: tuple[str, ...]
    listing: Listing | None


def html(record: Record) -> str:
    """Return the page of a record.

    Below 2 MB for any record: with many failures pictures get coarser, long scripts are left to
    the record, and at last panels are left out, which the page says.
    """
    count = sum(len(_shown(f)) for f in record.functions)
    level = sum(count > limit for limit in _START)
    for detail in _LEVELS[level:]:
        page = _page(record, detail, count)
        if len(page.encode()) <= LARGEST:
            return page
    while True:
        count //= 2
        page = _page(record, _LEVELS[-1], count)
        if len(page.encode()) <= LARGEST or count == 0:
            return page


def _shown(function: Function) -> tuple[Property, ...]:
    """Properties of a function that get a panel."""
    return (*function.failures, *function.noted)


def _page(record: Record, detail: Detail, panels: int) -> str:
    found = matrix(record)
    script, digest = script_of("common.js", "page.js")
    entries = list(_entries(record, detail, panels))
    anchors: dict[tuple[str, str], str] = {}
    for entry in entries:
        for failure in entry.failures:
            anchors.setdefault((entry.function.layer, failure.prop.name), failure.anchor)
    classes: dict[str, int] = {}
    for column in found.columns:
        classes[column.cls] = classes.get(column.cls, 0) + 1
    return environment().get_template("page.html").render(
        record=record,
        summary=summary(record),
        matrix=found,
        classes=classes,
        used=sorted({*found.cells.values(), *(found.layer[row] for row in found.rows)}),
        anchors=anchors,
        entries=entries,
        missing=record.with_status("missing"),
        style=style_of("panel.css", "page.css"),
        script=script,
        digest=digest,
    )  # fmt: skip


def _entries(record: Record, detail: Detail, panels: int) -> Iterator[_Entry]:
    """Functions that are there, wrong ones first, otherwise in the record's order."""
    order = ("fail", "error", "pass")
    there = (f for f in record.functions if f.status != "missing")
    functions = sorted(
        there, key=lambda f: order.index(f.status) if f.status in order else len(order)
    )
    made = 0
    for function in functions:
        failures = []
        for prop in _shown(function):
            made += 1
            body = panel(prop, detail) if made <= panels else None
            failures.append(_Failure(anchor=f"failure-{made}", prop=prop, body=body))
        words = [function.name, function.layer, function.detail, *function.findings]
        words += [f"{p.title} {p.name} {p.argument} {p.sentence}" for p in _shown(function)]
        yield _Entry(
            function=function,
            failures=tuple(failures),
            right=tuple(p for p in function.properties if p.shown == "pass"),
            other=tuple(
                p for p in function.properties if p.shown in ("inconclusive", "skipped", "missing")
            ),
            text=" ".join(words).lower()[:3000],
            detail=_detail(function),
            findings=_findings(function),
            listing=record.listing_of(function),
        )


def _detail(function: Function) -> str:
    """The detail, unless the first panel below begins with the same words."""
    return "" if function.lead and function.lead.sentence == function.detail else function.detail


def _findings(function: Function) -> tuple[str, ...]:
    """Findings; of a wrong function only those that no panel below shows."""
    if function.status == "pass":
        return function.findings
    told = tuple(p.sentence for p in function.noted if p.sentence)
    return tuple(f for f in function.findings if not f.endswith(told or ("\0",)))
