"""Hold every value of the backward against the adjoints and the values of the forward."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from ..names import promised, same_name
from ..values import Array
from .adjoints import agree, laid_out, squeezed
from .candidates import Candidates
from .explain import Explainer
from .findings import Candidate, Finding, Slot
from .gather import Evidence, Place, Trace
from .located import Located

__all__ = ["Judge"]

# A loop with more turns is judged by its last one.
_TURNS = 2
# What may be said of a value that is not the adjoint that its name promises.
_LOOSE = ("scaled", "summed", "factor", "local", "value")


class Judge:
    """Judges traces of one `Evidence`. Measures uses and subexpressions when they are needed."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.candidates = Candidates(evidence)
        self._explainer = Explainer(evidence, self.candidates)

    @cached_property
    def located(self) -> Located:
        """Which returned array should be the gradient of which input."""
        return Located(self.evidence, self.candidates)

    def returned(self, traces: Sequence[Trace | None]) -> list[tuple[str, str, bool | None]]:
        """Judge the returned gradients: (place, input, right)."""
        return self.located.judged(traces)

    # slots ----------------------------------------------------------------------------------
    def slots(self, trace: Trace) -> list[Slot]:
        """List the steps of the backward in the order of a run."""
        found, last = [], {}
        for position, event in enumerate(trace.events):
            if not self.candidates.is_backward(event):
                continue
            probe = self.evidence.probes[int(event.place[1])]
            if probe.kind == "input":
                continue
            name = self.candidates.name_of(event.place) if event.key else probe.name
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
        joint = self.candidates.joint
        number = int(name[len("return[") : -1])
        if joint:  # what is returned beside the value
            number -= sum(k < number for k in self.evidence.subject.pair.outputs)
        several = len(self.located.returned_texts) > 1
        return f"[{number}]" if several or not joint else ""

    # judging --------------------------------------------------------------------------------
    def judge(
        self, traces: Sequence[Trace | None], *, deep: bool = True, every_turn: bool = False
    ) -> list[Finding]:
        """Judge every step that all traces have; of long loops the last turn, or every one."""
        good = [(k, trace) for k, trace in enumerate(traces) if trace is not None]
        if not good:
            return []
        index = [k for k, _ in good]
        first = good[0][1]
        findings = []
        slots = self.slots(first)
        turns = Counter(slot.place[:2] for slot in slots)
        turn = {slot.place[:2]: slot.place for slot in slots}
        for slot in slots:
            last_turn = slot.final or turn[slot.place[:2]] == slot.place
            if turns[slot.place[:2]] > _TURNS and not last_turn and not every_turn:
                continue
            if last_turn and len(good) == len(traces):
                # Loops may have more turns in one case than in another; the last one counts.
                ends = [_last(trace, slot.place, first.key(slot.place)) for _, trace in good]
                if all(end is not None for end in ends):
                    slot = replace(slot, places=tuple(end for end in ends if end is not None))
            seen = [trace.at(slot.at(k)) for k, trace in good]
            values = tuple(value for value in seen if value is not None)
            if len(values) < len(seen):
                continue
            finding = self._judge(slot, values, index)
            for ways in (False, True):
                # What is changed again further down is right when it ends right.
                done = self.candidates.wayed or finding.meaning == "unfinished"
                done = done if ways else self.candidates.deep
                if deep and not done and not finding.explained:
                    self.candidates.deepen(along_ways=ways)
                    finding = self._judge(slot, values, index)
            findings.append(finding)
        return [_finished(finding, findings, self.evidence) for finding in findings]

    def promise(self, slot: Slot) -> str | None:
        """Return the input whose gradient a slot is returned as, None when it is not returned."""
        if slot.function != self.evidence.subject.pair.judged.name:
            return None
        if slot.returned:
            return self.located.inputs.get(self._returned_place(slot.returned))
        return self.located.names.get(slot.name) if slot.final else None

    def named(self, slot: Slot) -> list[Candidate]:
        """Return the forward nodes whose adjoint the name of a slot promises."""
        leaf = self.promise(slot)
        if leaf is not None and (one := self.located.right_leaf(leaf)) is not None:
            return [one]
        return self._by_name(slot)

    def _by_name(self, slot: Slot) -> list[Candidate]:
        """Return the forward nodes that have the name which that of a slot promises."""
        nodes = [c for c in self.candidates.every if c.kind in ("assign", "input", "loop", "leaf")]
        own = (self.evidence.subject.pair.forward.name, "")
        for name in promised(slot.name):
            for found in (
                [c for c in nodes if c.name == name],
                [c for c in nodes if same_name(c.name, name)],
            ):
                # A local of a helper may have the name of a variable of the forward.
                mine = [c for c in found if c.function in own] or found
                if mine:
                    return mine
        return []

    def _empty(
        self,
        slot: Slot,
        values: tuple[Array, ...],
        named: Sequence[Candidate],
        index: Sequence[int],
    ) -> Finding:
        """What is said of values without entries: wrong where the adjoint has some."""
        for one in named if slot.final else ():
            adjoints = tuple(one.adjoints[k] for k in index)
            if all(a.value.size for a in adjoints):
                said = f"not the adjoint of {one.label}; empty"
                return Finding(slot, "mismatch", one.label, said, adjoints, values)
        return Finding(slot, "unknown", "", "empty", None, values)

    def _judge(self, slot: Slot, values: tuple[Array, ...], index: Sequence[int]) -> Finding:
        named = self.named(slot)

        def right(one: Candidate) -> bool:
            return all(agree(v, one.adjoints[k]) for v, k in zip(values, index, strict=True))

        if named and slot.final and all(v.dtype.kind in "iuf" for v in values):
            values = tuple(v.astype(float) for v in values)
        if any(v.dtype.kind != "f" for v in values):
            return self._not_float(slot, values, index)
        if all(v.size == 0 for v in values):
            return self._empty(slot, values, named, index)
        # What is returned as another gradient may still be what its own name promises.
        for one in [*named, *([] if slot.returned else self._by_name(slot))]:
            if right(one):
                adjoints = tuple(one.adjoints[k] for k in index)
                said = f"the adjoint of {one.label}"
                return Finding(slot, "adjoint", one.label, said, adjoints, values, True)
        for one in named:
            adjoints = tuple(one.adjoints[k] for k in index)
            if laid_out(values, adjoints):
                said = f"the adjoint of {one.label}, in another layout"
                return Finding(slot, "adjoint", one.label, said, adjoints, values, True)
        zero = all(not np.any(v) for v in values)
        if zero and not (slot.final and named) and self._makes_zeros(slot):
            return Finding(slot, "value", "0", "zeros, to be filled", None, values)
        other = None if zero else self._explainer.other(slot, values, index, right)
        wanted = None
        if named:
            shape = squeezed(values[0].shape)
            fitting = [c for c in named if squeezed(c.adjoints[index[0]].value.shape) == shape]
            wanted = tuple((fitting or named)[-1].adjoints[k] for k in index)
        partial = any(one.partial for one in named)
        # ``dx`` may as well be a difference, of the forward and here.
        same = other is not None and other.meaning == "value" and other.node == slot.name
        if (
            named
            and slot.final
            and not partial
            and not (same and not slot.returned)
            and (other is None or other.meaning in _LOOSE or self.promise(slot) is not None)
        ):
            label = named[0].label
            said = f"not the adjoint of {label}" + (f"; {other.reason}" if other else "")
            local = other is not None and other.meaning == "local"
            return Finding(slot, "mismatch", label, said, wanted, values, local=local)
        if other is not None:
            return replace(other, wanted=wanted if slot.final and not same else None, got=values)
        if not slot.final:
            said = f"{slot.name} is changed again further down"
            return Finding(slot, "unfinished", "", said, None, values)
        return Finding(slot, "unknown", "", "no forward value has this adjoint", None, values)

    def _makes_zeros(self, slot: Slot) -> bool:
        text = self.evidence.probes[int(slot.place[1])].text
        return "zeros" in text or "empty" in text or text.strip("-0. ") == ""

    def _not_float(self, slot: Slot, values: tuple[Array, ...], index: Sequence[int]) -> Finding:
        sizes = all(v.ndim == 0 for v in values)
        cases = self.evidence.cases
        for letter in cases[0].sizes if sizes else ():
            if all(
                cases[k].sizes.get(letter) == int(v) for v, k in zip(values, index, strict=True)
            ):
                return Finding(slot, "size", letter, f"the size {letter}", None, values)
        found = self._explainer.value(values, index, slot.name)
        if found:
            return Finding(slot, "value", found, f"the forward's {found}", None, values)
        if all(v.dtype.kind in "bi" and v.ndim for v in values):
            floats = tuple(v.astype(float) for v in values)
            factor = self._explainer.factor(slot, floats, index)
            if factor is not None:
                return replace(factor, got=values)
        if all(v.dtype.kind == "b" for v in values):
            return Finding(slot, "unknown", "", "a mask, not an adjoint", None, values)
        meaning = "size" if sizes else "unknown"
        return Finding(slot, meaning, "", "integers, not an adjoint", None, values)  # type: ignore[arg-type]


def _finished(finding: Finding, findings: Sequence[Finding], evidence: Evidence) -> Finding:
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
    said = f"on the way to {last.reason}, reached in {evidence.say(last.slot.line)}"
    return replace(finding, reason=said, node=last.node)


def _last(trace: Trace, place: Place, key: str) -> Place | None:
    """Return the last place of the same probe in another run."""
    found = [e.place for e in trace.events if e.place[:2] == place[:2] and e.key == key]
    return found[-1] if found else None
