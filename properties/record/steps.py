"""From what the step debugger found to its part of the record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec.structs import replace

from ..implementation.isolation import Tier
from ..steps.values import Case, Report
from ..steps.values import Mistake as Wrong
from ..steps.values import Step as Found
from .arrays import array_of, encode
from .listing import (
    SCHEMA,
    CodeLine,
    Example,
    Gradient,
    Listing,
    Listings,
    Mistake,
    Place,
    Step,
    Trouble,
)


def listings(
    reports: Sequence[Report], *, isolation: Tier | Literal[""] = ""
) -> Listing | Listings:
    """What `nndl steps` writes: a listing, or all of them where there are several."""
    made = tuple(replace(listing(report), isolation=isolation) for report in reports)
    return made[0] if len(made) == 1 else Listings(schema=SCHEMA, reports=made)


def listing(report: Report) -> Listing:
    """The listing of one report; lines count in the author's file."""
    first, trouble, source = report.first_wrong, report.trouble, dict(report.source)
    return Listing(
        schema=SCHEMA,
        target=report.target,
        label=report.label,
        file=report.file,
        forward=report.forward,
        backward=report.backward,
        outcome=report.outcome,
        verdict=report.verdict,
        steps=tuple(_step(report, step, source.get(step.line, "")) for step in report.steps),
        first_wrong=None if first is None else _first_wrong(report, first),
        mistakes=tuple(_mistake(report, one) for one in report.mistakes),
        gradients=tuple(
            Gradient(place=g.name, input=g.node, status=g.status, reason=g.reason, cause=g.cause)
            for g in report.gradients
        ),
        trouble=None
        if trouble is None
        else Trouble(
            function=trouble.function,
            status=trouble.status,
            message=trouble.message,
            line=trouble.line or None,
            cell=trouble.cell,
        ),
        case=None if report.case is None else _case(report.case),
        notes=tuple(report.notes),
    )


def _first_wrong(report: Report, first: Wrong) -> Place:
    cell, line = report.cells.place(first.line)
    return Place(line=line, name=first.name, cell=cell)


def _mistake(report: Report, found: Wrong) -> Mistake:
    place = report.cells.place
    cell, line = place(found.line)
    # A line is told with its number alone: one of another cell would be another line.
    suspects = tuple(place(n)[1] for n in found.suspects if place(n)[0] == cell)
    return Mistake(
        line=line,
        cell=cell,
        name=found.name,
        cause=found.cause,
        evidence=found.evidence,
        suspects=suspects,
        file=found.file,
        around=tuple(CodeLine(line=place(n)[1], text=text) for n, text in found.around),
        got=array_of(found.got),
        wanted=array_of(found.wanted),
        edit=found.edit,
        better=found.better,
    )


def _step(report: Report, step: Found, text: str) -> Step:
    cell, line = report.cells.place(step.line)
    return Step(
        line=line,
        cell=cell,
        name=step.name,
        node=step.node,
        status=step.status,
        reason=step.reason,
        ratio=encode(step.ratio),
        cause=step.cause,
        shape=tuple(step.shape),
        function=step.function,
        got=array_of(step.got),
        wanted=array_of(step.wanted),
        text=text.strip(),
    )


def _case(case: Case) -> Example:
    return Example(
        sizes=dict(case.sizes),
        seed=case.seed,
        values=encode(case.values),
        dout=encode(case.dout),
        params=encode(case.params),
        init=encode(case.init),
    )
