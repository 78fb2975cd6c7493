"""What puts a wrong step right: a small change of a line, or another value of one before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ..evidence.findings import Finding
from ..values import Array
from .feeding import feeding
from .needed import Needed
from .origins import Origin, opposite
from .states import State
from .trials import Trials, Winner

__all__ = ["Repairs"]

_CERTAIN = 3.0


class Repairs:
    """Tries small changes and other values of the lines that may be wrong."""

    def __init__(self, trials: Trials) -> None:
        self._trials, self.runs = trials, trials.runs
        self.judge, self.evidence = trials.judge, trials.evidence
        self._needed = Needed(trials.runs)
        self._weight = 0.0

    def changed(self, state: State, best: Winner) -> Origin:
        """The mistake that a change puts right."""
        finding = next(f for f in state.findings if f.slot.place == best.slot.place)
        return Origin(best.slot, finding, finding.got, best.values, best.edit, (), True, 0.0)

    def loose(self, finding: Finding) -> bool:
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

    # small changes --------------------------------------------------------------------------
    def repaired(
        self,
        state: State,
        origin: Origin,
        suspects: Sequence[Finding],
        goal: frozenset[str],
        *,
        local: bool = True,
    ) -> Origin:
        """Try small changes of the wrong line and of the suspects before it.

        local : the right value of the wrong step is what is wanted; else all gradients are.
        """
        # A line that keeps no promise of its own name is not what makes everything right.
        own = [origin.finding] if local or origin.right is None else []
        tried = {f.slot.statement: f.slot for f in [*suspects, *own]}
        sizes = {f.slot.statement for f in suspects if f.meaning == "size"}
        winners = [
            one
            for one in self._trials.winners(state, [*suspects, *own], goal, origin.slot.key)
            if one.slot.statement not in sizes or not all(np.all(v == 1) for v in one.values)
        ]
        suspects = [f for f in suspects if f.meaning != "size"]  # a length is right as it is
        copies = {n for n in tried if self._trials.copies(n)}
        ranks = {
            f.slot.statement: 0.0 if f.slot.statement in copies else f.weight for f in suspects
        }
        if not winners:
            return self._solved(state, origin, suspects, goal, local=local)

        got = {f.slot.statement: f.got for f in suspects}

        def key(winner: Winner) -> tuple[float, ...]:
            mine = winner.slot.statement == origin.slot.statement
            better = mine or winner.rank > ranks.get(winner.slot.statement, 0.0)
            # A line whose value means something is less likely to be the wrong one.
            known = 0.3 + ranks.get(winner.slot.statement, 0.0)
            if opposite(winner.values, got.get(winner.slot.statement, ())):
                known = max(known - winner.rank, 0.3)  # either sign says as much
            cost = winner.edit.cost + (0 if better else known)
            if winner.slot.statement in copies:
                cost -= 1  # a line that only copies is seldom written
            return (-winner.right, cost - winner.explained, not mine, winner.slot.position)

        best = min(winners, key=key)
        if best.slot.statement == origin.slot.statement:
            return replace(origin, edit=best.edit, heals=True, doubt=0.0)
        return self.changed(state, best)

    # the value that is needed ----------------------------------------------------------------
    def _solved(
        self,
        state: State,
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
        if (origin.right is None and local) or self.evidence.session.budget.over():
            return origin
        for suspect in self._weak(state, origin):
            named = self.judge.named(suspect.slot)
            wanted = [c.value for c in named[-1].adjoints] if named else []
            if wanted and all(w.shape == g.shape for w, g in zip(wanted, suspect.got, strict=True)):
                found = self._with_value(state, suspect, wanted, goal)
                if found is not None:
                    return found
        if not local:
            # Further down, some value always makes everything right; that says nothing.
            suspects = [s for s in suspects if s.slot.position < origin.slot.position]
        for suspect in suspects:
            for values in self._needed.adjoints(state, suspect, goal):
                found = self._with_value(state, suspect, values, goal)
                if found is not None and self._weight == _CERTAIN:
                    return found
        multiple: Origin | None = None
        lengths = [name for name, n in self.evidence.cases[0].sizes.items() if n > 1]
        for suspect, times in [(s, name) for s in suspects for name in lengths]:
            for values in self._needed.adjoints(state, suspect, goal, times):
                multiple = multiple or self._with_value(state, suspect, values, goal)
            if multiple is not None or self.evidence.session.budget.over():
                return multiple or origin
        for suspect in suspects:
            if any(g.dtype.kind != "f" or not 0 < g.size <= 40 for g in suspect.got):
                continue
            needed = self._needed.value(state, origin if local else None, suspect)
            if needed is None:
                continue
            found = self._with_value(state, suspect, needed, goal)
            if found is not None and self._weight == _CERTAIN:
                return found
            multiple = found or multiple
        return multiple or origin

    def _weak(self, state: State, origin: Origin) -> Iterator[Finding]:
        """Steps that hold only part of the adjoint that their name promises."""
        feeds = feeding(self.evidence, origin.slot)
        for finding in state.findings:
            if finding.slot.final and finding.slot.statement in feeds and self.loose(finding):
                yield finding

    def _with_value(
        self, state: State, suspect: Finding, values: Sequence[Array], goal: frozenset[str]
    ) -> Origin | None:
        """Put a value in the place of a suspect; None when it heals too little or means nothing."""
        values = self._needed.snapped(values)
        after = self.runs.with_values(state, suspect.slot, values)
        if not goal <= after.right or after.spoils(state):
            return None
        now = next((f for f in after.findings if f.slot.place == suspect.slot.place), None)
        if now is None:
            return None
        # Another value of the forward, to the last digit, is no accident.
        better = now.weight > suspect.weight or now.meaning == suspect.meaning == "value"
        if not better and now.wanted is None:
            return None
        self._weight = now.weight
        doubt = 0.0 if now.kept else 2.0 if now.weight == _CERTAIN else 4.0
        return Origin(suspect.slot, suspect, suspect.got, tuple(values), None, (), True, doubt)
