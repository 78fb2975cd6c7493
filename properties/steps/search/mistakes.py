"""From wrong values to mistakes: the first wrong line, then what is still wrong when it is right.

A name that does not hold what it promises is only a hint: names are used loosely. It counts when
a returned gradient is wrong and putting the right value in its place heals something that comes
after it. Lines before it whose values are known to nobody are tried as well, by small changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..evidence.findings import Finding
from ..evidence.judge import Judge
from .blame import Blame
from .doubles import Doubles
from .feeding import feeding
from .origins import Actions, Origin, put_right, shaped
from .repairs import Repairs
from .states import Runs, State
from .trials import Trials, Winner
from .turns import first_wrong, in_all_turns

__all__ = ["Origin", "Search"]

_ROUNDS = 5
_FAR_FETCHED = 3.0


class Search:
    """Finds the independent mistakes of one backward.

    Attributes
    ----------
    last : the backward with all the mistakes that were found put right.
    """

    def __init__(self, judge: Judge, *, repair: bool = True) -> None:
        self.judge, self.evidence, self.repair = judge, judge.evidence, repair
        self.runs = Runs(judge)
        self.last = self.runs.first
        self._trials = Trials(self.runs)
        self._doubles = Doubles(self._trials)
        self._repairs = Repairs(self._trials)

    # the rounds -----------------------------------------------------------------------------
    def run(self) -> list[Origin]:
        """Return the mistakes in the order of the backward."""
        state, over = self.runs.first, self.evidence.session.budget.over
        if state.unhealed and self.repair and not over():
            # What is known of a value must not change in the middle of a comparison.
            self.judge.candidates.deepen()
            state = self.runs.again()
        found: list[Origin] = []
        for _ in range(_ROUNDS):
            if not state.unhealed or (found and over()):
                break
            origin = self._locate(state, {o.slot.place for o in found})
            if origin is None:
                break
            two = self._instead(state, origin)
            if two is not None:
                for one in two:
                    found.append(one)
                    state = self._healed(state, one)
                continue
            if all(o.slot.line != origin.slot.line for o in found):
                found.append(origin)
            if origin.right is None:
                break
            before, state = state, self._healed(state, origin)
            if state.wrong == before.wrong and state.right == before.right:
                if len(found) > 1 and not origin.heals:
                    found.pop()
                break
        self.last = state
        # Where a statement is replaced, later steps have other numbers.
        order = {f.slot.place: f.slot.position for f in self.runs.first.findings}
        necessary = self._necessary(found, state)
        found = sorted(necessary, key=lambda o: order.get(o.slot.place, o.slot.position))
        blame = Blame(self.judge)
        found = [one for one in found if one is found[0] or not blame.taken_later(found[0], one)]
        return [blame.settled(one, is_first=one is found[0]) for one in found]

    def _healed(self, state: State, origin: Origin) -> State:
        """Put a mistake right."""
        if origin.edit is not None:
            return self.runs.with_statement(state, origin.slot.statement, origin.edit.tree)
        if origin.actions is not None:
            return self.runs.with_actions(state, origin.actions)
        assert origin.right is not None
        return self.runs.with_values(state, origin.slot, origin.right)

    def _instead(self, state: State, origin: Origin) -> list[Origin] | None:
        """What is likelier than a doubtful mistake: a part that is missing, or two mistakes."""
        if not self.repair or not origin.doubt or self.evidence.session.budget.over():
            return None
        partial = self._lacking(state, origin)
        if partial is not None:
            return [self._repairs.changed(state, partial)]
        feeders = self._feeders(state, origin)
        two = self._doubles.two(state, feeders, origin.doubt)
        if two is not None:
            return [self._repairs.changed(state, one) for one in two]
        pair = self._doubles.value_and_change(state, feeders, origin.doubt)
        if pair is None:
            return None
        (multiple, values), one = pair
        return [put_right(multiple, values), self._repairs.changed(state, one)]

    def _necessary(self, found: list[Origin], last: State) -> list[Origin]:
        """Leave out what heals nothing, when all is right without it: a name that is used loosely.

        A returned gradient that is right is never blamed, nor a local derivative for its name.
        """
        if last.unhealed or len(found) < 2:
            return found
        for one in [o for o in found if not o.heals]:
            state = self.runs.first
            for other in found:
                if other is not one:
                    state = self._healed(state, other)
            if not state.unhealed:
                found = [o for o in found if o is not one]
        return found

    # one round ------------------------------------------------------------------------------
    def _locate(self, state: State, done: set[Any]) -> Origin | None:
        hints = [
            f
            for f in state.findings
            if f.wanted is not None
            and (f.meaning == "mismatch" or self._repairs.loose(f))
            and f.slot.place not in done
            and len(f.wanted) == len(self.evidence.cases)
            and not self._doubled(f, state.findings)
        ]
        quiet: list[tuple[Finding, State]] = []
        spoiling: list[tuple[Finding, State]] = []
        told: Origin | None = None
        for hint in sorted(hints, key=lambda one: first_wrong(self.judge, one)):
            after, actions = self._put_right(state, hint)
            healed = (after.right - state.right) - {hint.slot.key}
            if after.spoils(state):
                # It spoils a gradient that is right: the name is used loosely.
                spoiling += [(hint, after)] if hint.meaning == "mismatch" else []
            elif healed and not self._may_be_loose(hint, healed):
                told = replace(self._explained(state, hint, healed, after), actions=actions)
                # One small change of that line is enough: nothing before it need be wrong.
                if not quiet or not self.repair or told.edit is not None:
                    return told
                break
            elif hint.meaning == "mismatch":
                quiet.append((hint, after))
                if hint.slot.returned:
                    break
        for hint, _ in quiet:
            if self.repair and not hint.local and not self.judge.promise(hint.slot):
                hidden = self._hidden(state, hint)
                if hidden is not None:
                    return hidden
        # What heals nothing is blamed only after everything else was tried.
        if told is None and quiet and not self.evidence.session.budget.over():
            told = self._explained(state, quiet[0][0], frozenset(), quiet[0][1])
        if told is not None:
            return told
        unnamed = self._unnamed(state)
        if spoiling and (unnamed is None or unnamed.edit is None):
            named = self._explained(state, spoiling[0][0], frozenset(), spoiling[0][1])
            return named if named.edit is not None else unnamed
        return unnamed

    def _put_right(self, state: State, hint: Finding) -> tuple[State, Actions | None]:
        """Run with the right value in the place of a wrong one; in a loop, if need be, each turn.

        Returns
        -------
        What comes of it, and the values of all turns where they heal more than that of the last.
        """
        best = self.runs.with_values(state, hint.slot, shaped(hint.wanted or (), hint.got))
        found: Actions | None = None
        if best.unhealed == state.unhealed:
            for actions in in_all_turns(self.judge, hint):
                after = self.runs.with_actions(state, actions)
                if len(after.unhealed) < len(best.unhealed):
                    best, found = after, actions
        return best, found

    def _may_be_loose(self, hint: Finding, healed: frozenset[str]) -> bool:
        """Whether a step is a multiple by habit: the mean is taken later, gradient by gradient.

        Putting it right then makes other names right, but no returned gradient.
        """
        multiple = "× the adjoint" in hint.reason
        return multiple and not any(item.startswith("returned") for item in healed)

    def _explained(
        self, state: State, hint: Finding, healed: frozenset[str], after: State
    ) -> Origin:
        """The mistake behind a wrong step: its own line, one before it, or one for everything."""
        assert hint.wanted is not None
        suspects = self._suspects(state, hint)
        origin = Origin(
            hint.slot,
            hint,
            hint.got,
            tuple(shaped(hint.wanted, hint.got)),
            None,
            tuple(s.slot.line for s in suspects),
            bool(healed),
        )
        if not self.repair:
            return origin
        everything = state.unhealed
        if not everything <= after.right:
            whole = self._whole(state, origin, everything)
            if whole is not None:
                return whole
        goal = healed | {hint.slot.key}
        goal = frozenset(item for item in goal if item in after.right or item in state.wrong)
        if hint.slot.returned:
            goal = frozenset(i for i in after.right - state.right)
        return self._repairs.repaired(state, origin, suspects, goal)

    def _hidden(self, state: State, hint: Finding) -> Origin | None:
        """A wrong step that heals nothing: a mistake that another one further down hides?

        It is one when no single line heals everything, and a small change of its own line gives
        it the right value, or its value is no mere multiple of anything.
        """
        assert hint.wanted is not None
        origin = Origin(
            hint.slot, hint, hint.got, tuple(shaped(hint.wanted, hint.got)), None, (), False
        )
        everything = state.unhealed
        whole = self._whole(state, origin, everything)
        if whole is not None and (whole.edit is None or whole.edit.cost < _FAR_FETCHED):
            return whole
        own = frozenset({hint.slot.key})
        fixed = self._repairs.repaired(state, origin, self._suspects(state, hint), own)
        if whole is not None:
            return fixed if fixed.edit is not None and fixed.edit.cost <= 1 else whole
        if fixed.edit is not None or fixed.slot != hint.slot:
            return fixed
        if "× the adjoint" in hint.reason or self.evidence.session.budget.over():
            return None
        return origin

    def _lacking(self, state: State, origin: Origin) -> Winner | None:
        """A step that holds a part of an adjoint: is it the other part that is missing?"""
        feeders = self._feeders(state, origin, sure=True)
        parts = [f for f in feeders if f.meaning == "part" and not f.kept]
        made = self._trials.winners(state, parts, state.unhealed, "") if parts else []
        return min(made, key=lambda one: one.edit.cost - one.explained, default=None)

    def _feeders(self, state: State, origin: Origin, *, sure: bool = False) -> list[Finding]:
        """Steps that feed wrong gradients and are not known to be right, or all of them."""
        wrong = {item.split()[-1] for item in state.unhealed}
        feeds: set[int] = {origin.slot.statement}
        for finding in state.findings:
            if finding.slot.final and self.judge.promise(finding.slot) in wrong:
                feeds |= {finding.slot.statement} | feeding(self.evidence, finding.slot)
        return [
            f
            for f in state.findings
            if f.slot.statement in feeds
            and (sure or not self._sure(f))
            and not self._doubled(f, state.findings)
        ]

    def _whole(self, state: State, origin: Origin, goal: frozenset[str]) -> Origin | None:
        """The wrong step heals only a part: is there one line that heals everything?"""
        steps = [f for f in self._feeders(state, origin) if f.slot.place != origin.slot.place]
        best = self._repairs.repaired(state, origin, steps, goal, local=False)
        return best if best is not origin else None

    def _doubled(self, finding: Finding, findings: Sequence[Finding]) -> bool:
        """Whether a returned value is a variable that is a step already."""
        return bool(finding.slot.returned) and any(
            f.slot.name == finding.slot.name
            and f.slot.function == finding.slot.function
            and not f.slot.returned
            and (f.meaning == "mismatch" or finding.meaning != "mismatch")
            for f in findings
        )

    def _unnamed(self, state: State) -> Origin | None:
        """A returned gradient is wrong and no name says where: try small changes everywhere."""
        goal = state.unhealed
        wrong = {item.split()[-1] for item in goal}
        steps = [f for f in state.findings if not self._sure(f) or f.slot.returned]
        probes = self.evidence.probes  # what a loop runs over is no step
        steps = [f for f in steps if probes[int(f.slot.place[1])].kind != "loop"]
        ends = [f for f in state.findings if f.slot.final and self.judge.promise(f.slot) in wrong]
        if not steps and not ends:
            return None
        last = ends[0] if ends else steps[-1]
        feeds = feeding(self.evidence, last.slot)
        steps = [*[f for f in steps if f.slot.statement in feeds and f is not last], last]
        origin = Origin(
            last.slot, last, last.got, None, None, tuple(f.slot.line for f in steps[:-1]), False
        )
        found = self._repairs.repaired(state, origin, steps[:-1], goal)
        # A value that is known to be an adjoint is not wrong because nothing else can be told.
        return None if found is origin and last.certain and not ends else found

    def _sure(self, finding: Finding) -> bool:
        """Whether a value is right: what only repeats another adjoint may lack a term.

        The forward's own lines, and its own values under their names, are what is differentiated.
        """
        pair = self.evidence.subject.pair
        if pair.backward is not None and finding.slot.function == pair.forward.name:
            return finding.slot.function != pair.backward.name
        located = self.judge.located.inputs
        if located.get(finding.slot.name) == finding.slot.name.removeprefix("self."):
            return not any(i.split()[-2:-1] == [finding.slot.name] for i in self.runs.first.wrong)
        kept = finding.kept or finding.meaning == "value"
        return finding.certain and (kept or not self._trials.copies(finding.slot.statement))

    def _suspects(self, state: State, hint: Finding) -> list[Finding]:
        """Steps before a wrong one that feed it and whose values nobody knows."""
        feeds = feeding(self.evidence, hint.slot)
        whole = {
            f.slot.statement for f in state.findings if f.slot.final and f.meaning == "adjoint"
        }
        return [
            f
            for f in state.findings
            if f.slot.position < hint.slot.position
            and not (f.meaning == "unfinished" and f.slot.statement in whole)
            and f.slot.statement in feeds
            and not self._sure(f)
            and f.slot.statement != hint.slot.statement
            and not (f.meaning == "mismatch" and f.wanted is None)
        ]
