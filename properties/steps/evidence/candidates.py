"""What a value of the backward may be: the forward's values and their adjoints."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import numpy as np

from ..rewrite.probes import Probe
from ..values import Array
from .adjoints import Adjoint, Jacobian
from .findings import Candidate
from .gather import Event, Evidence, Place
from .paths import ways

__all__ = ["Candidates"]

_KINDS = ("leaf", "assign", "input", "loop")
_ORDER = {"leaf": 1, "assign": 0, "loop": 0, "input": 1, "expr": 2, "use": 3, "read": 3, "way": 4}


class Candidates:
    """Measures the forward, and says what of a trace is backward.

    Attributes
    ----------
    every : values of the forward with their adjoints. values : values of the forward by name.
    joint : value and gradients come from one function.
    backward : numbers of the statements of a joint function that compute gradients.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.joint = evidence.subject.pair.backward is None
        self.backward: set[int] = set()
        self.every: list[Candidate] = []
        self.values: list[tuple[str, tuple[Array, ...]]] = []
        self.deep = self.wayed = False
        self._settle()
        if self.joint:
            self.backward = self._after_the_value()
        self._collect()

    def _settle(self) -> None:
        """Measure, and draw cases again that lie on a kink."""
        evidence = self.evidence
        for attempt in range(1, 6):
            # The inputs first: they alone decide the verdict.
            evidence.sweep(("leaf",))
            evidence.sweep(_KINDS)
            jacobians = evidence.jacobians
            # A place at which the forward cannot be evaluated in any case (a variance of zero,
            # made negative) is no kink: other values would not help.
            barred = {
                place
                for place in jacobians[0]
                if all(place in one and np.any(np.isnan(one[place].value)) for one in jacobians)
            }
            bad = [
                k
                for k, case in enumerate(evidence.cases)
                if any(
                    j.moved and not j.adjoint(case.dout).known
                    for place, j in jacobians[k].items()
                    if place not in barred
                )
            ]
            if attempt == 5:
                # A value at the edge of where it may be, such as a probability of 1: what it
                # leaves unknown here is known in the others.
                evidence.leave_out([k for k in bad if _edge(jacobians[k], barred)])
            if not bad or attempt == 5:
                return
            for k in bad:
                evidence.redraw(k, 100 * attempt + k)

    # what is backward -----------------------------------------------------------------------
    def _after_the_value(self) -> set[int]:
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
        outputs = self.evidence.subject.pair.outputs
        every = list(self.evidence.statements.values())
        found: set[int] = set()
        names: set[str] = set()
        for statement in every:
            if isinstance(statement.node, ast.Return) and statement.node.value is not None:
                whole = statement.node.value
                parts = [whole]
                if isinstance(whole, ast.Tuple):
                    parts = [p for k, p in enumerate(whole.elts) if (k in outputs) == value]
                for part in parts:
                    names |= {n.id for n in ast.walk(part) if isinstance(n, ast.Name)}
        changed = True
        while changed:
            changed = False
            for statement in every:
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
            judged = probe.function == self.evidence.subject.pair.judged.name
            outputs = self.evidence.subject.pair.outputs
            return judged and probe.name not in ("return", *(f"return[{k}]" for k in outputs))
        return probe.statement in self.backward and probe.kind != "input"

    # more of them ---------------------------------------------------------------------------
    def deepen(self, *, along_ways: bool = True) -> None:
        """Measure the adjoints of uses and subexpressions as well, and those along single ways.

        along_ways : these take as long as all the rest; what is explained without needs none.
        """
        forward = {p.statement for p in self.evidence.probes.values()} - self.backward
        # Return statements: their uses of the result are no uses in the forward.
        forward -= {p.statement for p in self.evidence.probes.values() if p.kind == "return"}
        if not self.deep:
            statements = forward if self.joint else None
            self.evidence.sweep(("use", "expr"), statements=statements, share=0.4)
            self._collect()
        if along_ways and not self.wayed:
            for way in ways(self.evidence, forward):
                probe = self.evidence.probe(way.place)
                label = str(way.place[1]) if probe is None else self.name_of(way.place)
                through = f"{label} through {way.node}"
                self.every.append(Candidate(through, "", "way", way.place, way.adjoints, way.line))
        self.deep, self.wayed = True, self.wayed or along_ways

    def _collect(self) -> None:
        evidence = self.evidence
        self.every = []
        for place in evidence.jacobians[0]:
            probe = evidence.probe(place)
            if not all(place in one for one in evidence.jacobians):
                continue
            if probe is not None and (
                (self.joint and probe.statement in self.backward)
                or not any(one[place].moved for one in evidence.jacobians)
            ):
                continue
            one = self._candidate(place, probe)
            if all(a.known for a in one.adjoints):
                self.every.append(one)
        self.every += list(self._symmetric())
        self.every.sort(key=lambda one: _ORDER[one.kind])
        self._collect_values()

    def _candidate(self, place: Place, probe: Probe | None) -> Candidate:
        evidence = self.evidence
        adjoints = [evidence.adjoint(k, place) for k in range(len(evidence.cases))]
        known = tuple(a for a in adjoints if a is not None)
        if probe is None:
            name = str(place[1])
            local, partial = self._local(place, known)
            return Candidate(name, name, "leaf", place, local, 0, partial=partial)
        name, kind = self.name_of(place), str(probe.kind)
        name = "" if name.startswith("stored ") else name
        label = name or probe.text
        if kind == "expr" and _is_read(probe.text):
            # One reading of a value, which may be read elsewhere: self.params['W1'], hs[t].
            kind, label = "read", self._input_of(place) or label
        name = name if kind not in ("use", "read") else ""
        return Candidate(label, name, kind, place, known, probe.line, probe.function)

    def _local(self, place: Place, known: tuple[Adjoint, ...]) -> tuple[tuple[Adjoint, ...], bool]:
        """The derivative that a backward without upstream returns: f'(x), or the Jacobian.

        Returns
        -------
        The derivatives, and whether they are but a diagonal of more.
        """
        pair, traces = self.evidence.subject.pair, self.evidence.traces
        summed = pair.backward is None or pair.takes_upstream or pair.reading
        if summed or not traces[0].out.ndim:
            return known, False
        found, partial = [], False
        for trace, table in zip(traces, self.evidence.jacobians, strict=True):
            jacobian = table[place]
            shape = (*trace.out.shape, *jacobian.shape)
            sizes = {g.size for g in trace.gradients.values()}
            if int(np.prod(shape)) in sizes and jacobian.value.size > 1:
                value, error = jacobian.value.T.reshape(shape), jacobian.error.T.reshape(shape)
            elif jacobian.value.shape[0] == jacobian.value.shape[1]:
                value = np.diag(jacobian.value).reshape(jacobian.shape)
                error = np.diag(jacobian.error).reshape(jacobian.shape)
                partial = partial or bool(np.any(jacobian.value - np.diag(np.diag(jacobian.value))))
            else:
                return known, True
            found.append(Adjoint(value, error))
        return tuple(found), partial

    def _input_of(self, place: Place) -> str | None:
        """Return the input that a subexpression is without any change, None when it is none."""
        found = self.evidence.traces[0].at(place)
        for name, value in self.evidence.cases[0].leaves().items():
            if value.size > 1 and found is not None and np.array_equal(found, value):
                return name
        return None

    def _symmetric(self) -> Iterator[Candidate]:
        """The symmetric parts of the adjoints of symmetric matrices.

        The other part moves nothing: no input changes K = X Xᵀ in such a way.
        """
        for one in self.every:
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
        """Return the name of what was assigned at a place, with the key of an entry."""
        probe = self.evidence.probe(place)
        assert probe is not None
        key = self.evidence.traces[0].key(place)
        if not key:
            return probe.name
        return f"{probe.name.partition('[')[0]}[{key if key.isdigit() else repr(key)}]"

    def _collect_values(self) -> None:
        """Values of the forward, for backward lines that repeat or unpack them."""
        evidence = self.evidence
        tables = [
            {
                event.place: event.value
                for event in trace.events
                if event.place[0] == 0
                and (probe := evidence.probe(event.place)) is not None
                and probe.kind not in ("use", "return")
                and not self.is_backward(event)
                and (not self.joint or probe.statement not in self.backward)
            }
            for trace in evidence.traces
        ]
        rank = {"assign": 0, "input": 1, "loop": 1}
        probes = evidence.probes
        self.values = [
            (probe.name or probe.text, tuple(table[place] for table in tables))
            for place in sorted(tables[0], key=lambda p: rank.get(probes[int(p[1])].kind, 2))
            for probe in [probes[int(place[1])]]
            if all(place in table for table in tables)
        ]


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


def _edge(jacobians: Mapping[Place, Jacobian], barred: Collection[Place]) -> bool:
    """Whether the output cannot be evaluated beside some value of the forward."""
    return any(
        np.any(np.isnan(one.value)) for place, one in jacobians.items() if place not in barred
    )
