"""Two mistakes on one path: which two small changes make everything right together?"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from .edits import Edit
from .evidence import read_trace
from .findings import Finding, Slot
from .states import State
from .trials import Trying, Winner

__all__ = ["Doubling"]

# How many pairs are tried depends on how long one run is, in values, not on the clock.
_COST, _EACH, _PAIRS, _VALUES = 2.0, 60, 12_000, 2_000_000
_BATCHES = (0, 500, 2_500, 12_000)  # every batch is compiled anew


class Doubling(Trying):
    """The part of `Search` that tries two changes at once."""

    def two(
        self, state: State, findings: Sequence[Finding], most: float
    ) -> tuple[Winner, Winner] | None:
        """Return the two least far-fetched changes that heal all returned gradients.

        most : what both may cost together.
        """
        slots = {f.slot.statement: f.slot for f in findings}
        changes = {
            number: [e for e in made if e.cost <= _COST][:_EACH]
            for number, made in self.changes(state, slots).items()
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
        tried = min(_PAIRS, _VALUES // max(len(self.evidence.traces[0].events), 1))
        for found in self._healing(state, changes, order[:tried]):
            made = self._both(state, slots, changes, found)
            if made is not None:
                return made
        return None

    def _healing(
        self,
        state: State,
        changes: dict[int, list[Edit]],
        order: Sequence[tuple[tuple[int, int], tuple[int, int]]],
    ) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        """Return the pairs that heal the first case, the first few of them."""
        nodes = self.nodes(state, changes)
        found: list[tuple[tuple[int, int], tuple[int, int]]] = []
        for start, end in itertools.pairwise(_BATCHES):
            batch = order[start:end]
            if len(found) > 8 or not batch:
                break
            job = {
                "kind": "variants",
                "case": self.evidence.cases[0].payload(),
                "record": False,
                "actions": state.actions[0],
                "variants": [[*state.choices, *[[n, w + 1] for n, w in two]] for two in batch],
            }
            answer = self.evidence.session.evaluate([job], alternatives=nodes)[0]
            if "error" in answer:
                break
            found += [
                two
                for two, run in zip(batch, answer["runs"], strict=True)
                if "error" not in run and self.reached(read_trace(run), state.unhealed, 0)
            ]
        return found

    def _both(
        self,
        state: State,
        slots: dict[int, Slot],
        changes: dict[int, list[Edit]],
        two: tuple[tuple[int, int], tuple[int, int]],
    ) -> tuple[Winner, Winner] | None:
        fixed = {**state.fixed, **{n: changes[n][w].node for n, w in two}}
        after = self.state(state.actions, fixed)
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
