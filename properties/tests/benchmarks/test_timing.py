"""The timing bench runs and adds up; what it measures is not asserted."""

from __future__ import annotations

import pytest

from properties.benchmarks import gate
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
