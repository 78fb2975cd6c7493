"""Two mistakes on one path: which two small changes make everything right together?"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from ...diagnosis.relations import ratio_of
from ...edits import Edit
from ..evidence.findings import Finding, Slot
from ..evidence.gather import read_trace
from ..values import Array
from .states import State
from .trials import Trials, Winner

__all__ = ["Doubles"]

# How many pairs are tried depends on how long one run is, in values, not on the clock.
_COST, _EACH, _PAIRS, _VALUES = 2.0, 60, 12_000, 2_000_000
_MULTIPLES = 4
_BATCHES = (0, 500, 2_500, 12_000)  # every batch is compiled anew


class Doubles:
    """Tries two changes at once."""

    def __init__(self, trials: Trials) -> None:
        self._trials, self._runs = trials, trials.runs
        self._judge, self._evidence = trials.judge, trials.evidence

    def two(
        self, state: State, findings: Sequence[Finding], most: float
    ) -> tuple[Winner, Winner] | None:
        """Return the two least far-fetched changes that heal all returned gradients.

        most : what both may cost together.
        """
        slots = {f.slot.statement: f.slot for f in findings}
        changes = {
            number: [e for e in made if e.cost <= _COST][:_EACH]
            for number, made in self._trials.changes(state, slots).items()
        }
        numbers = sorted(changes, key=lambda n: slots[n].position)
        order = [
            ((a, i), (b, j))
            for k, a in enumerate(numbers)
            for b in numbers[k + 1 :]
            for i in range(len(changes[a]))
            for j in range(len(changes[b]))
        ]
        costs = {two: sum(changes[n][w].cost for n, w in two) for two in order}
        order = sorted((two for two in order if costs[two] <= most), key=costs.__getitem__)
        tried = min(_PAIRS, _VALUES // max(len(self._evidence.traces[0].events), 1))
        for found in self._healing(state, changes, order[:tried]):
            made = self._both(state, slots, changes, found)
            if made is not None:
                return made
        return None

    def value_and_change(
        self, state: State, findings: Sequence[Finding], most: float
    ) -> tuple[tuple[Finding, list[Array]], Winner] | None:
        """Return a multiple of an adjoint with that adjoint, and a change that heals the rest."""
        multiples = [(f, v) for f in findings if (v := self._without_factor(f)) is not None]
        for finding, values in multiples[:_MULTIPLES]:
            after = self._runs.with_values(state, finding.slot, values)
            others = [f for f in findings if f.slot.statement != finding.slot.statement]
            made = self._trials.winners(after, others, after.unhealed, "") if after.unhealed else []
            best = min(made, key=lambda one: one.edit.cost - one.explained, default=None)
            if best is not None and best.edit.cost <= most:
                return (finding, values), best
        return None

    def _without_factor(self, finding: Finding) -> list[Array] | None:
        """Return, per case, the adjoint of which a value is a multiple."""
        if finding.meaning != "scaled":
            return None
        for one in self._judge.candidates.every:
            if one.label == finding.node and all(
                a.value.size == g.size and ratio_of(np.reshape(g, a.value.shape), a.value)
                for a, g in zip(one.adjoints, finding.got, strict=False)
            ):
                return [
                    a.value.reshape(g.shape)
                    for a, g in zip(one.adjoints, finding.got, strict=False)
                ]
        return None

    def _healing(
        self,
        state: State,
        changes: dict[int, list[Edit]],
        order: Sequence[tuple[tuple[int, int], tuple[int, int]]],
    ) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        """Return the pairs that heal the first case, the first few of them."""
        nodes = {number: [e.tree for e in made] for number, made in changes.items()}
        found: list[tuple[tuple[int, int], tuple[int, int]]] = []
        for start, end in itertools.pairwise(_BATCHES):
            batch = order[start:end]
            if len(found) > 8 or not batch or self._evidence.session.budget.over():
                break
            variants = [[*state.choices, *[[n, w + 1] for n, w in two]] for two in batch]
            job = {"kind": "variants", "record": False, "variants": variants}
            [answer] = self._runs.answers(state, [job], nodes)
            if "error" in answer:
                break
            found += [
                two
                for two, run in zip(batch, answer["runs"], strict=True)
                if "error" not in run and self._runs.reached(read_trace(run), state.unhealed)
            ]
        return found

    def _both(
        self,
        state: State,
        slots: dict[int, Slot],
        changes: dict[int, list[Edit]],
        two: tuple[tuple[int, int], tuple[int, int]],
    ) -> tuple[Winner, Winner] | None:
        fixed = {**state.fixed, **{n: changes[n][w].tree for n, w in two}}
        after = self._runs.state(state.actions, fixed)
        if not state.unhealed <= after.right:
            return None
        made = []
        for number, which in two:
            slot = slots[number]
            values = tuple(
                None if trace is None else trace.at(slot.at(k))
                for k, trace in enumerate(after.traces)
            )
            known = tuple(v for v in values if v is not None)
            if len(known) < len(values):
                return None
            made.append(Winner(slot, changes[number][which], known, len(after.right), 0.0, 0.0))
        return made[0], made[1]
