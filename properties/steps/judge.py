"""Hold every value of the backward against the adjoints and the values of the forward."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .adjoints import Adjoint, agree, squeezed
from .evidence import Event, Evidence, Place, Trace
from .explain import Explaining
from .findings import Candidate, Finding, Slot
from .names import promised, same_name
from .paths import ways
from .returned import contract_names, expected_gradients, return_texts
from .values import Array

__all__ = ["Finding", "Judge", "Slot"]

# A loop with more turns is judged by its last one.
_TURNS = 2


@dataclass(slots=True)
class Judge(Explaining):
    """Judges traces of one `Evidence`. Measures uses and subexpressions when they are needed."""

    evidence: Evidence
    candidates: list[Candidate] = field(default_factory=list)
    forward_values: list[tuple[str, tuple[Array, ...]]] = field(default_factory=list)
    deep: bool = False
    joint: bool = False
    contract_names: dict[str, str] = field(default_factory=dict)
    backward_statements: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._settle()
        self.joint = self.evidence.subject.pair.backward is None
        if self.joint:
            self.backward_statements = self._after_the_value()
        self._collect()

    def _settle(self) -> None:
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
    def deepen(self) -> None:
        """Measure the adjoints of uses and subexpressions as well."""
        if self.deep:
            return
        self.deep = True
        statements = None
        if self.joint:
            known = {p.statement for p in self.evidence.probes.values()}
            statements = known - self.backward_statements - self._after_first_backward()
        self.evidence.sweep(("use", "expr"), statements=statements)
        self._collect()
        self._add_ways()

    def _add_ways(self) -> None:
        """Adjoints along single uses of a later value."""
        everything = {p.statement for p in self.evidence.probes.values()}
        forward = everything - self.backward_statements - self._after_first_backward()
        for way in ways(self.evidence, forward):
            probe = self.evidence.probe(way.place)
            label = str(way.place[1]) if probe is None else self._name(way.place)
            self.candidates.append(
                Candidate(
                    f"{label} through {way.node}", "", "way", way.place, way.adjoints, way.line
                )
            )

    def _after_first_backward(self) -> set[int]:
        """Return statements: their uses of the result are no uses in the forward."""
        return {p.statement for p in self.evidence.probes.values() if p.kind == "return"}

    def _collect(self) -> None:
        evidence = self.evidence
        self.candidates = []
        places = list(evidence.jacobians[0])
        order = {"leaf": 1, "assign": 0, "loop": 0, "input": 1, "expr": 2, "use": 3}
        for place in places:
            if not all(place in one for one in evidence.jacobians):
                continue
            probe = evidence.probe(place)
            kind = "leaf" if probe is None else probe.kind
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
            name = str(place[1]) if probe is None else self._name(place)
            label = name or (probe.text if probe is not None else "")
            if kind == "expr" and (same := self._input_of(place)):
                kind, label = "use", same  # self.params['W1'] is a use of W1
            self.candidates.append(
                Candidate(
                    label,
                    name if kind != "use" else "",
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
        probe = self.evidence.probe(place)
        if probe is None or not isinstance(_parsed(probe.text), (ast.Subscript, ast.Attribute)):
            return None
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

    def _name(self, place: Place) -> str:
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

    # slots ----------------------------------------------------------------------------------
    def slots(self, trace: Trace) -> list[Slot]:
        """List the steps of the backward in the order of a run."""
        found, last = [], {}
        for position, event in enumerate(trace.events):
            if not self.is_backward(event):
                continue
            probe = self.evidence.probes[int(event.place[1])]
            if probe.kind == "input":
                continue
            name = self._name(event.place) if event.key else probe.name
            if probe.kind == "return":
                name = probe.text if probe.text.isidentifier() else f"returned {probe.text}"
            slot = Slot(
                event.place,
                name,
                probe.line,
                probe.function,
                probe.statement,
                False,
                position,
                probe.name if probe.kind == "return" else "",
            )
            last[(probe.function, name, probe.kind)] = slot.place
            found.append(slot)
        finals = set(last.values())
        return [replace(slot, final=slot.place in finals) for slot in found]

    def _returned_place(self, name: str) -> str:
        """Where a returned part stands among the gradients: "return[2]" is "[1]" beside a loss."""
        if name == "return":
            return ""
        number = int(name[len("return[") : -1]) - (1 if self.joint else 0)
        several = len(return_texts(self)) > 1
        return f"[{number}]" if several or not self.joint else ""

    # judging --------------------------------------------------------------------------------
    def judge(self, traces: Sequence[Trace | None], *, deep: bool = True) -> list[Finding]:
        """Judge every step that all traces have."""
        good = [(k, trace) for k, trace in enumerate(traces) if trace is not None]
        if not good:
            return []
        index = [k for k, _ in good]
        tables = [{e.place: e.value for e in trace.events} for _, trace in good]
        findings = []
        slots = self.slots(good[0][1])
        turns = Counter(slot.place[:2] for slot in slots)
        turn = {slot.place[:2]: slot.place for slot in slots}
        for slot in slots:
            last_turn = slot.final or turn[slot.place[:2]] == slot.place
            if turns[slot.place[:2]] > _TURNS and not last_turn:
                continue
            if last_turn:
                # Loops may have more turns in one case than in another; the last one counts.
                ends = [
                    _last(trace, slot.place, event_key(good[0][1], slot.place)) for _, trace in good
                ]
                if len(good) == len(traces) and all(end is not None for end in ends):
                    slot = replace(slot, places=tuple(end for end in ends if end is not None))
            if not all(slot.at(k) in table for k, table in zip(index, tables, strict=True)):
                continue
            values = tuple(table[slot.at(k)] for k, table in zip(index, tables, strict=True))
            finding = self._judge(slot, values, index)
            if not finding.explained and deep and not self.deep:
                self.deepen()
                finding = self._judge(slot, values, index)
            findings.append(finding)
        return [self._finished(finding, findings) for finding in findings]

    def _finished(self, finding: Finding, findings: Sequence[Finding]) -> Finding:
        """A value that is still being built is right when what it becomes is."""
        if finding.meaning != "unfinished":
            return finding
        slot = finding.slot
        last = next(
            (
                f
                for f in findings
                if f.slot.final
                and f.slot.name == slot.name
                and f.slot.function == slot.function
                and not f.slot.returned
            ),
            None,
        )
        if last is None or last.meaning not in ("adjoint", "part"):
            return finding
        return replace(
            finding,
            reason=f"on the way to {last.reason}, reached in line {last.slot.line}",
            node=last.node,
        )

    def promise(self, slot: Slot) -> str | None:
        """Return the input whose gradient a slot is returned as, None when it is not returned."""
        if slot.function != self.evidence.subject.pair.judged.name:
            return None
        if slot.returned:
            return self.expected(self.evidence.traces[0]).get(self._returned_place(slot.returned))
        if not slot.final:
            return None
        if not self.contract_names:
            self.contract_names = dict(contract_names(self))
        return self.contract_names.get(slot.name)

    def named(self, slot: Slot) -> list[Candidate]:
        """Return the forward nodes whose adjoint the name of a slot promises."""
        leaf = self.promise(slot)
        if leaf is not None:
            found = [c for c in self.candidates if c.kind == "leaf" and c.name == leaf]
            if found:
                return found
        names = list(promised(slot.name))
        for exact in (True, False):
            for name in names:
                found = [
                    c
                    for c in self.candidates
                    if c.kind in ("assign", "input", "loop", "leaf")
                    and (c.name == name if exact else same_name(c.name, name))
                ]
                if found:
                    return found
        return []

    def _judge(self, slot: Slot, values: tuple[Array, ...], index: Sequence[int]) -> Finding:
        named = self.named(slot)

        def right(one: Candidate) -> bool:
            return all(agree(v, one.adjoints[k]) for v, k in zip(values, index, strict=True))

        if named and slot.final and all(v.dtype.kind in "iuf" for v in values):
            values = tuple(v.astype(float) for v in values)
        if any(v.dtype.kind != "f" for v in values):
            return self._not_float(slot, values, index)
        if all(v.size == 0 for v in values):
            return Finding(slot, "unknown", "", "empty", None, values)
        for one in named:
            if right(one):
                return Finding(
                    slot,
                    "adjoint",
                    one.label,
                    f"the adjoint of {one.label}",
                    tuple(one.adjoints[k] for k in index),
                    values,
                    True,
                )
        zero = all(not np.any(v) for v in values)
        if zero and not (slot.final and named) and self._makes_zeros(slot):
            return Finding(slot, "value", "0", "zeros, to be filled", None, values)
        other = None if zero else self._other(slot, values, index, right)
        wanted = tuple(named[-1].adjoints[k] for k in index) if named else None
        if named:
            closest = [
                c
                for c in named
                if squeezed(c.adjoints[index[0]].value.shape) == squeezed(values[0].shape)
            ]
            if closest:
                wanted = tuple(closest[-1].adjoints[k] for k in index)
        loose = ("scaled", "summed", "factor", "value")
        if (
            named
            and slot.final
            and (other is None or other.meaning in loose or self.promise(slot) is not None)
        ):
            label = named[0].label
            extra = f"; {other.reason}" if other is not None else ""
            return Finding(
                slot, "mismatch", label, f"not the adjoint of {label}{extra}", wanted, values
            )
        if other is not None:
            return Finding(
                other.slot,
                other.meaning,
                other.node,
                other.reason,
                wanted if slot.final else None,
                values,
            )
        if not slot.final:
            return Finding(
                slot, "unfinished", "", f"{slot.name} is changed again further down", None, values
            )
        return Finding(slot, "unknown", "", "no forward value has this adjoint", None, values)

    def _makes_zeros(self, slot: Slot) -> bool:
        text = self.evidence.probes[int(slot.place[1])].text
        return "zeros" in text or "empty" in text or text.strip("-0. ") == ""

    def _not_float(self, slot: Slot, values: tuple[Array, ...], index: Sequence[int]) -> Finding:
        sizes = all(v.ndim == 0 for v in values)
        if sizes:
            for letter in self.evidence.cases[0].sizes:
                if all(
                    self.evidence.cases[k].sizes.get(letter) == int(v)
                    for v, k in zip(values, index, strict=True)
                ):
                    return Finding(slot, "size", letter, f"the size {letter}", None, values)
        found = self._value(values, index, slot.name)
        if found:
            return Finding(slot, "value", found, f"the forward's {found}", None, values)
        if all(v.dtype.kind in "bi" and v.ndim for v in values):
            factor = self._factor(slot, tuple(v.astype(float) for v in values), index)
            if factor is not None:
                return replace(factor, got=values)
        if all(v.dtype.kind == "b" for v in values):
            return Finding(slot, "unknown", "", "a mask, not an adjoint", None, values)
        return Finding(
            slot, "size" if sizes else "unknown", "", "integers, not an adjoint", None, values
        )

    # what is returned -----------------------------------------------------------------------
    def returned(self, traces: Sequence[Trace | None]) -> list[tuple[str, str, bool | None]]:
        """Judge the returned gradients: (place, input, right)."""
        good = [(k, t) for k, t in enumerate(traces) if t is not None]
        found: list[tuple[str, str, bool | None]] = []
        if not good:
            return found
        leaves = {c.name: c for c in self.candidates if c.kind == "leaf"}
        for place, leaf in self.expected(good[0][1]).items():
            one = leaves.get(leaf)
            if one is None or not all(place in t.gradients for _, t in good):
                found.append((place, leaf, None))
                continue
            right = all(agree(t.gradients[place], one.adjoints[k]) for k, t in good)
            found.append((place, leaf, right))
        return found

    def expected(self, trace: Trace) -> Mapping[str, str]:
        """Which returned array should be the gradient of which input."""
        return dict(expected_gradients(self, trace))


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


def _is_symmetric(value: Array) -> bool:
    if value.ndim != 2 or value.shape[0] != value.shape[1] or value.shape[0] < 2:
        return False
    size = float(np.max(np.abs(value)))
    return bool(np.all(np.abs(value - value.T) <= 1e-7 * size))


def event_key(trace: Trace, place: Place) -> str:
    """Return the key under which a place of a trace was written, "" for a plain name."""
    return next((e.key for e in trace.events if e.place == place), "")


def _last(trace: Trace, place: Place, key: str) -> Place | None:
    """Return the last place of the same probe in another run."""
    found = [e.place for e in trace.events if e.place[:2] == place[:2] and e.key == key]
    return found[-1] if found else None
