"""One search for all properties of a purpose; one of its own for each that disagrees."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from properties.checks import all_properties
from properties.commands.notebook import Functions
from properties.implementation import Call, Outcome
from properties.judge.mismatch import Kind
from properties.judge.plan import Cell, plan
from properties.judge.property import named
from properties.judge.search import judge_properties
from properties.judge.subject import prepare
from properties.judge.suite import judge
from properties.judge.verdict import Verdict
from properties.layers import ALL
from properties.spec.demands import Demands
from properties.spec.row import Purpose

QUICK = Demands(profile="quick")
RELU = next(row for row in ALL if row.name == "relu")
PROPERTIES = all_properties()


def forward(x: Any) -> Any:
    return np.maximum(x, 0.0), x


def backward(dout: Any, cache: Any) -> Any:
    return dout * (cache > 0.0)


class Counted(Functions):
    """The two functions, and how often they were asked for."""

    def __init__(self, f: Callable[..., Any], b: Callable[..., Any]) -> None:
        super().__init__({"relu_forward": f, "relu_backward": b}, list(RELU.functions))
        self.trips = 0

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        """Run the calls."""
        self.trips += 1
        return super().run(calls)


def cell(*names: str) -> Cell:
    return Cell(row="relu", purpose=Purpose.ORDINARY, properties=names)


def verdicts_of(f: Callable[..., Any], b: Callable[..., Any], *names: str) -> list[Verdict]:
    subject = prepare(RELU, Counted(f, b), QUICK)
    return judge([cell(*names)], subject, QUICK).verdicts


def test_every_property_keeps_its_own_count() -> None:
    names = ("backward_matches_reference", "linear_in_dout", "silent")
    found = verdicts_of(forward, backward, *names)
    assert [v.examples for v in found] == [25, 12, 5]
    assert {v.status for v in found} == {"pass"}


def test_properties_share_their_round_trips() -> None:
    names = [p.name for p in PROPERTIES if p.concerns(RELU) and p.purpose is Purpose.ORDINARY]
    code = Counted(forward, backward)
    subject = prepare(RELU, code, QUICK)
    code.trips = 0
    judge([cell(*names)], subject, QUICK)
    assert len(names) > 10
    assert code.trips <= 25


def test_what_is_wrong_is_made_small_and_the_rest_still_judged() -> None:
    def wrong(dout: Any, cache: Any) -> Any:
        return 2.0 * dout * (cache > 0.0)

    bad, good = verdicts_of(forward, wrong, "backward_matches_reference", "linear_in_dout")
    assert (bad.status, good.status) == ("fail", "pass")
    assert bad.case is not None
    assert bad.case.args["x"].size <= 2
    assert bad.disagreement is not None
    assert bad.disagreement.argument == "dx"


def test_what_fails_late_is_made_small_too() -> None:
    def wrong(dout: Any, cache: Any) -> Any:
        return dout * (cache > 0.0) * (2.0 if dout.ndim == 4 else 1.0)

    subject = prepare(RELU, Counted(forward, wrong), QUICK)
    judged = judge([cell("backward_matches_reference")], subject, QUICK)
    [found] = judged.verdicts
    assert not judged.broken
    assert found.case is not None
    assert found.case.args["x"].shape == (2, 3, 2, 2)
    assert np.count_nonzero(found.case.args["x"]) == 1
    assert found.examples > 1


def test_one_case_that_raises_does_not_hide_another_mistake() -> None:
    def picky(dout: Any, cache: Any) -> Any:
        if cache.ndim == 3:
            raise ValueError("no third axis")
        return 2.0 * dout * (cache > 0.0)

    [found] = verdicts_of(forward, picky, "backward_matches_reference")
    assert found.status == "fail"
    assert found.fault is not None
    assert "no third axis" in found.fault.message


def test_a_property_that_breaks_is_no_verdict_on_the_code() -> None:
    class Odd:
        spec = RELU
        implementation = Counted(forward, backward)

        def forget(self) -> None:
            """Nothing is kept."""

    found = Verdict(declared=named("silent"), layer="relu", functions=RELU.functions)
    judge_properties([found], Odd(), Demands(profile="quick", shrink=False))  # type: ignore[arg-type]
    assert found.status == "broken"
    assert "AttributeError" in found.broken


def test_cells_and_what_came_of_them_can_be_sent() -> None:
    subject = prepare(RELU, Counted(forward, lambda dout, cache: -dout), QUICK)
    cells = plan([RELU], PROPERTIES)
    judged = judge(pickle.loads(pickle.dumps(cells)), subject, QUICK)
    again = pickle.loads(pickle.dumps(judged))
    assert [(v.declared.name, v.status) for v in again.verdicts] == [
        (v.declared.name, v.status) for v in judged.verdicts
    ]
    assert any(v.status == "fail" for v in again.verdicts)


def test_what_can_meet_a_wrong_value_says_so() -> None:
    """What does not count may be left as it was drawn: it must never become what counts."""
    for declared in PROPERTIES:
        if declared.kind is Kind.ROBUSTNESS:
            text = inspect.getsource(declared.body)
            assert declared.convicts == ("Kind.CORRECTNESS" in text or "Kind.CONVENTION" in text)


def test_what_does_not_count_can_be_left_as_it_was_drawn() -> None:
    def refuses(x: Any) -> Any:
        if x.size == 0:
            raise ZeroDivisionError("nothing in it")
        return forward(x)

    empty = Cell(row="relu", purpose=Purpose.EMPTY, properties=("empty_batch",))
    trips = []
    for shrink_noted in (True, False):
        demands = Demands(profile="quick", shrink_noted=shrink_noted)
        counted = Counted(refuses, backward)
        subject = prepare(RELU, counted, demands)
        before = counted.trips
        [verdict] = judge([empty], subject, demands).verdicts
        assert verdict.status == "fail"
        trips.append(counted.trips - before)
    assert trips[1] < trips[0]
