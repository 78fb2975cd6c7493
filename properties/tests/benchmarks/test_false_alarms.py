"""The false-alarm bench runs, repeats itself, and sees an alarm where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.benchmarks import false_alarms
from properties.tests.slow import slow

VARIANTS = Path(__file__).parents[1] / "homework" / "variants"


@slow
def test_bundled_has_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "runs")
    assert false_alarms.main(["--examples", "60", "--only", "relu", "--save", file]) == 0
    assert false_alarms.main(["--total", file]) == 0
    assert "0 false alarms" in capsys.readouterr().out


def test_counts_what_a_wrong_function_gets() -> None:
    """``nikos`` gates on the upstream: an alarm if one takes relu_backward to be right."""
    target = str(VARIANTS / "nikos")
    right = frozenset({"relu_forward", "relu_backward"})
    cell = "relu:backward_matches_reference"
    count = false_alarms.run(target, examples=20, seed=0, right=right, only=cell)
    assert {alarm.function for alarm in count.alarms} == {"relu_backward"}
    known = false_alarms.run(target, examples=20, seed=0, right=frozenset({"relu_forward"}))
    assert known.alarms == []
    first = count.alarms[0]
    again = false_alarms.run(target, examples=1, seed=0, start=first.number, right=right, only=cell)
    assert [alarm.sentence for alarm in again.alarms] == [first.sentence]
