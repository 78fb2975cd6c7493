"""The timing benches run and add up; what they measure is not asserted."""

from __future__ import annotations

import pytest

from properties.benchmarks import gate, judge_cost
from properties.benchmarks.sampling import opened
from properties.tests.slow import slow


@slow
def test_parts_make_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["bundled", "--profile", "quick", "--only", "relu", "--no-command"]
    assert gate.main(arguments) == 0
    told = capsys.readouterr().out
    assert "| relu |" in told
    assert "| ordinary |" in told
    for spent in gate.measure("bundled", profile="quick", only=["relu"])[:3]:
        assert sum(spent.parts.values()) == pytest.approx(spent.seconds)
        assert spent.examples >= 5


def test_cost_of_a_verdict() -> None:
    suite = opened("bundled", in_process=True, only=["affine"])
    case = judge_cost.affine_case(3, 5, 4)
    cost = judge_cost.measure(suite, None, "small", "affine", case, small=True, seconds=0.01)
    assert cost.judge_seconds > 0.0
    assert cost.layer_seconds > 0.0
    assert "| small |" in judge_cost.table([cost])
