"""Adjoints along one way alone: X changes log det K and Y, K inverse Y through the same K.

Where a value of the forward is used in several statements, its uses in all but one of them are
held fast, and what lies before it is perturbed. That is the part of an adjoint which people who
derive term by term write down.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ..values import Array
from .adjoints import STEPS, Adjoint, jacobian, step_scale
from .gather import Event, Evidence, Place

__all__ = ["Way", "ways"]

_ENTRIES, _NODES, _EVALUATIONS = 40, 8, 5_000


@dataclass(frozen=True, slots=True)
class Way:
    """A place whose adjoint was measured through one use of a later value.

    place : what was perturbed. node, line : the value through which it goes, and where that is.
    """

    place: Place
    node: str
    line: int
    adjoints: tuple[Adjoint, ...]


def ways(evidence: Evidence, statements: Collection[int]) -> list[Way]:
    """Measure the adjoints along single uses, in all cases; `statements` are the forward's."""
    tables = [_measured(evidence, number, statements) for number in range(len(evidence.cases))]
    found = []
    for key, first in tables[0].items():
        adjoints = [table[key] for table in tables if key in table]
        if len(adjoints) < len(tables) or not all(a.known for a in adjoints):
            continue
        totals = [evidence.adjoint(number, key[0]) for number in range(len(tables))]
        same = all(
            t is not None and np.allclose(t.value, a.value, rtol=1e-6, atol=1e-9)
            for t, a in zip(totals, adjoints, strict=True)
        )
        if not same and np.any(first.value):
            found.append(Way(key[0], key[1], key[2], tuple(adjoints)))
    return found


Key = tuple[Place, str, int]


def _measured(evidence: Evidence, number: int, statements: Collection[int]) -> dict[Key, Adjoint]:
    case = evidence.cases[number]
    found: dict[Key, Adjoint] = {}
    spent = 0
    for name, uses, before in _shared(evidence, number, statements):
        for statement, mine in uses.items():
            others = [e for other, group in uses.items() if other != statement for e in group]
            places = [(place, value) for place, value in before if 0 < value.size <= _ENTRIES]
            spent += sum(2 * len(STEPS) * value.size for _, value in places)
            if spent > _EVALUATIONS:
                return found
            scales = [step_scale(value) for _, value in places]
            job = {
                "kind": "sweep",
                "case": case.payload(),
                "steps": list(STEPS),
                "hold": [[*e.place, "set", e.value] for e in others],
                "places": [
                    [p[0], p[1], p[2], v.size, s] for (p, v), s in zip(places, scales, strict=True)
                ],
            }
            answer = evidence.session.evaluate([job])[0]
            if "error" in answer:
                continue
            line = evidence.probes[int(mine[0].place[1])].line
            measures = zip(places, scales, answer["rows"], answer["silent"], strict=False)
            for (place, value), scale, rows, silent in measures:
                measured = jacobian(rows, value.shape, scale, silent=bool(silent))
                if measured.moved:
                    found[(place, name, line)] = measured.adjoint(case.dout)
    return found


def _shared(
    evidence: Evidence, number: int, statements: Collection[int]
) -> list[tuple[str, dict[int, list[Event]], list[tuple[Place, Array]]]]:
    """Values that are used in several statements, with their uses and with what lies before."""
    trace, case = evidence.traces[number], evidence.cases[number]
    versions: dict[tuple[str, str], int] = {}
    uses: dict[tuple[str, str, int], dict[int, list[Event]]] = {}
    made: dict[tuple[str, str, int], int] = {}
    named: list[tuple[Place, Array]] = [
        ((-1, name, 0), value) for name, value in case.leaves().items()
    ]
    first = len(named)
    for event in trace.events:
        probe = evidence.probe(event.place)
        if probe is None or event.place[0] != 0 or probe.statement not in statements:
            continue
        name = (probe.function, probe.name)
        if probe.kind in ("assign", "loop"):
            versions[name] = versions.get(name, 0) + 1
            if event.value.dtype.kind == "f":
                made[(*name, versions[name])] = len(named)
                named.append((event.place, event.value))
        elif probe.kind == "use" and event.value.dtype.kind == "f":
            key = (*name, versions.get(name, 0))
            uses.setdefault(key, {}).setdefault(probe.statement, []).append(event)
    found = []
    for key, groups in uses.items():
        end = made.get(key)
        if end is None or len(groups) < 2:
            continue
        before = [*named[:first], *named[max(first, end - 5) : end + 1]]
        found.append((key[1], groups, before))
    return found[:_NODES]
