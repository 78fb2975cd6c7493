"""The clock of the code: its turns count, and what the judge does between them does not."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from properties.commands.isolating import with_clock
from properties.commands.job import Job
from properties.implementation import Call, client, resolve_target
from properties.implementation.client import InChildProcess
from properties.implementation.limits import Limits
from properties.implementation.tasks import Tasks
from properties.implementation.turn import OVER, Turn
from properties.spec.demands import Demands

CODE = """
import os
import sys
import time
def one(x): return 1.0
def sleeps(x): time.sleep(60)
"""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    file = tmp_path / "layers.py"
    file.write_text(CODE)
    return file


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that pass beside those of the machine."""
    more = [0.0]
    slow = SimpleNamespace(monotonic=lambda: time.monotonic() + more[0])
    monkeypatch.setattr(client, "time", slow)
    return more


def opened(file: Path, limits: Limits) -> InChildProcess:
    return InChildProcess(resolve_target(str(file)), ["one", "sleeps"], limits)


def test_what_passes_between_two_turns_is_not_the_code_s(target: Path, passed: list[float]) -> None:
    with opened(target, Limits(turn_seconds=50.0)) as code:
        assert code.run([Call("one", (0.0,))])[0].ok
        passed[0] += 1_000.0  # the judge thinks, or another process has the processor
        assert code.run([Call("one", (0.0,))])[0].ok


def test_all_that_passes_counts_for_the_end_of_the_run(target: Path, passed: list[float]) -> None:
    with opened(target, Limits(turn_seconds=50.0, until=time.monotonic() + 500.0)) as code:
        assert code.run([Call("one", (0.0,))])[0].ok
        passed[0] += 1_000.0
        [outcome] = code.run([Call("one", (0.0,))])
    assert (outcome.status, outcome.message) == ("timeout", OVER)


def test_code_that_sleeps_has_its_turn_all_the_same(target: Path) -> None:
    with opened(target, Limits(turn_seconds=3.0)) as code:
        outcomes = code.run([Call("sleeps", (0.0,)), Call("one", (0.0,))])
        again = code.run([Call("one", (0.0,))])
    assert [(o.status, o.message) for o in (*outcomes, *again)] == [("timeout", OVER)] * 3


@pytest.mark.parametrize(("asked", "whole"), [(7.0, 7.0), (None, 3 * (60 + 2 * 20))])
def test_the_clock_that_is_asked_for_is_the_whole_run_s(
    target: Path, asked: float | None, whole: float
) -> None:
    job = Job(target=str(target), demands=Demands(profile="quick"))
    with opened(target, Limits()) as code:
        started = time.monotonic()
        job = with_clock(job, code, started, asked)
        assert code.limits.until - started == pytest.approx(whole, abs=5.0)
        assert code.limits.turn_seconds == (float("inf") if asked else 60 + 2 * 20)


def looked(turn: Turn, moments: list[tuple[float, float, bool]]) -> list[str]:
    """What a turn says at moments: seconds since the last, of them without a processor, a step."""
    said, now = [], turn._seen
    for passed, waited, moved in moments:
        now += passed
        said.append(turn.look(now, waited, moved=moved))
    return said


def test_a_turn_counts_what_the_code_had_of_the_processor_or_slept() -> None:
    def turn(until: float = float("inf")) -> Turn:
        return Turn(seconds=2.0, total=5.0, until=until)

    late = "still running after 2 s"
    assert looked(turn(), [(0.5, 0.0, False)] * 5) == [""] * 4 + [late]
    assert looked(turn(), [(0.6, 0.4, False)] * 9) == [""] * 9
    assert looked(turn(), [(0.5, 0.5, False)] * 22)[-1] == late  # threads of its own, in its way
    assert looked(turn(), [(600.0, 0.0, False)]) == [""]  # the machine slept
    assert looked(turn(), [(0.5, 0.0, True)] * 11) == [""] * 10 + [late]
    assert looked(turn(until=0.0), [(0.5, 0.5, True)]) == [OVER]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_how_long_a_process_had_no_processor_is_read() -> None:
    waited = Tasks(os.getpid(), 1).waited()
    assert 0.0 <= waited < 1e6
    assert Tasks(2**22 + 1, 1).waited() == 0.0
