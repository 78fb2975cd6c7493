"""From wrong values to mistakes: the first wrong line, then what is still wrong when it is right.

A name that does not hold what it promises is only a hint: names are used loosely. It counts when
a returned gradient is wrong and putting the right value in its place heals something that comes
after it. Lines before it whose values are known to nobody are tried as well, by small changes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .adjoints import Adjoint, agree
from .edits import Edit, edits
from .evidence import Evidence, Trace, read_trace
from .findings import Finding, Slot
from .judge import Judge
from .needed import Needing
from .values import Array

__all__ = ["Origin", "Search"]

_ROUNDS = 5
_FIRST_PASS = 400
_CERTAIN = 3.0


@dataclass(frozen=True, slots=True)
class Origin:
    """An independent mistake.

    finding : the step where it shows; `line` and `name` are where it is.
    edit : the small change that would make it right, when there is one.
    right : per case, the right value of `slot`, when known.
    """

    slot: Slot
    finding: Finding
    got: tuple[Array, ...]
    right: tuple[Array, ...] | None
    edit: Edit | None
    suspects: tuple[int, ...]
    heals: bool


@dataclass(slots=True)
class _State:
    """What is replaced so far, and what was seen with it."""

    actions: list[list[list[Any]]]
    traces: list[Trace | None]
    findings: list[Finding] = field(default_factory=list)
    right: frozenset[str] = frozenset()
    wrong: frozenset[str] = frozenset()


class Search(Needing):
    """Finds the independent mistakes of one backward."""

    def __init__(self, judge: Judge, *, repair: bool = True) -> None:
        self.judge, self.evidence = judge, judge.evidence
        self.repair = repair
        self.first: _State | None = None
        self._weight = 0.0

    # states ---------------------------------------------------------------------------------
    def state(
        self, actions: Sequence[Sequence[list[Any]]], traces: Sequence[Trace | None] | None = None
    ) -> _State:
        """Run with some values replaced, and judge."""
        copied = [list(mine) for mine in actions]
        if traces is None:
            traces = self.evidence.rerun(copied)
        made = _State(copied, list(traces))
        made.findings = self.judge.judge(made.traces)
        made.right, made.wrong = self._items(made)
        return made

    def _items(self, state: _State) -> tuple[frozenset[str], frozenset[str]]:
        right: set[str] = set()
        wrong: set[str] = set()
        for place, leaf, fine in self.judge.returned(state.traces):
            if fine is not None:
                (right if fine else wrong).add(f"returned {place} {leaf}")
        for finding in state.findings:
            key = f"{finding.slot.name}@{finding.slot.place}"
            if finding.slot.final and finding.meaning == "mismatch" and not finding.slot.returned:
                wrong.add(key)
            elif finding.slot.final and finding.kept and not finding.slot.returned:
                right.add(key)
        if all(trace is None for trace in state.traces):
            wrong.add("returned nothing")
        return frozenset(right), frozenset(wrong)

    # the rounds -----------------------------------------------------------------------------
    def run(self) -> list[Origin]:
        """Return the mistakes in the order of the backward."""
        nothing: list[list[list[Any]]] = [[] for _ in self.evidence.cases]
        state = self.first = self.state(nothing, self.evidence.traces)
        found: list[Origin] = []
        for _ in range(_ROUNDS):
            if not any(item.startswith("returned") for item in state.wrong):
                break
            origin = self._locate(state, {o.slot.place for o in found})
            if origin is None:
                break
            if all(o.slot.line != origin.slot.line for o in found):
                found.append(origin)
            if origin.right is None:
                break
            before = state
            state = self.state(self._replaced(state, origin.slot, origin.right))
            if state.wrong == before.wrong and state.right == before.right:
                if len(found) > 1 and not origin.heals:
                    found.pop()
                break
        return sorted(found, key=lambda one: one.slot.position)

    def _replaced(
        self, state: _State, slot: Slot, values: Sequence[Array]
    ) -> list[list[list[Any]]]:
        return [
            [*mine, [*slot.at(k), "set", np.array(value)]]
            for k, (mine, value) in enumerate(zip(state.actions, values, strict=True))
        ]

    # one round ------------------------------------------------------------------------------
    def _locate(self, state: _State, done: set[Any]) -> Origin | None:
        hints = [
            f
            for f in state.findings
            if f.wanted is not None
            and (f.meaning == "mismatch" or self._loose(f))
            and f.slot.place not in done
            and len(f.wanted) == len(self.evidence.cases)
            and not self._doubled(f, state.findings)
        ]
        best: tuple[Finding, frozenset[str], _State] | None = None
        for hint in hints:
            assert hint.wanted is not None
            wanted = _shaped(hint.wanted, hint.got)
            after = self.state(self._replaced(state, hint.slot, wanted))
            own = f"{hint.slot.name}@{hint.slot.place}"
            healed = (after.right - state.right) - {own}
            if hint.meaning != "mismatch" and not healed:
                continue
            if not healed and self.repair and not self.judge.promise(hint.slot):
                hidden = self._hidden(state, hint)
                if hidden is not None:
                    return hidden
            if best is None or (healed and not best[1]):
                best = (hint, healed, after)
            if healed or hint.slot.returned:
                if healed:
                    best = (hint, healed, after)
                break
        if best is None:
            return self._unnamed(state)
        hint, healed, after = best
        assert hint.wanted is not None
        suspects = self._suspects(state, hint)
        origin = Origin(
            hint.slot,
            hint,
            hint.got,
            tuple(_shaped(hint.wanted, hint.got)),
            None,
            tuple(s.slot.line for s in suspects),
            bool(healed),
        )
        if not self.repair:
            return origin
        everything = frozenset(i for i in state.wrong if i.startswith("returned"))
        if not everything <= after.right:
            whole = self._whole(state, origin, everything)
            if whole is not None:
                return whole
        goal = healed | {f"{hint.slot.name}@{hint.slot.place}"}
        goal = frozenset(item for item in goal if item in after.right or item in state.wrong)
        if hint.slot.returned:
            goal = frozenset(i for i in after.right - state.right)
        return self._repaired(state, origin, suspects, goal)

    def _loose(self, finding: Finding) -> bool:
        """Whether a step holds the adjoint of something else than the node of its name."""
        if (
            finding.meaning not in ("part", "adjoint")
            or finding.kept
            or finding.wanted is None
            or not finding.slot.final
        ):
            return False
        named = self.judge.named(finding.slot)
        return bool(named) and all(c.kind != "leaf" for c in named)

    def _hidden(self, state: _State, hint: Finding) -> Origin | None:
        """A wrong step that heals nothing: a mistake that another one further down hides?

        It is one when no single line heals everything, and a small change of its own line gives
        it the right value, or its value is no mere multiple of anything.
        """
        assert hint.wanted is not None
        origin = Origin(
            hint.slot, hint, hint.got, tuple(_shaped(hint.wanted, hint.got)), None, (), False
        )
        everything = frozenset(i for i in state.wrong if i.startswith("returned"))
        whole = self._whole(state, origin, everything)
        if whole is not None:
            return whole
        own = frozenset({f"{hint.slot.name}@{hint.slot.place}"})
        fixed = self._repaired(state, origin, self._suspects(state, hint), own)
        if fixed.edit is not None or fixed.slot != hint.slot:
            return fixed
        return None if "× the adjoint" in hint.reason else origin

    def _whole(self, state: _State, origin: Origin, goal: frozenset[str]) -> Origin | None:
        """The wrong step heals only a part: is there one line that heals everything?"""
        wrong = {item.split()[-1] for item in goal}
        feeds: set[int] = set()
        for finding in state.findings:
            if finding.slot.final and self.judge.promise(finding.slot) in wrong:
                feeds |= {finding.slot.statement} | self._feeding(finding.slot)
        steps = [
            f
            for f in state.findings
            if f.slot.statement in feeds
            and not f.certain
            and f.slot.place != origin.slot.place
            and not self._doubled(f, state.findings)
        ]
        best = self._repaired(state, origin, steps, goal, local=False)
        return best if best is not origin else None

    def _doubled(self, finding: Finding, findings: Sequence[Finding]) -> bool:
        """Whether a returned value is a variable that is a step already."""
        return bool(finding.slot.returned) and any(
            f.slot.name == finding.slot.name
            and f.slot.function == finding.slot.function
            and not f.slot.returned
            for f in findings
        )

    def _unnamed(self, state: _State) -> Origin | None:
        """A returned gradient is wrong and no name says where: try small changes everywhere."""
        goal = frozenset(item for item in state.wrong if item.startswith("returned"))
        wrong = {item.split()[-1] for item in goal}
        steps = [f for f in state.findings if not f.certain or f.slot.returned]
        ends = [f for f in state.findings if f.slot.final and self.judge.promise(f.slot) in wrong]
        if not steps and not ends:
            return None
        last = ends[0] if ends else steps[-1]
        feeds = self._feeding(last.slot)
        steps = [*[f for f in steps if f.slot.statement in feeds and f is not last], last]
        origin = Origin(
            last.slot, last, last.got, None, None, tuple(f.slot.line for f in steps[:-1]), False
        )
        return self._repaired(state, origin, steps[:-1], goal)

    def _suspects(self, state: _State, hint: Finding) -> list[Finding]:
        """Steps before a wrong one that feed it and whose values nobody knows."""
        feeds = self._feeding(hint.slot)
        return [
            f
            for f in state.findings
            if f.slot.position < hint.slot.position
            and f.slot.statement in feeds
            and not f.certain
            and f.slot.statement != hint.slot.statement
            and not (f.meaning == "mismatch" and f.wanted is None)
        ]

    def _feeding(self, slot: Slot) -> set[int]:
        """Statements on which a step depends, by names, in the order of the run."""
        statements = self.evidence.statements
        trace = self.evidence.traces[0]
        writers: dict[tuple[str, str], set[int]] = {}
        needs: dict[int, set[int]] = {}
        recent: set[int] = set()
        for position, event in enumerate(trace.events):
            probe = self.evidence.probes[int(event.place[1])]
            if probe.kind not in ("assign", "loop", "return"):
                continue
            statement = statements.get(probe.statement)
            if statement is None:
                continue
            found: set[int] = set()
            for name in statement.reads:
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
            if position >= slot.position:
                break
        return needs.get(slot.statement, set())

    # small changes --------------------------------------------------------------------------
    def _repaired(
        self,
        state: _State,
        origin: Origin,
        suspects: Sequence[Finding],
        goal: frozenset[str],
        *,
        local: bool = True,
    ) -> Origin:
        """Try small changes of the wrong line and of the suspects before it.

        local : the right value of the wrong step is what is wanted; else all gradients are.
        """
        tried: dict[int, Slot] = {}
        for finding in [*suspects, origin.finding]:
            tried[finding.slot.statement] = finding.slot
        alternatives: dict[int, list[Edit]] = {}
        for number, slot in tried.items():
            statement = self.evidence.statements.get(number)
            if statement is None:
                continue
            names = list(self._in_scope(slot))
            made = edits(statement.node, names)
            if made:
                alternatives[number] = made[: max(_FIRST_PASS // max(len(tried) // 4, 1), 60)]
        if not alternatives:
            return origin
        winners = self._try(
            state, alternatives, goal, tried, f"{origin.slot.name}@{origin.slot.place}"
        )
        ranks = {f.slot.statement: f.weight for f in suspects}
        if not winners:
            return self._solved(state, origin, suspects, goal, local=local)

        def key(winner: _Winner) -> tuple[float, ...]:
            mine = winner.statement == origin.slot.statement
            better = mine or winner.rank > ranks.get(winner.statement, 0.0)
            # To take away what is there is a smaller change than to add what nobody wrote.
            known = 3 if ranks.get(winner.statement, 0.0) > 0 else 1
            cost = winner.edit.cost + (0 if better else known)
            return (-winner.right, -winner.explained, cost, not mine, winner.slot_position)

        best = min(winners, key=key)
        if best.statement == origin.slot.statement:
            return replace(origin, edit=best.edit, heals=True)
        slot = tried[best.statement]
        finding = next(f for f in state.findings if f.slot == slot)
        return Origin(slot, finding, finding.got, best.values, best.edit, (), True)

    # the value that is needed ----------------------------------------------------------------
    def _solved(
        self,
        state: _State,
        origin: Origin,
        suspects: Sequence[Finding],
        goal: frozenset[str],
        *,
        local: bool,
    ) -> Origin:
        """Which value of a suspect would make what follows right, and is that value anything?

        What follows depends on a step of a backward almost always in an affine way, so that a
        linear system gives the value. When it is an adjoint, and the value at hand is not, the
        suspect's line is the one.
        """
        if origin.right is None and local:
            return origin
        for suspect in self._weak(state, origin, suspects):
            named = self.judge.named(suspect.slot)
            wanted = [c.value for c in named[-1].adjoints] if named else []
            if wanted and all(w.shape == g.shape for w, g in zip(wanted, suspect.got, strict=True)):
                found = self._with_value(state, suspect, wanted, goal)
                if found is not None:
                    return found
        if not local:
            # Further down, some value always makes everything right; that says nothing.
            suspects = [s for s in suspects if s.slot.position < origin.slot.position]
        multiple: Origin | None = None
        for suspect in suspects:
            if any(g.dtype.kind != "f" or not 0 < g.size <= 40 for g in suspect.got):
                continue
            needed = self._needed(state, origin if local else None, suspect)
            if needed is None:
                continue
            found = self._with_value(state, suspect, needed, goal)
            if found is not None and self._weight == _CERTAIN:
                return found
            multiple = found or multiple
        return multiple or origin

    def _weak(
        self, state: _State, origin: Origin, suspects: Sequence[Finding]
    ) -> Iterator[Finding]:
        """Steps that hold only part of the adjoint that their name promises."""
        feeds = self._feeding(origin.slot)
        for finding in state.findings:
            if finding.slot.final and finding.slot.statement in feeds and self._loose(finding):
                yield finding

    def _with_value(
        self, state: _State, suspect: Finding, values: Sequence[Array], goal: frozenset[str]
    ) -> Origin | None:
        """Put a value in the place of a suspect; None when it heals too little or means nothing."""
        values = self._snapped(values)
        after = self.state(self._replaced(state, suspect.slot, values))
        if not goal <= after.right:
            return None
        now = next((f for f in after.findings if f.slot.place == suspect.slot.place), None)
        if now is None or (now.weight <= suspect.weight and now.wanted is None):
            return None
        self._weight = now.weight
        return Origin(suspect.slot, suspect, suspect.got, tuple(values), None, (), True)

    def _in_scope(self, slot: Slot) -> Iterator[str]:
        """Variables that were assigned before a step, numbers and arrays."""
        seen: set[str] = set()
        for position, event in enumerate(self.evidence.traces[0].events):
            if position >= slot.position:
                break
            probe = self.evidence.probes[int(event.place[1])]
            name = probe.name
            if (
                probe.kind in ("assign", "input", "loop")
                and probe.function == slot.function
                and name.isidentifier()
                and name not in seen
            ):
                seen.add(name)
                yield name

    def _try(
        self,
        state: _State,
        alternatives: dict[int, list[Edit]],
        goal: frozenset[str],
        slots: dict[int, Slot],
        own: str,
    ) -> list[_Winner]:
        session = self.evidence.session
        order = [(number, k + 1) for number, made in alternatives.items() for k in range(len(made))]
        nodes = {number: [e.node for e in made] for number, made in alternatives.items()}
        job = {
            "kind": "variants",
            "case": self.evidence.cases[0].payload(),
            "variants": [[[number, which]] for number, which in order],
            "actions": state.actions[0],
            "watch": self._watched(goal),
        }
        answer = session.evaluate([job], alternatives=nodes)[0]
        if "error" in answer:
            return []
        # Other names may hold only part of what they promise, even in a right backward.
        first = frozenset(item for item in goal if item.startswith("returned") or item == own)
        hopeful = [
            pair
            for pair, run in zip(order, answer["runs"], strict=True)
            if "error" not in run and self._reached(read_trace(run), first, 0)
        ]
        hopeful = hopeful[:40]
        if not hopeful:
            return []
        jobs = [
            {
                "kind": "variants",
                "case": case.payload(),
                "actions": mine,
                "variants": [[[n, w]] for n, w in hopeful],
            }
            for case, mine in zip(self.evidence.cases, state.actions, strict=True)
        ]
        answers = session.evaluate(jobs, alternatives=nodes)
        if any("error" in one for one in answers):
            return []
        winners = []
        for position, (number, which) in enumerate(hopeful):
            runs = [one["runs"][position] for one in answers]
            if any("error" in run for run in runs):
                continue
            after = self.state(state.actions, [read_trace(run) for run in runs])
            if not goal <= after.right:
                continue
            edit = alternatives[number][which - 1]
            values = tuple(
                trace.at(slots[number].at(k))
                for k, trace in enumerate(after.traces)
                if trace is not None
            )
            if any(value is None for value in values):
                continue
            explained = sum(f.weight for f in after.findings)
            place = slots[number].place
            rank = max((f.weight for f in after.findings if f.slot.place == place), default=0.0)
            winners.append(
                _Winner(
                    number,
                    edit,
                    tuple(v for v in values if v is not None),
                    slots[number].position,
                    len(after.right),
                    explained,
                    rank,
                )
            )
        return winners

    def _watched(self, goal: frozenset[str]) -> list[list[int]]:
        """Places whose values decide whether a goal is reached; nothing else need be sent."""
        assert self.first is not None
        return [
            [int(f.slot.place[0]), int(f.slot.place[1]), int(f.slot.place[2])]
            for f in self.first.findings
            if f"{f.slot.name}@{f.slot.place}" in goal
        ]

    def _reached(self, trace: Trace, goal: frozenset[str], case: int) -> bool:
        leaves = {c.name: c for c in self.judge.candidates if c.kind == "leaf"}
        for place, leaf in self.judge.expected(trace).items():
            if f"returned {place} {leaf}" in goal and (
                place not in trace.gradients
                or not agree(trace.gradients[place], leaves[leaf].adjoints[case])
            ):
                return False
        assert self.first is not None
        for finding in self.first.findings:
            if f"{finding.slot.name}@{finding.slot.place}" in goal:
                value = trace.at(finding.slot.place)
                if (
                    value is None
                    or value.dtype.kind != "f"
                    or not any(
                        agree(value, c.adjoints[case]) for c in self.judge.named(finding.slot)
                    )
                ):
                    return False
        return True


@dataclass(frozen=True, slots=True)
class _Winner:
    statement: int
    edit: Edit
    values: tuple[Array, ...]
    slot_position: int
    right: int
    explained: float
    rank: float


def _shaped(wanted: Sequence[Adjoint], got: Sequence[Array]) -> list[Array]:
    """The right values in the shape that the backward uses."""
    return [
        w.value.reshape(g.shape) if w.value.size == g.size else w.value
        for w, g in zip(wanted, got, strict=True)
    ]


def known_evidence(search: Search) -> Evidence:
    """Return the evidence of a search."""
    return search.evidence
