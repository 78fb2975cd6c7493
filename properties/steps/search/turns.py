"""Steps in loops: which turn is wrong first, and what would be right in all of them."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence.adjoints import agree
from ..evidence.findings import Candidate, Finding, Slot
from ..evidence.gather import Event
from ..evidence.judge import Judge
from .origins import Actions

__all__ = ["first_wrong", "in_all_turns"]


def _occurrences(judge: Judge, slot: Slot, case: int) -> list[Event]:
    """The values of a step in all turns, in the order of the run."""
    trace = judge.evidence.traces[case]
    key = trace.key(slot.at(case))
    return [e for e in trace.events if e.place[:2] == slot.place[:2] and e.key == key]


def _turns(judge: Judge, finding: Finding) -> tuple[list[Candidate], list[Candidate]]:
    """Values of the name that a step promises, and those of them that one loop assigned."""
    named = judge.named(finding.slot)
    turns = [c for c in named if c.place[:2] == named[-1].place[:2]]
    return named, sorted(turns, key=lambda one: one.place[2])


def first_wrong(judge: Judge, finding: Finding) -> int:
    """Return where in the run a step is wrong first: what goes wrong in a later turn only is a
    consequence of something before it."""
    named, turns = _turns(judge, finding)
    trace, events = judge.evidence.traces[0], _occurrences(judge, finding.slot, 0)
    order = {event.place: position for position, event in enumerate(trace.events)}
    for event in events if len(events) == len(turns) else ():  # no sum over the turns
        if not any(agree(event.value, one.adjoints[0]) for one in named):
            return order[event.place]
    return finding.slot.position


def in_all_turns(judge: Judge, finding: Finding) -> Iterator[Actions]:
    """Yield what puts a step right in every turn of a loop: the last turn first, or in order."""
    _, turns = _turns(judge, finding)
    every = [_occurrences(judge, finding.slot, k) for k in range(len(judge.evidence.cases))]
    if len(turns) < 2 or any(len(events) != len(turns) for events in every):
        return
    for order in (turns[::-1], turns):
        fitting = all(
            one.adjoints[k].value.size == event.value.size
            for k, events in enumerate(every)
            for event, one in zip(events, order, strict=True)
        )
        if fitting:
            yield [
                [
                    [*event.place, "set", one.adjoints[k].value.reshape(event.value.shape)]
                    for event, one in zip(events, order, strict=True)
                ]
                for k, events in enumerate(every)
            ]
