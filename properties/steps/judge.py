"""Hold every value of the backward against the adjoints and the values of the forward."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Literal

import numpy as np

from properties.diagnosis.relations import constant_origin, ratio_of

from .adjoints import Adjoint, agree, squeezed
from .evidence import Event, Evidence, Place, Trace
from .names import promised, same_name
from .values import Array

__all__ = ["Finding", "Judge", "Slot"]

Meaning = Literal["adjoint", "part", "scaled", "summed", "factor", "value", "size", "unfinished",
                  "unknown", "mismatch"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A value of the backward: one place, with its name."""

    place: Place
    name: str
    line: int
    function: str
    statement: int
    final: bool
    position: int
    returned: str = ""
    places: tuple[Place, ...] = ()

    def at(self, case: int) -> Place:
        """Where the value is seen in a case: the last turn of a loop may have another number."""
        return self.places[case] if case < len(self.places) else self.place


@dataclass(frozen=True, slots=True)
class Finding:
    """What a slot was found to be.

    wanted : per case, the adjoint that its name promises; None without a promise.
    kept : whether the value is the adjoint that its name promises.
    """

    slot: Slot
    meaning: Meaning
    node: str
    reason: str
    wanted: tuple[Adjoint, ...] | None = None
    got: tuple[Array, ...] = ()
    kept: bool = False

    @property
    def explained(self) -> bool:
        """Whether the value is known to be something."""
        return self.meaning not in ("unknown", "mismatch", "unfinished")

    @property
    def weight(self) -> float:
        """How telling what is known of the value is: 3 for an adjoint, 0 for nothing."""
        if self.certain:
            return 3.0
        if self.meaning in ("scaled", "factor", "value"):
            return 1.5 if self.reason.startswith("−") else 2.0
        return 1.0 if self.meaning == "summed" else 0.0

    @property
    def certain(self) -> bool:
        """Whether the value is right beyond doubt: wrong values are often multiples of others."""
        return self.meaning in ("adjoint", "part") or (
            self.meaning == "size" and self.node != "") or (
            self.meaning == "value" and self.node in (self.slot.name, "0"))


@dataclass(slots=True)
class _Candidate:
    label: str
    name: str
    kind: str
    place: Place
    adjoints: tuple[Adjoint, ...]
    line: int


