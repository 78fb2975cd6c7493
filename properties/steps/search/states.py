"""A run of the backward with some of its steps put right, and what is right in it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..evidence.adjoints import agree
from ..evidence.findings import Finding, Slot
from ..evidence.gather import Trace
from ..evidence.judge import Judge
from ..values import Array

__all__ = ["Runs", "State"]


@dataclass(slots=True)
class State:
    """What is put right so far, and what was seen with it.

    actions : per case, the values that are put in the place of others.
    fixed : statements that stand in for others, by number.
    right, wrong : what keeps its promise: returned gradients and named steps.
    """

    actions: list[list[list[Any]]]
    fixed: Mapping[int, ast.stmt]
    traces: list[Trace | None]
    findings: list[Finding] = field(default_factory=list)
    right: frozenset[str] = frozenset()
    wrong: frozenset[str] = frozenset()

    @property
    def alternatives(self) -> dict[int, list[ast.stmt]]:
        """The statements that stand in for others, as a request wants them."""
        return {number: [node] for number, node in self.fixed.items()}

    @property
    def choices(self) -> list[list[int]]:
        """Which alternatives run."""
        return [[number, 1] for number in self.fixed]

    def spoils(self, before: State) -> bool:
        """Whether a returned gradient that was right is so no more, or is not returned."""
        return any(i.startswith("returned") for i in before.right - self.right)

    @property
    def unhealed(self) -> frozenset[str]:
        """The returned gradients that are wrong."""
        return frozenset(item for item in self.wrong if item.startswith("returned"))


class Runs:
    """Runs the backward with some values and statements replaced, and judges what comes of it.

    Attributes
    ----------
    first : the backward as it is.
    """

    def __init__(self, judge: Judge) -> None:
        self.judge, self.evidence = judge, judge.evidence
        self.first = self._as_it_is()

    def _as_it_is(self) -> State:
        return self.state([[] for _ in self.evidence.cases], {}, self.evidence.traces)

    def again(self) -> State:
        """Judge the first run anew, with what is known by now."""
        self.first = self._as_it_is()
        return self.first

    def state(
        self,
        actions: Sequence[Sequence[list[Any]]],
        fixed: Mapping[int, ast.stmt],
        traces: Sequence[Trace | None] | None = None,
    ) -> State:
        """Run with some values and statements replaced, and judge."""
        made = State([list(mine) for mine in actions], fixed, [])
        if traces is None:
            traces = self.evidence.rerun(made.actions, made.choices, made.alternatives)
        made.traces = list(traces)
        made.findings = self.judge.judge(made.traces)
        made.right, made.wrong = self._items(made)
        return made

    def with_values(self, state: State, slot: Slot, values: Sequence[Array]) -> State:
        """Run with a value of a step replaced."""
        one = [[[*slot.at(k), "set", np.array(value)]] for k, value in enumerate(values)]
        return self.with_actions(state, one)

    def with_actions(self, state: State, actions: Sequence[Sequence[list[Any]]]) -> State:
        """Run with several values replaced, per case."""
        every = [[*mine, *more] for mine, more in zip(state.actions, actions, strict=True)]
        return self.state(every, state.fixed)

    def with_statement(self, state: State, number: int, node: ast.stmt) -> State:
        """Run with a statement replaced, in every turn of a loop and every call of a helper."""
        return self.state(state.actions, {**state.fixed, number: node})

    def answers(
        self,
        state: State,
        jobs: Sequence[Mapping[str, Any]],
        alternatives: Mapping[int, Sequence[ast.stmt]] | None = None,
        *,
        case: int = 0,
    ) -> list[dict[str, Any]]:
        """Run jobs on one case on top of what a state has put right."""
        common = {"case": self.evidence.cases[case].payload(), "actions": state.actions[case]}
        every = [{**common, "choices": state.choices, **job} for job in jobs]
        chosen = {**(alternatives or {}), **state.alternatives}
        return self.evidence.session.evaluate(every, alternatives=chosen)

    def reached(self, trace: Trace, goal: frozenset[str]) -> bool:
        """Whether all items of a goal are right in a run of the first case."""
        located = self.judge.located
        for place, leaf in located.inputs.items():
            if returned_item(place, leaf) in goal:
                right, got = located.right_leaf(leaf), trace.gradients.get(place)
                if got is None or right is None or not agree(got, right.adjoints[0]):
                    return False
        for finding in self.first.findings:
            if finding.slot.key in goal:
                value = trace.at(finding.slot.place)
                if (
                    value is None
                    or value.dtype.kind != "f"
                    or not any(agree(value, c.adjoints[0]) for c in self.judge.named(finding.slot))
                ):
                    return False
        return True

    def _items(self, state: State) -> tuple[frozenset[str], frozenset[str]]:
        right: set[str] = set()
        wrong: set[str] = set()
        for place, leaf, fine in self.judge.returned(state.traces):
            lacks = any(t is not None and place not in t.gradients for t in state.traces)
            if fine is not None or lacks:
                (right if fine else wrong).add(returned_item(place, leaf))
        for finding in state.findings:
            if not finding.slot.final or finding.slot.returned:
                continue
            if finding.meaning == "mismatch":
                wrong.add(finding.slot.key)
            elif finding.kept:
                right.add(finding.slot.key)
        if all(trace is None for trace in state.traces):
            wrong.add("returned nothing")
        return frozenset(right), frozenset(wrong)


def returned_item(place: str, leaf: str) -> str:
    """What a returned gradient goes by where right and wrong ones are listed."""
    return f"returned {place} {leaf}"
