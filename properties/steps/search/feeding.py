"""Which statements a step depends on."""

from __future__ import annotations

import ast

from ..evidence.findings import Slot
from ..evidence.gather import Evidence

__all__ = ["feeding"]


def feeding(evidence: Evidence, slot: Slot) -> set[int]:
    """Statements on which a step depends, by names, in the order of the run."""
    statements = evidence.statements
    trace = evidence.traces[0]
    writers: dict[tuple[str, str], set[int]] = {}
    needs: dict[int, set[int]] = {}
    recent: set[int] = set()
    for event in trace.events:
        probe = evidence.probes[int(event.place[1])]
        if probe.kind not in ("assign", "loop", "return"):
            continue
        statement = statements.get(probe.statement)
        if statement is None:
            continue
        found: set[int] = set()
        reads = _names(probe.text) if probe.kind == "return" else statement.reads
        for name in reads:
            for writer in writers.get((probe.function, name), set()):
                found |= {writer} | needs.get(writer, set())
        if probe.function == slot.function:
            found |= recent
            recent = set()
        else:
            recent |= {statement.number} | found
        needs[statement.number] = needs.get(statement.number, set()) | found
        for name in statement.writes:
            key = (probe.function, name)
            if (
                isinstance(statement.node, ast.AugAssign)
                or "[" in probe.name
                or (name in statement.reads)
            ):
                writers[key] = writers.get(key, set()) | {statement.number}
            else:
                writers[key] = {statement.number}
        if event.place == slot.place:
            return found if probe.kind == "return" else needs[statement.number]
    return needs.get(slot.statement, set())


def _names(text: str) -> set[str]:
    """The names that an expression reads."""
    return {n.id for n in ast.walk(ast.parse(text, mode="eval")) if isinstance(n, ast.Name)}
