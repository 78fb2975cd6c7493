"""Hold every value of the backward against the adjoints and the values of the forward."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..values import Array
from .adjoints import agree, squeezed
from .candidates import Collecting
from .explain import Explaining
from .findings import Candidate, Finding, Slot
from .gather import Evidence, Place, Trace
from .names import promised, same_name
from .returned import contract_names, expected_gradients, return_texts

__all__ = ["Finding", "Judge", "Slot"]

# A loop with more turns is judged by its last one.
_TURNS = 2


@dataclass
class Judge(Explaining, Collecting):
    """Judges traces of one `Evidence`. Measures uses and subexpressions when they are needed."""

    evidence: Evidence
    candidates: list[Candidate] = field(default_factory=list)
    forward_values: list[tuple[str, tuple[Array, ...]]] = field(default_factory=list)
    deep: bool = False
    wayed: bool = False
    joint: bool = False
    contract_names: dict[str, str] = field(default_factory=dict)
    backward_statements: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.settle()
        self.joint = self.evidence.subject.pair.backward is None
        if self.joint:
            self.backward_statements = self.after_the_value()
        self.collect()

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
            name = self.name_of(event.place) if event.key else probe.name
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
            for ways in (False, True):
                # What is changed again further down is right when it ends right.
                done = self.wayed or finding.meaning == "unfinished" if ways else self.deep
                if deep and not done and not finding.explained:
                    self.deepen(ways=ways)
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


def event_key(trace: Trace, place: Place) -> str:
    """Return the key under which a place of a trace was written, "" for a plain name."""
    return next((e.key for e in trace.events if e.place == place), "")


def _last(trace: Trace, place: Place, key: str) -> Place | None:
    """Return the last place of the same probe in another run."""
    found = [e.place for e in trace.events if e.place[:2] == place[:2] and e.key == key]
    return found[-1] if found else None
