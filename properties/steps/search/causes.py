"""Say what a wrong step has to do with the right one, with the generic relations."""

from __future__ import annotations

import numpy as np

from ...diagnosis.relations import Pairing, Relation, relations
from ..evidence.gather import Evidence
from ..evidence.judge import Judge
from ..values import Array
from .mistakes import Origin

__all__ = ["cause_of", "pairings"]


def pairings(judge: Judge, origin: Origin) -> list[Pairing]:
    """Return one pairing per case for a wrong step, with what is known of its surroundings."""
    evidence = judge.evidence
    if origin.right is None:
        return []
    found = []
    for number, (got, wanted) in enumerate(zip(origin.got, origin.right, strict=True)):
        found.append(
            Pairing(
                got,
                wanted,
                sizes=_sizes(evidence, number),
                named=_named(judge, number, origin),
                terms=_terms(judge, number, wanted),
                previous=_previous(judge, number, origin),
                masks=_masks(evidence, number, wanted),
            )
        )
    return found


def cause_of(judge: Judge, origin: Origin) -> tuple[str, Relation | None]:
    """Return the cause in one phrase, and the relation behind it.

    The relation between the values comes first; the small change of the line that would make it
    right is added to it.
    """
    found = relations(pairings(judge, origin))
    relation = found[0] if found else None
    said = relation.sentence if relation is not None else ""
    if origin.edit is not None:
        hint = f"it would be right {origin.edit.words}"
        said = f"{said}; {hint}" if said else hint
    return said, relation


def _sizes(evidence: Evidence, number: int) -> dict[str, int]:
    case = evidence.cases[number]
    sizes = {name: n for name, n in case.sizes.items() if n > 1}
    if "d1" in sizes or "d2" in sizes:
        sizes["D"] = case.sizes.get("d1", 1) * case.sizes.get("d2", 1)
    return sizes


def _named(judge: Judge, number: int, origin: Origin) -> dict[str, Array]:
    """Float values of the forward by name: candidates for a missing factor."""
    trace = judge.evidence.traces[number]
    found: dict[str, Array] = {}
    for event in trace.events:
        probe = judge.evidence.probes[int(event.place[1])]
        if (
            probe.kind in ("assign", "input")
            and event.value.dtype.kind == "f"
            and probe.name.isidentifier()
            and event.place != origin.slot.place
        ):
            found.setdefault(probe.name, event.value)
    return found


def _terms(judge: Judge, number: int, wanted: Array) -> dict[str, Array]:
    """The adjoint along each single use of the same node: what a sum may lack."""
    judge.candidates.deepen()
    found: dict[str, Array] = {}
    for one in judge.candidates.every:
        adjoint = one.adjoints[number].value
        if one.kind in ("use", "way") and adjoint.shape == wanted.shape and np.any(adjoint):
            # W * W uses W twice in one line; a reader sees one path.
            path = f"the path of {one.label} through {judge.evidence.say(one.line)}"
            found[path] = found[path] + adjoint if path in found else adjoint
    return found


def _previous(judge: Judge, number: int, origin: Origin) -> dict[str, Array]:
    """Adjoints and values that may have been taken for the right one."""
    found: dict[str, Array] = {}
    for one in judge.candidates.every:
        if one.kind != "use":
            found.setdefault(f"the adjoint of {one.label}", one.adjoints[number].value)
    for event in judge.evidence.traces[number].events:
        if event.place == origin.slot.place:
            break
        probe = judge.evidence.probes[int(event.place[1])]
        if probe.name == origin.slot.name and event.value.dtype.kind == "f":
            where = judge.evidence.say(probe.line)
            found[f"the value that {probe.name} has in {where}"] = event.value
    return found


def _masks(evidence: Evidence, number: int, wanted: Array) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for event in evidence.traces[number].events:
        probe = evidence.probes[int(event.place[1])]
        if probe.kind not in ("assign", "input") or not probe.name.isidentifier():
            continue
        if event.value.shape == wanted.shape and wanted.ndim:
            if event.value.dtype.kind == "b":
                found.setdefault(f"{probe.name} holds", event.value)
            elif event.value.dtype.kind == "f":
                found.setdefault(f"{probe.name} > 0", event.value > 0)
    y = evidence.cases[number].values.get("y")
    if (
        isinstance(y, np.ndarray)
        and y.ndim == 1
        and wanted.ndim == 2
        and (len(y) == wanted.shape[0] and y.dtype.kind == "i" and np.all(y < wanted.shape[1]))
    ):
        mask = np.zeros(wanted.shape, dtype=bool)
        mask[np.arange(len(y)), y] = True
        found["the column is the label's"] = mask
    return found
