"""Where nothing heals: which line is to blame for a wrong step whose own line may be right.

A step that no small change puts right is fed by lines whose values nobody knows. Three things tell
which of them it is: a sum that is complete and lacks a division, the first value in the run that is
the adjoint of nothing while all before it are known, and what else the other lines feed.
"""

from __future__ import annotations

import ast
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ...diagnosis.relations import constant_origin, ratio_of
from ..evidence.findings import Finding, Slot
from ..evidence.gather import Evidence
from ..evidence.judge import Judge
from ..rewrite.instrument import functions_of
from ..rewrite.probes import Statement
from ..values import Array
from .feeding import feeding
from .origins import Origin

__all__ = ["Blame"]

_SECONDS = 0.7  # to measure every turn of a loop in one case


class Blame:
    """Says of a mistake that nothing puts right which line it is."""

    def __init__(self, judge: Judge) -> None:
        self._judge, self._evidence = judge, judge.evidence

    def settled(self, origin: Origin, *, is_first: bool) -> Origin:
        """Return the mistake at the line that is to blame, the same where nothing tells."""
        divided = self._undivided(origin)
        if divided is not None:
            return divided
        if origin.edit is None:
            origin = self._where_it_is_made(origin)
        if origin.edit is not None or not origin.suspects:
            return origin
        finding = (self._first_unknown(origin) if is_first else None) or self._left_over(origin)
        if finding is None:
            return origin
        return Origin(
            finding.slot, finding, finding.got, None, None, (), origin.heals, origin.doubt
        )

    # a value that is only handed on ------------------------------------------------------------
    def _where_it_is_made(self, origin: Origin) -> Origin:
        """``grads[k] = delta`` is as right as the line that gave ``delta`` its value."""
        statement = self._evidence.statements.get(origin.slot.statement)
        node = None if statement is None else statement.node
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Name):
            return origin
        if not isinstance(node.targets[0], ast.Subscript):
            return origin  # another name for a value is seldom given for nothing
        before = [
            slot
            for slot in self._judge.slots(self._evidence.traces[0])
            if slot.position < origin.slot.position
            and slot.name == node.value.id
            and slot.function == origin.slot.function
            and self._evidence.probes[int(slot.place[1])].kind == "assign"
        ]
        findings = self._judge.judge(self._evidence.traces, deep=False, every_turn=True)
        made = [f for f in findings if before and f.slot.place == before[-1].place]
        if not made:
            return origin
        last = made[-1]
        right = origin.right if not last.slot.places else None
        return replace(origin, slot=last.slot, finding=last, got=last.got, right=right)

    # a mean that is taken later ----------------------------------------------------------------
    def taken_later(self, first: Origin, other: Origin) -> bool:
        """Whether a line only divides by a length what the right value of another has divided.

        ``dz / n`` is right where ``dz`` is n times the adjoint, as it was meant to be.
        """
        if first.edit is not None or other.right is None or len(other.got) != len(other.right):
            return False
        ratios = [
            ratio_of(r.reshape(g.shape), g) if g.size == r.size else None
            for g, r in zip(other.got, other.right, strict=True)
        ]
        known = [r for r in ratios if r is not None]
        if len(known) < len(ratios) or all(abs(r - known[0]) < 1e-7 for r in known):
            return False  # a constant is no length
        return bool(constant_origin(known, [c.sizes for c in self._evidence.cases[: len(known)]]))

    # a division that is missing -----------------------------------------------------------------
    def _undivided(self, origin: Origin) -> Origin | None:
        """A sum over turns that is a length times what it should be: nothing divides it."""
        statement = self._evidence.statements.get(origin.slot.statement)
        if statement is None or origin.right is None or not self._is_built(origin.slot):
            return None
        length = self._times(origin.got, origin.right)
        following = self._following(statement) if length else None
        if following is None:
            return None
        name = origin.slot.name
        lacks = f"{name} = {name} / {length}"
        return replace(origin, edit=None, suspects=(), line=following, lacks=lacks)

    def _times(self, got: Sequence[Array], right: Sequence[Array]) -> str:
        """The length of which a value is a multiple; "" where it is of none."""
        cases = self._evidence.cases
        if len(got) != len(right) or any(g.size != r.size for g, r in zip(got, right, strict=True)):
            return ""
        ratios = [ratio_of(g.reshape(r.shape), r) for g, r in zip(got, right, strict=True)]
        known = [r for r in ratios if r is not None]
        if len(known) < len(ratios):
            return ""
        origin = constant_origin(known, [case.sizes for case in cases[: len(known)]]) or ""
        return origin if origin in cases[0].sizes else ""

    def _is_built(self, slot: Slot) -> bool:
        """Whether a value comes about in several steps: by turns, or entry by entry."""
        base = slot.name.partition("[")[0]
        every = self._evidence.statements.values()
        writers = [s for s in every if s.function == slot.function and base in s.writes]
        statement = self._evidence.statements[slot.statement]
        adds = isinstance(statement.node, ast.AugAssign) or base in statement.reads
        return adds and len(writers) > 1

    def _following(self, statement: Statement) -> int | None:
        """The line after a statement and the loops around it, in the judged function."""
        judged = self._evidence.subject.pair.judged
        tree = self._evidence.session.project.tree(judged.file)
        node = None if tree is None else functions_of(tree).get(judged.name)
        if node is None or statement.function != judged.name:
            return None
        return _after(node.body, statement.line)

    # the first value that nobody knows ----------------------------------------------------------
    def _first_unknown(self, origin: Origin) -> Finding | None:
        """The first step in loops that is the adjoint of nothing, of those that feed a mistake.

        Every turn of a loop is looked at, in one case: a step that holds a whole adjoint in one
        turn and a part of one in another is not known in the latter.
        """
        own = origin.slot.statement
        feeds = feeding(self._evidence, origin.slot) | {own}
        turns = Counter(event.place[:2] for event in self._evidence.traces[0].events)
        findings = [
            f
            for f in (self._in_every_turn() if self._is_carried(feeds) else ())
            if f.slot.statement in feeds and turns[f.slot.place[:2]] > 1 and self._computes(f.slot)
        ]
        whole = {f.slot.place[:2] for f in findings if f.meaning == "adjoint"}
        # Without any adjoint the loop carries something else, such as derivatives forward.
        for finding in findings if whole else ():
            partial = finding.meaning == "part" and finding.slot.place[:2] in whole
            if partial or finding.meaning in ("unknown", "mismatch", "unfinished"):
                return None if finding.slot.statement == own else finding
        return None

    def _in_every_turn(self) -> list[Finding]:
        old = self._evidence
        one = Evidence(old.session, old.subject, old.cases[:1], old.traces[:1])
        one.jacobians = old.jacobians[:1]
        one.sweep(("expr",), seconds=_SECONDS)
        judge = Judge(one)
        judge.candidates.deepen()
        return judge.judge(one.traces, every_turn=True)

    def _is_carried(self, numbers: set[int]) -> bool:
        """Whether a line reads what a later one computes: a loop hands it to its next turn.

        What a loop computes and nobody reads was to be handed on.
        """
        known = self._evidence.statements
        every = [known[n] for n in numbers if n in known]
        read = {name for one in known.values() for name in one.reads}
        turns = Counter(event.place[:2] for event in self._evidence.traces[0].events)
        probes = self._evidence.probes
        again = {probes[int(place[1])].statement for place, n in turns.items() if n > 1}
        unread = any(
            isinstance(known[n].node, ast.Assign) and set(known[n].writes) - read
            for n in again & set(known)
        )
        return unread or any(
            first.line < later.line
            and first.function == later.function
            and isinstance(later.node, ast.Assign)
            and (set(later.writes) - later.reads) & first.reads
            for first in every
            for later in every
        )

    def _computes(self, slot: Slot) -> bool:
        """Whether a value is whole once its statement has run, and is not merely read."""
        statement = self._evidence.statements.get(slot.statement)
        if statement is None or not isinstance(statement.node, ast.Assign):
            return False
        return not self._is_read(slot) and slot.name.partition("[")[0] not in statement.reads

    def _is_read(self, slot: Slot) -> bool:
        statement = self._evidence.statements.get(slot.statement)
        value = getattr(None if statement is None else statement.node, "value", None)
        return isinstance(value, (ast.Name, ast.Attribute, ast.Subscript))

    # what is left over --------------------------------------------------------------------------
    def _left_over(self, origin: Origin) -> Finding | None:
        """The one line before a mistake that feeds no gradient which is right."""
        findings = self._judge.judge(self._evidence.traces)
        right = {leaf for _, leaf, fine in self._judge.returned(self._evidence.traces) if fine}
        known: set[int] = set()
        for finding in findings:
            if self._judge.promise(finding.slot) in right:
                known |= {finding.slot.statement} | feeding(self._evidence, finding.slot)
        left = {
            f.slot.statement: f
            for f in findings
            if f.slot.line in origin.suspects
            and f.slot.statement not in known
            and f.meaning not in ("size", "value")
            and not self._is_read(f.slot)
        }
        return next(iter(left.values())) if known and len(left) == 1 else None


def _after(body: Sequence[ast.stmt], line: int) -> int | None:
    """The line of what follows a line in a body; of a loop, of what follows all of it."""
    for node, following in itertools.zip_longest(body, body[1:]):
        if not node.lineno <= line <= (node.end_lineno or node.lineno):
            continue
        if not isinstance(node, (ast.For, ast.While)):
            for part in ("body", "orelse"):
                inner = _after(getattr(node, part, []), line)
                if inner is not None:
                    return inner
        return None if following is None else following.lineno
    return None