@dataclass(slots=True)
class Judge:
    """Judges traces of one `Evidence`. Measures uses and subexpressions when they are needed."""

    evidence: Evidence
    candidates: list[_Candidate] = field(default_factory=list)
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
            bad = [k for k in range(len(self.evidence.cases)) if any(
                j.moved and not j.adjoint(self.evidence.cases[k].dout).known
                for j in self.evidence.jacobians[k].values())]
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
        seen = {p.statement for t in evidence.traces for e in t.events
                if (p := evidence.probe(e.place)) is not None and p.kind == "assign"}
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
            return (probe.function == self.evidence.subject.pair.judged.name
                    and probe.name not in ("return", "return[0]"))
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
            self.candidates.append(_Candidate(
                label, name if kind != "use" else "", kind, place, tuple(adjoints),
                0 if probe is None else probe.line))
        self.candidates.sort(key=lambda one: order[one.kind])
        self._collect_values()

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
                if event.place[0] == 0 and probe is not None and not self.is_backward(event) and (
                        not self.joint or probe.statement not in self.backward_statements):
                    table[event.place] = event
            tables.append(table)
        self.forward_values = []
        rank = {"assign": 0, "input": 1, "loop": 1}
        for place in sorted(tables[0], key=lambda p: rank.get(
                evidence.probes[int(p[1])].kind, 2)):
            probe = evidence.probe(place)
            if probe is None or probe.kind in ("use", "return"):
                continue
            if all(place in table for table in tables):
                label = probe.name or probe.text
                self.forward_values.append(
                    (label, tuple(table[place].value for table in tables)))

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
            slot = Slot(event.place, name, probe.line, probe.function, probe.statement, False,
                        position, probe.name if probe.kind == "return" else "")
            last[(probe.function, name, probe.kind)] = slot.place
            found.append(slot)
        finals = set(last.values())
        return [replace(slot, final=slot.place in finals) for slot in found]

    def _returned_place(self, name: str) -> str:
        """Where a returned part stands among the gradients: "return[2]" is "[1]" beside a loss."""
        if name == "return":
            return ""
        number = int(name[len("return["):-1]) - (1 if self.joint else 0)
        several = len(_return_texts(self)) > 1
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
        for slot in self.slots(good[0][1]):
            if slot.final:
                # Loops may have more turns in one case than in another; the last one counts.
                ends = [_last(trace, slot.place, event_key(good[0][1], slot.place))
                        for _, trace in good]
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
        last = next((f for f in findings if f.slot.final and f.slot.name == slot.name
                     and f.slot.function == slot.function and not f.slot.returned), None)
        if last is None or last.meaning not in ("adjoint", "part"):
            return finding
        return replace(finding, reason=f"on the way to {last.reason}, reached in line "
                                       f"{last.slot.line}", node=last.node)

    def promise(self, slot: Slot) -> str | None:
        """Return the input whose gradient a slot is returned as, None when it is not returned."""
        if slot.function != self.evidence.subject.pair.judged.name:
            return None
        if slot.returned:
            return self.expected(self.evidence.traces[0]).get(self._returned_place(slot.returned))
        if not slot.final:
            return None
        if not self.contract_names:
            self.contract_names = dict(_contract_names(self))
        return self.contract_names.get(slot.name)

    def named(self, slot: Slot) -> list[_Candidate]:
        """Return the forward nodes whose adjoint the name of a slot promises."""
        leaf = self.promise(slot)
        if leaf is not None:
            found = [c for c in self.candidates if c.kind == "leaf" and c.name == leaf]
            if found:
                return found
        names = list(promised(slot.name))
        for exact in (True, False):
            for name in names:
                found = [c for c in self.candidates if c.kind in ("assign", "input", "loop", "leaf")
                         and (c.name == name if exact else same_name(c.name, name))]
                if found:
                    return found
        return []

    def _judge(self, slot: Slot, values: tuple[Array, ...], index: Sequence[int]) -> Finding:
        named = self.named(slot)

        def right(one: _Candidate) -> bool:
            return all(agree(v, one.adjoints[k]) for v, k in zip(values, index, strict=True))

        if named and slot.final and all(v.dtype.kind in "iuf" for v in values):
            values = tuple(v.astype(float) for v in values)
        if any(v.dtype.kind != "f" for v in values):
            return self._not_float(slot, values, index)
        if all(v.size == 0 for v in values):
            return Finding(slot, "unknown", "", "empty", None, values)
        for one in named:
            if right(one):
                return Finding(slot, "adjoint", one.label, f"the adjoint of {one.label}",
                               tuple(one.adjoints[k] for k in index), values, True)
        zero = all(not np.any(v) for v in values)
        if zero and not (slot.final and named) and self._makes_zeros(slot):
            return Finding(slot, "value", "0", "zeros, to be filled", None, values)
        other = None if zero else self._other(slot, values, index, right)
        wanted = tuple(named[-1].adjoints[k] for k in index) if named else None
        if named:
            closest = [c for c in named if squeezed(c.adjoints[index[0]].value.shape)
                       == squeezed(values[0].shape)]
            if closest:
                wanted = tuple(closest[-1].adjoints[k] for k in index)
        loose = ("scaled", "summed", "factor", "value")
        if named and slot.final and (other is None or other.meaning in loose
                                     or self.promise(slot) is not None):
            label = named[0].label
            extra = f"; {other.reason}" if other is not None else ""
            return Finding(slot, "mismatch", label, f"not the adjoint of {label}{extra}", wanted,
                           values)
        if other is not None:
            return Finding(other.slot, other.meaning, other.node, other.reason,
                           wanted if slot.final else None, values)
        if not slot.final:
            return Finding(slot, "unfinished", "", f"{slot.name} is changed again further down",
                           None, values)
        return Finding(slot, "unknown", "", "no forward value has this adjoint", None, values)

    def _makes_zeros(self, slot: Slot) -> bool:
        text = self.evidence.probes[int(slot.place[1])].text
        return "zeros" in text or "empty" in text or text.strip("-0. ") == ""

    def _not_float(self, slot: Slot, values: tuple[Array, ...], index: Sequence[int]) -> Finding:
        sizes = all(v.ndim == 0 for v in values)
        if sizes:
            for letter in self.evidence.cases[0].sizes:
                if all(self.evidence.cases[k].sizes.get(letter) == int(v)
                       for v, k in zip(values, index, strict=True)):
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
        return Finding(slot, "size" if sizes else "unknown", "", "integers, not an adjoint", None,
                       values)

    def _value(self, values: tuple[Array, ...], index: Sequence[int], name: str) -> str | None:
        matches = [label for label, known in self.forward_values
                   if all(squeezed(known[k].shape) == squeezed(v.shape)
                          and known[k].dtype.kind == v.dtype.kind
                          and np.allclose(known[k].reshape(v.shape), v, rtol=1e-10, atol=1e-12)
                          for v, k in zip(values, index, strict=True))]
        if name in matches:
            return name
        return matches[0] if matches else None

    def _other(self, slot: Slot, values: tuple[Array, ...], index: Sequence[int],
               right: object) -> Finding | None:
        """What a value is that is not what its name promises."""
        assert callable(right)
        shape = squeezed(values[0].shape)
        for one in self.candidates:
            if squeezed(one.adjoints[index[0]].value.shape) == shape and right(one):
                return self._as(slot, one)
        value = self._value(values, index, slot.name)
        if value:
            return Finding(slot, "value", value, f"the forward's {value}")
        upstream = [np.asarray(self.evidence.cases[k].dout, dtype=float) for k in index]
        if values[0].size > 1 and all(u.shape == v.shape and np.array_equal(u, v)
                                      for u, v in zip(upstream, values, strict=True)):
            return Finding(slot, "adjoint", "the output", "the upstream derivative")
        return self._sum_of_parts(slot, values, index) or self._changed(slot, values, index)

    def _as(self, slot: Slot, one: _Candidate) -> Finding:
        if one.kind != "use":
            return Finding(slot, "adjoint", one.label, f"the adjoint of {one.label}")
        return Finding(slot, "part", one.label,
                       f"the part of the adjoint of {one.label} that goes through line {one.line}")

    def _sum_of_parts(self, slot: Slot, values: tuple[Array, ...],
                      index: Sequence[int]) -> Finding | None:
        """A sum of several uses of one name is part of its adjoint."""
        groups: dict[str, list[_Candidate]] = {}
        for one in self.candidates:
            if one.kind == "use" and squeezed(one.adjoints[index[0]].value.shape) == squeezed(
                    values[0].shape):
                groups.setdefault(one.label, []).append(one)
        for label, parts in groups.items():
            for many in (2, 3):
                for some in combinations(parts[:6], many):
                    sums = [sum((p.adjoints[k] for p in some[1:]), some[0].adjoints[k])
                            for k in index]
                    if all(agree(v, s) for v, s in zip(values, sums, strict=True)):
                        lines = ", ".join(str(p.line) for p in some)
                        return Finding(slot, "part", label,
                                       f"the part of the adjoint of {label} through lines {lines}")
        return None

    def _changed(self, slot: Slot, values: tuple[Array, ...],
                 index: Sequence[int]) -> Finding | None:
        """A multiple of an adjoint, its transpose, or what becomes one when it is summed."""
        sizes = [self.evidence.cases[k].sizes for k in index]
        for one in self.candidates:
            wanted = [one.adjoints[k] for k in index]
            if one.kind == "use" and wanted[0].value.size < 2:
                continue
            if all(squeezed(v.shape) == squeezed(w.value.shape)
                   for v, w in zip(values, wanted, strict=True)) and wanted[0].value.size > 1:
                ratios = [ratio_of(v.reshape(w.value.shape), w.value, float(w.error.max()))
                          for v, w in zip(values, wanted, strict=True)]
                if all(r is not None for r in ratios):
                    origin = constant_origin([r for r in ratios if r is not None], sizes)
                    if origin not in (None, "0"):
                        return Finding(slot, "scaled", one.label,
                                       f"{origin} × the adjoint of {one.label}")
            if all(v.ndim == 2 and v.T.shape == w.value.shape and v.shape != v.T.shape
                   and agree(v.T, w) for v, w in zip(values, wanted, strict=True)):
                return Finding(slot, "scaled", one.label, f"the adjoint of {one.label}, transposed")
            if all(v.size == w.value.size and v.shape != w.value.shape and v.size > 1
                   and agree(v.reshape(w.value.shape), w)
                   for v, w in zip(values, wanted, strict=True)):
                return Finding(slot, "adjoint", one.label,
                               f"the adjoint of {one.label}, in another shape")
        return self._factor(slot, values, index) or self._summed(slot, values, index)

    def _factor(self, slot: Slot, values: tuple[Array, ...],
                index: Sequence[int]) -> Finding | None:
        """An adjoint times or divided by a value of the forward, or a local derivative."""
        known = [(label, [v[k] for k in index]) for label, v in self.forward_values
                 if v[0].dtype.kind == "f" and v[0].size > 1]
        shape = values[0].shape
        nodes = [c for c in self.candidates if c.kind in ("assign", "leaf", "input")
                 and values[0].size > 1]
        with np.errstate(all="ignore"):
            for one in nodes:
                if one.adjoints[index[0]].value.shape != shape:
                    continue
                for label, arrays in known:
                    if not _fits(arrays[0].shape, shape):
                        continue
                    for word, made in (("×", [one.adjoints[k].value * a for k, a in zip(
                            index, arrays, strict=True)]), ("÷", [one.adjoints[k].value / a for
                                                                  k, a in zip(index, arrays,
                                                                              strict=True)])):
                        origin = self._constant(values, made, index)
                        if origin is not None:
                            times = "" if origin == "1" else f"{origin} × "
                            return Finding(slot, "factor", one.label,
                                           f"{times}the adjoint of {one.label} {word} {label}")
            outer = [("the output", [np.asarray(self.evidence.cases[k].dout, dtype=float)
                                     for k in index])]
            outer += [(c.label, [c.adjoints[k].value for k in index]) for c in nodes]
            for above, upstream in outer:
                if upstream[0].shape != shape or not np.all(upstream[0]):
                    continue
                made = [v * u for v, u in zip(values, upstream, strict=True)]
                for one in nodes:
                    if one.label != above and all(
                            m.shape == one.adjoints[k].value.shape and agree(m, one.adjoints[k])
                            for m, k in zip(made, index, strict=True)):
                        return Finding(slot, "factor", one.label,
                                       f"the derivative of {above} by {one.label}, entry by entry")
        return None

    def _constant(self, values: Sequence[Array], made: Sequence[Array],
                  index: Sequence[int]) -> str | None:
        """Return "1" for equal values, the name of a constant ratio, or None."""
        if all(_near(v, m) for v, m in zip(values, made, strict=True)):
            return "1"
        if values[0].size < 3 or any(v.shape != m.shape or not np.all(np.isfinite(m))
                                     for v, m in zip(values, made, strict=True)):
            return None
        ratios = [ratio_of(v, m) for v, m in zip(values, made, strict=True)]
        if any(r is None for r in ratios):
            return None
        origin = constant_origin([r for r in ratios if r is not None],
                                 [self.evidence.cases[k].sizes for k in index])
        return None if origin == "0" else origin

    def _summed(self, slot: Slot, values: tuple[Array, ...],
                index: Sequence[int]) -> Finding | None:
        """What becomes an adjoint when it is summed over an axis."""
        for one in self.candidates:
            wanted = [one.adjoints[k] for k in index]
            for axis in range(values[0].ndim):
                if all(v.ndim > axis and v.shape[axis] > 1 and agree(v.sum(axis), w)
                       and w.value.size > 0 and np.any(w.value)
                       for v, w in zip(values, wanted, strict=True)):
                    return Finding(slot, "summed", one.label,
                                   f"becomes the adjoint of {one.label} when it is summed over "
                                   f"axis {axis}")
        return None

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
        return dict(_expected(self, trace))


