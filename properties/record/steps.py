"""From what the step debugger found to its part of the record."""

from __future__ import annotations

from collections.abc import Sequence

from ..steps.values import Case, Report
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


def listings(reports: Sequence[Report]) -> Listing | Listings:
    """What `nndl steps` writes: a listing, or all of them where there are several."""
    made = tuple(listing(report) for report in reports)
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
        steps=tuple(_step(step, source.get(step.line, "")) for step in report.steps),
        first_wrong=None if first is None else Place(line=first.line, name=first.name),
        mistakes=tuple(
            Mistake(
                line=m.line,
                name=m.name,
                cause=m.cause,
                evidence=m.evidence,
                suspects=m.suspects,
                file=m.file,
                around=tuple(CodeLine(line=n, text=text) for n, text in m.around),
                got=array_of(m.got),
                wanted=array_of(m.wanted),
                edit=m.edit,
                better=m.better,
            )
            for m in report.mistakes
        ),
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
        ),
        case=None if report.case is None else _case(report.case),
        notes=tuple(report.notes),
    )


def _step(step: Found, text: str) -> Step:
    return Step(
        line=step.line,
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
