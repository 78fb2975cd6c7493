"""Round trips: what is asked twice is run once, and references follow their calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from properties.implementation import Call, Laid, Outcome, Ref
from properties.implementation.child.values import PROGRESS
from properties.judge import asking
from properties.judge.asking import Ask, Questions, moved, now, round_trip


class Echo:
    """Answers a call with its own function's name and place."""

    def __init__(self) -> None:
        self.trips: list[list[Call]] = []

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        """One outcome a call."""
        self.trips.append(list(calls))
        return [Outcome("ok", (call.function,)) for call in calls]


def names(outcomes: list[list[Outcome]]) -> list[list[Any]]:
    return [[outcome.outputs[0] for outcome in some] for some in outcomes]


def test_equal_keys_are_run_once() -> None:
    echo = Echo()
    asks = [
        Ask((Call("f"), Call("g")), key="a"),
        Ask((Call("h"),)),
        Ask((Call("f"), Call("g")), key="a"),
    ]
    found = round_trip(echo, asks)  # type: ignore[arg-type]
    assert names(found) == [["f", "g"], ["h"], ["f", "g"]]
    assert [call.function for call in echo.trips[0]] == ["f", "g", "h"]


def test_no_key_equals_nothing() -> None:
    echo = Echo()
    round_trip(echo, [Ask((Call("f"),)), Ask((Call("f"),))])  # type: ignore[arg-type]
    assert len(echo.trips[0]) == 2


def test_references_count_from_the_first_call_of_their_ask() -> None:
    echo = Echo()
    pair = (Call("f"), Call("b", (1.0, Ref(0, 1))))
    round_trip(echo, [Ask(pair), Ask(pair)])  # type: ignore[arg-type]
    assert echo.trips[0][3].args[1] == Ref(2, 1)


def test_references_move_in_keywords_and_containers() -> None:
    call = Call("f", ((Ref(0), {"c": Ref(1)}),), {"cache": Ref(2), "x": Laid(3)})  # type: ignore[arg-type]
    after = moved(call, 4)
    assert after.args == ((Ref(4), {"c": Ref(5)}),)
    assert after.kwargs["cache"] == Ref(6)


def test_many_calls_take_several_trips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_AT_ONCE", 3)
    echo = Echo()
    asks = [Ask((Call(f"f{i}"), Call(f"g{i}"))) for i in range(4)]
    found = round_trip(echo, asks)  # type: ignore[arg-type]
    assert names(found) == [[f"f{i}", f"g{i}"] for i in range(4)]
    assert [len(trip) for trip in echo.trips] == [2, 2, 2, 2]


def test_a_coroutine_alone_is_resumed_to_its_end() -> None:
    def questions() -> Questions[int]:
        [first] = yield [Ask((Call("f"),))]
        [second, third] = yield [Ask((Call("g"),)), Ask((Call("h"),))]
        return len([*first, *second, *third])

    assert now(Echo(), questions()) == 3  # type: ignore[arg-type]


def test_the_progress_of_a_round_trip_fits_into_a_pipe() -> None:
    assert (asking._AT_ONCE + 2) * PROGRESS.size <= 1 << 16