def event_key(trace: Trace, place: Place) -> str:
    """Return the key under which a place of a trace was written, "" for a plain name."""
    return next((e.key for e in trace.events if e.place == place), "")


def _last(trace: Trace, place: Place, key: str) -> Place | None:
    """Return the last place of the same probe in another run."""
    found = [e.place for e in trace.events if e.place[:2] == place[:2] and e.key == key]
    return found[-1] if found else None


def _fits(inner: tuple[int, ...], outer: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(inner, outer) == outer
    except ValueError:
        return False


def _near(a: Array, b: Array) -> bool:
    size = float(np.max(np.abs(a), initial=0.0))
    return a.shape == b.shape and bool(np.all(np.abs(a - b) <= 1e-8 * size + 1e-12))


def _expected(judge: Judge, trace: Trace) -> Iterator[tuple[str, str]]:
    evidence = judge.evidence
    case = evidence.cases[0]
    leaves = case.leaves()
    places = list(trace.gradients)
    texts = _return_texts(judge)
    named: dict[str, str] = {}
    for number, place in enumerate(places):
        text = texts[number] if len(texts) == len(places) else place
        for name in promised(place) + promised(text) + promised("g" + place):
            match = next((leaf for leaf in leaves if leaf == name or same_name(leaf, name)), None)
            if match is not None:
                named[place] = match
                break
        else:
            key = place.strip("[]'\"")
            if key in leaves:
                named[place] = key
    arrays = [name for name in evidence.subject.leaves
              if name in leaves and isinstance(case.values.get(name), np.ndarray)]
    contract = judge.evidence.subject.pair.label != judge.evidence.subject.pair.forward.name
    every = len(named) == len(places) == len(set(named.values()))
    if (every and not contract) or case.params:
        yield from named.items()
    elif len(arrays) >= len(places) and (contract or not named):
        yield from zip(places, arrays, strict=False)
    else:
        yield from named.items()


def _contract_names(judge: Judge) -> Iterator[tuple[str, str]]:
    """Variables that are returned as they are, with the input whose gradient they should be."""
    trace = judge.evidence.traces[0]
    expected = judge.expected(trace)
    texts = _return_texts(judge)
    if len(texts) == len(trace.gradients):
        for text, place in zip(texts, trace.gradients, strict=True):
            if text.isidentifier() and place in expected:
                yield text, expected[place]
    for place, leaf in expected.items():
        key = place.strip("[]'\"")
        for text in texts:
            if text.isidentifier():
                yield f"{text}['{key}']", leaf
            for literal in (text, *_literals(judge, text)):
                for name in _values_of_dict(literal, key):
                    yield name, leaf


def _literals(judge: Judge, name: str) -> Iterator[str]:
    """The dicts that are assigned to a variable of the judged function."""
    for statement in judge.evidence.statements.values():
        node = statement.node
        if (isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
                and ast.unparse(node.targets[0]) == name):
            yield ast.unparse(node.value)


def _values_of_dict(text: str, key: str) -> Iterator[str]:
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return
    if isinstance(node, ast.Dict):
        for name, value in zip(node.keys, node.values, strict=True):
            if isinstance(name, ast.Constant) and name.value == key and isinstance(value, ast.Name):
                yield value.id


def _return_texts(judge: Judge) -> list[str]:
    pair = judge.evidence.subject.pair
    texts = [p.text for p in judge.evidence.probes.values()
             if p.kind == "return" and p.function == pair.judged.name]
    return texts[1:] if judge.joint and len(texts) > 1 else texts
