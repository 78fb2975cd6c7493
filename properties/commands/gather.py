"""From a suite that has run to what the record is built from: causes and scripts."""

from __future__ import annotations

from typing import Any

from ..diagnosis import find_causes
from ..diagnosis.finding import Diagnosis
from ..implementation import Target
from ..judge.property import named
from ..judge.suite import Suite, needed
from ..judge.verdict import Verdict
from ..record.build import Observations, Of
from ..record.merge import Node
from ..record.scripts import import_lines, make_script
from ..spec.literals import with_imports
from ..spec.row import LayerSpec, ObjectSpec


def nodes(suite: Suite) -> list[Node]:
    """Every property of every row that a suite is to judge."""
    return [
        Node(row=cell.row, property=name, functions=needed(named(name), suite.row(cell.row)))
        for cell in suite.planned
        for name in cell.properties
    ]


def gather(suite: Suite, target: Target) -> Observations:
    """What a suite saw; nothing is run again."""
    missing = suite.implementation.limits_missing
    notes = [f"no limit held here of: {', '.join(missing)}"] if missing else []
    if target.nearer:
        notes.append(f"judged is {target.describe()}")
    return Observations(
        rows=suite.specs,
        verdicts=suite.verdicts,
        functions=suite.implementation.functions,
        faults=suite.faults,
        readings=suite.readings,
        wrong_forwards=suite.wrong_forwards,
        causes=_causes(suite),
        scripts={_of(v): _script(suite, target, suite.row(v.layer), v) for v in suite.verdicts},
        notes=notes,
        seconds=suite.seconds,
        broken=bool(suite.broken),
    )


def _of(verdict: Verdict) -> Of:
    return verdict.layer, verdict.declared.name


def _causes(suite: Suite) -> dict[Of, Diagnosis]:
    causes = find_causes(suite)
    found: dict[Of, Diagnosis] = {}
    for verdict in suite.verdicts:
        row = suite.row(verdict.layer)
        if verdict.disagreement is None and verdict.fault is None:
            continue
        cause = causes.of(verdict, row)
        if cause is not None:
            found[_of(verdict)] = cause
    return found


def _script(suite: Suite, target: Target, row: LayerSpec, verdict: Verdict) -> str:
    found = verdict.disagreement
    case: Any = (found.case if found is not None else None) or verdict.case
    if found is None or case is None:
        return ""
    header = import_lines(target, suite.implementation, row.functions)
    if isinstance(row, ObjectSpec):
        return with_imports(header, [*verdict.lines, "", f"# {found.oracle}: {found.sentence}"])
    return make_script(found, case, row, suite.readings.get(row.name), header)
