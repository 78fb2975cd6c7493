"""Try small changes of some statements: which of them make right what is to be right?"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...edits import Edit, likeliest
from ..evidence.findings import Finding, Slot
from ..evidence.gather import Trace, read_trace
from ..values import Array
from .states import Runs, State

__all__ = ["Trials", "Winner"]

_FIRST_PASS, _LEAST, _HOPEFUL = 400, 60, 40


@dataclass(frozen=True, slots=True)
class Winner:
    """A change that reaches the goal.

    right : how many things are right with it; explained : how much is known of the other steps.
    rank : how telling what is known of the changed step is, see `Finding.weight`.
    """

    slot: Slot
    edit: Edit
    values: tuple[Array, ...]
    right: int
    explained: float
    rank: float


class Trials:
    """Tries small changes of statements."""

    def __init__(self, runs: Runs) -> None:
        self.runs, self.judge, self.evidence = runs, runs.judge, runs.evidence
        self._made: dict[int, list[Edit]] = {}

    def copies(self, number: int) -> bool:
        """Whether a statement gives one value another name and nothing else."""
        statement = self.evidence.statements.get(number)
        return (
            statement is not None
            and isinstance(statement.node, ast.Assign)
            and isinstance(statement.node.value, ast.Name)
            and not isinstance(statement.node.targets[0], ast.Tuple)
        )

    def winners(
        self, state: State, findings: Sequence[Finding], goal: frozenset[str], own: str
    ) -> list[Winner]:
        """Return the changes of the statements of some steps with which a goal is reached.

        own : the step that is known to be wrong; it and the returned gradients decide first.
        """
        slots = {f.slot.statement: f.slot for f in findings}
        changes = self.changes(state, slots)
        if not changes:
            return []
        # Other names may hold only part of what they promise, even in a right backward.
        first = frozenset(item for item in goal if item.startswith("returned") or item == own)
        order = self._hopeful(state, changes, first, goal)
        if not order:
            return []
        # Few of them are left: compile only those.
        kept = {n: [changes[n][w] for m, w in order if m == n] for n, _ in order}
        order = [(n, w) for n, some in kept.items() for w in range(len(some))]
        nodes = {number: [e.tree for e in made] for number, made in kept.items()}
        variants = [[*state.choices, [n, w + 1]] for n, w in order]
        answers = [
            self.runs.answers(state, [{"kind": "variants", "variants": variants}], nodes, case=k)[0]
            for k in range(len(self.evidence.cases))
        ]
        if any("error" in one for one in answers):
            return []
        found = []
        for position, (number, which) in enumerate(order):
            tried = [one["runs"][position] for one in answers]
            if any("error" in run for run in tried):
                continue
            traces = [read_trace(run) for run in tried]
            winner = self._winner(state, slots[number], kept[number][which], traces, goal)
            if winner is not None:
                found.append(winner)
        return found

    def changes(self, state: State, slots: Mapping[int, Slot]) -> dict[int, list[Edit]]:
        """Return small changes of the statements of some steps, the likeliest first."""
        found: dict[int, list[Edit]] = {}
        most = max(_FIRST_PASS // max(len(slots) // 4, 1), _LEAST)
        for number, slot in slots.items():
            statement = self.evidence.statements.get(number)
            if statement is None or number in state.fixed or self.evidence.session.budget.over():
                continue
            if number not in self._made:
                names = list(self._in_scope(slot))
                unused = frozenset(names) - self._used(slot.function)
                self._made[number] = likeliest(statement.node, names, unused)
            if self._made[number]:
                found[number] = self._made[number][:most]
        return found

    def _hopeful(
        self,
        state: State,
        changes: Mapping[int, Sequence[Edit]],
        first: frozenset[str],
        goal: frozenset[str],
    ) -> list[tuple[int, int]]:
        """Return the changes that reach the first goal in the first case, the likeliest first."""
        order = [(number, k) for number, made in changes.items() for k in range(len(made))]
        order.sort(key=lambda pair: changes[pair[0]][pair[1]].cost)
        job = {
            "kind": "variants",
            "variants": [[*state.choices, [number, k + 1]] for number, k in order],
            # Nothing else need be sent.
            "watch": [list(f.slot.place) for f in self.runs.first.findings if f.slot.key in goal],
        }
        nodes = {number: [e.tree for e in made] for number, made in changes.items()}
        [answer] = self.runs.answers(state, [job], nodes)
        if "error" in answer:
            return []
        hopeful = [
            pair
            for pair, run in zip(order, answer["runs"], strict=False)
            if "error" not in run and self.runs.reached(read_trace(run), first)
        ]
        return hopeful[:_HOPEFUL]

    def _winner(
        self, state: State, slot: Slot, edit: Edit, traces: list[Trace], goal: frozenset[str]
    ) -> Winner | None:
        after = self.runs.state(state.actions, state.fixed, list(traces))
        if not goal <= after.right or after.spoils(state):
            return None
        values = tuple(trace.at(slot.at(k)) for k, trace in enumerate(traces))
        if any(value is None for value in values):
            return None
        # What only repeats another value tells nothing new.
        explained = sum(
            f.weight
            for f in after.findings
            if f.slot.final
            and (f.kept or f.slot.statement == slot.statement or not self.copies(f.slot.statement))
        )
        rank = max((f.weight for f in after.findings if f.slot.place == slot.place), default=0.0)
        return Winner(
            slot,
            edit,
            tuple(v for v in values if v is not None),
            len(after.right),
            explained,
            rank,
        )

    def _in_scope(self, slot: Slot) -> Iterator[str]:
        """Variables that were assigned before a step, numbers and arrays."""
        seen: set[str] = set()
        for event in self.evidence.traces[0].events:
            if event.place == slot.place:
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

    def _used(self, function: str) -> set[str]:
        """Variables that are read anywhere in a function."""
        every = self.evidence.statements.values()
        return {name for one in every if one.function == function for name in one.reads}
