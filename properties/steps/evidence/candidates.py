"""What a value of the backward may be: the forward's values and their adjoints."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..values import Array
from .adjoints import Adjoint
from .findings import Candidate
from .gather import Event, Evidence, Place
from .paths import ways

__all__ = ["Collecting"]


class Collecting:
    """The part of `Judge` that says what is backward and measures the forward."""

    evidence: Evidence
    candidates: list[Candidate]
    forward_values: list[tuple[str, tuple[Array, ...]]]
    deep: bool
    wayed: bool
    joint: bool
    backward_statements: set[int]

    def settle(self) -> None:
        """Measure, and draw cases again that lie on a kink."""
        kinds = ("leaf", "assign", "input", "loop")
        self.evidence.sweep(kinds)
        for attempt in range(1, 5):
            jacobians = self.evidence.jacobians
            # A place at which the forward cannot be evaluated in any case (a variance of zero,
            # made negative) is no kink: other values would not help.
            barred = {
                place
                for place in jacobians[0]
                if all(place in one and np.any(np.isnan(one[place].value)) for one in jacobians)
            }
            bad = [
                k
                for k in range(len(self.evidence.cases))
                if any(
                    j.moved and not j.adjoint(self.evidence.cases[k].dout).known
                    for place, j in jacobians[k].items()
                    if place not in barred
                )
            ]
            if not bad:
                return
            for k in bad:
                self.evidence.redraw(k, 100 * attempt + k)
            self.evidence.sweep(kinds)

    # what is backward -----------------------------------------------------------------------
    def after_the_value(self) -> set[int]:
        """Statements of a joint function on whose values the loss does not depend."""
        evidence = self.evidence
        moved: dict[int, bool] = {}
        for number, trace in enumerate(evidence.traces):
            for event in trace.events:
                probe = evidence.probe(event.place)
                if probe is None or probe.kind not in ("assign", "loop"):
                    continue
                jacobian = evidence.jacobians[number].get(event.place)
                if jacobian is not None:
                    moved[probe.statement] = moved.get(probe.statement, False) or jacobian.moved
        silent = {number for number, any_moved in moved.items() if not any_moved}
        # What cannot be perturbed (integers, masks, infinities) is told by its names alone.
        seen = {
            p.statement
            for t in evidence.traces
            for e in t.events
            if (p := evidence.probe(e.place)) is not None and p.kind == "assign"
        }
        unknown = seen - set(moved) - self._feeds(value=True)
        return (silent | unknown) & self._feeds(value=False)

    def _feeds(self, *, value: bool) -> set[int]:
        """Statements that the returned value, or the gradients, may depend on by names."""
        first, rest = (0, 1) if value else (1, None)
        evidence = self.evidence
        found: set[int] = set()
        names: set[str] = set()
        by_function = list(evidence.statements.values())
        for statement in by_function:
            if isinstance(statement.node, ast.Return) and statement.node.value is not None:
                whole = statement.node.value
                parts = whole.elts[first:rest] if isinstance(whole, ast.Tuple) else [whole]
                for part in parts:
                    names |= {n.id for n in ast.walk(part) if isinstance(n, ast.Name)}
        changed = True
        while changed:
            changed = False
            for statement in by_function:
                if statement.number not in found and names & set(statement.writes):
                    found.add(statement.number)
                    names |= statement.reads
                    changed = True
        return found

    def is_backward(self, event: Event) -> bool:
        """Whether an event is a step of the backward."""
        probe = self.evidence.probe(event.place)
        if probe is None or probe.kind not in ("assign", "loop", "return", "input"):
            return False
        if not self.joint:
            return event.place[0] == 1
        if probe.kind == "return":
            return probe.function == self.evidence.subject.pair.judged.name and probe.name not in (
                "return",
                "return[0]",
            )
        return probe.statement in self.backward_statements and probe.kind != "input"

    # candidates -----------------------------------------------------------------------------
    def deepen(self, *, ways: bool = True) -> None:
        """Measure the adjoints of uses and subexpressions as well, and those along single ways.

        ways : these take as long as all the rest; what is explained without them needs none.
        """
        if not self.deep:
            self._add_parts()
        if ways and not self.wayed:
            self._add_ways()
        self.deep, self.wayed = True, self.wayed or ways

    def _add_parts(self) -> None:
        statements = None
        if self.joint:
            known = {p.statement for p in self.evidence.probes.values()}
            statements = known - self.backward_statements - self._after_first_backward()
        self.evidence.sweep(("use", "expr"), statements=statements)
        self.collect()

    def _add_ways(self) -> None:
        """Adjoints along single uses of a later value."""
        everything = {p.statement for p in self.evidence.probes.values()}
        forward = everything - self.backward_statements - self._after_first_backward()
        for way in ways(self.evidence, forward):
            probe = self.evidence.probe(way.place)
            label = str(way.place[1]) if probe is None else self.name_of(way.place)
            self.candidates.append(
                Candidate(
                    f"{label} through {way.node}", "", "way", way.place, way.adjoints, way.line
                )
            )

    def _after_first_backward(self) -> set[int]:
        """Return statements: their uses of the result are no uses in the forward."""
        return {p.statement for p in self.evidence.probes.values() if p.kind == "return"}

    def collect(self) -> None:
        evidence = self.evidence
        self.candidates = []
        places = list(evidence.jacobians[0])
        order = {"leaf": 1, "assign": 0, "loop": 0, "input": 1, "expr": 2, "use": 3, "read": 3}
        for place in places:
            if not all(place in one for one in evidence.jacobians):
                continue
            probe = evidence.probe(place)
            kind: str = "leaf" if probe is None else probe.kind
            if self.joint and probe is not None and probe.statement in self.backward_statements:
                continue
            if probe is not None and not any(one[place].moved for one in evidence.jacobians):
                continue
            adjoints = []
            for number in range(len(evidence.cases)):
                adjoint = evidence.adjoint(number, place)
                assert adjoint is not None
                adjoints.append(adjoint)
            if not all(a.known for a in adjoints):
                continue
            name = str(place[1]) if probe is None else self.name_of(place)
            label = name or (probe.text if probe is not None else "")
            if probe is not None and kind == "expr" and _is_read(probe.text):
                # One reading of a value, which may be read elsewhere: self.params['W1'], hs[t].
                kind, label = "read", self._input_of(place) or label
            self.candidates.append(
                Candidate(
                    label,
                    name if kind not in ("use", "read") else "",
                    kind,
                    place,
                    tuple(adjoints),
                    0 if probe is None else probe.line,
                )
            )
        self.candidates += list(self._symmetric())
        self.candidates.sort(key=lambda one: order[one.kind])
        self._collect_values()

    def _input_of(self, place: Place) -> str | None:
        """Return the input that a subexpression is without any change, None when it is none."""
        for name, value in self.evidence.cases[0].leaves().items():
            found = self.evidence.traces[0].at(place)
            if value.size > 1 and found is not None and np.array_equal(found, value):
                return name
        return None

    def _symmetric(self) -> Iterator[Candidate]:
        """The symmetric parts of the adjoints of symmetric matrices.

        The other part moves nothing: no input changes K = X Xᵀ in such a way.
        """
        for one in self.candidates:
            if one.kind not in ("assign", "expr", "loop") or one.adjoints[0].value.ndim != 2:
                continue
            values = [trace.at(one.place) for trace in self.evidence.traces]
            if all(v is not None and _is_symmetric(v) for v in values) and not all(
                _is_symmetric(a.value) for a in one.adjoints
            ):
                halves = [(a, Adjoint(a.value.T, a.error.T)) for a in one.adjoints]
                parts = tuple(
                    Adjoint((a + b).value / 2, (a + b).error / 2 + 1e-12) for a, b in halves
                )
                yield replace(one, adjoints=parts)

    def name_of(self, place: Place) -> str:
        probe = self.evidence.probe(place)
        assert probe is not None
        key = next((e.key for e in self.evidence.traces[0].events if e.place == place), "")
        return f"{probe.name.partition('[')[0]}[{key!r}]" if key else probe.name

    def _collect_values(self) -> None:
        """Values of the forward, for backward lines that repeat or unpack them."""
        evidence = self.evidence
        tables = []
        for trace in evidence.traces:
            table: dict[Place, Event] = {}
            for event in trace.events:
                probe = evidence.probe(event.place)
                if (
                    event.place[0] == 0
                    and probe is not None
                    and not self.is_backward(event)
                    and (not self.joint or probe.statement not in self.backward_statements)
                ):
                    table[event.place] = event
            tables.append(table)
        self.forward_values = []
        rank = {"assign": 0, "input": 1, "loop": 1}
        for place in sorted(tables[0], key=lambda p: rank.get(evidence.probes[int(p[1])].kind, 2)):
            probe = evidence.probe(place)
            if probe is None or probe.kind in ("use", "return"):
                continue
            if all(place in table for table in tables):
                label = probe.name or probe.text
                self.forward_values.append((label, tuple(table[place].value for table in tables)))


def _is_read(text: str) -> bool:
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return False
    return isinstance(node, (ast.Subscript, ast.Attribute))


def _is_symmetric(value: Array) -> bool:
    if value.ndim != 2 or value.shape[0] != value.shape[1] or value.shape[0] < 2:
        return False
    size = float(np.max(np.abs(value)))
    return bool(np.all(np.abs(value - value.T) <= 1e-7 * size))
