"""The false-alarm bench runs, repeats itself, and sees an alarm where there is one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from properties.benchmarks import false_alarms
from properties.benchmarks.false_alarms_page import FIRST, LATER, by_row, table
from properties.layers import ALL
from properties.tests.slow import slow

VARIANTS = Path(__file__).parents[1] / "homework" / "variants"


@slow
def test_bundled_has_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "runs")
    page = tmp_path / "page.md"
    asked = ["--examples", "60", "--only", "relu,mse:loss_matches_reference"]
    assert false_alarms.main([*asked, "--save", file]) == 0
    assert false_alarms.main([*asked, "--seed", "1", "--save", file]) == 0
    assert false_alarms.main(["--total", file, "--page", str(page)]) == 0
    assert "0 false alarms" in capsys.readouterr().out
    text = page.read_text(encoding="utf-8")
    assert "false_alarms --examples 60 --seed 1 --only relu" in text
    runs = false_alarms.saved(file)
    rows = by_row(runs)
    assert sum(one.examples for one in rows.values()) == sum(run["examples"] for run in runs)
    assert f"| relu | {len(rows['relu'].properties)} | {rows['relu'].examples:,} | " in text
    [missing] = re.findall("Not in this count: (.*)", text)
    assert "affine" in missing
    assert "relu" not in missing.split(", ")


def run_of(target: str, **by_cell: list[int]) -> dict[str, Any]:
    counted = {cell.replace("__", ":"): numbers for cell, numbers in by_cell.items()}
    examples, inconclusive, alarms = (sum(n[k] for n in by_cell.values()) for k in range(3))
    return {
        "target": target,
        "seed": 0,
        "asked": "--later",
        "examples": examples,
        "inconclusive": inconclusive,
        "alarms": alarms,
        "by_cell": counted,
    }


def test_the_table_adds_up_by_row_and_tells_the_later_ones() -> None:
    runs = [
        run_of("one", conv__linear=[700, 2, 0], conv__adjoint=[300, 0, 1], relu__linear=[5, 0, 0]),
        run_of("two", conv__linear=[1000, 0, 0]),
    ]
    lines = table(runs).splitlines()
    assert lines[2:] == [
        "| relu | 1 | 5 | 0 | 0 |",
        "| conv | 2 | 2,000 | 2 | 1 |",
        "| **rows of the later homeworks: 1** | | 2,000 | 2 | 1 |",
        "| **all rows: 2** | | 2,005 | 2 | 1 |",
    ]
    with pytest.raises(ValueError, match="run it again with --save"):
        table([{"target": "old", "seed": 3, "examples": 9, "alarms": 0}])


def test_the_first_homeworks_are_rows() -> None:
    names = {row.name for row in ALL}
    assert names >= FIRST
    assert set(LATER) < names
    assert "conv" in LATER


def test_counts_what_a_wrong_function_gets() -> None:
    """``nikos`` gates on the upstream: an alarm if one takes relu_backward to be right."""
    target = str(VARIANTS / "nikos")
    right = frozenset({"relu_forward", "relu_backward"})
    cell = "relu:backward_matches_reference"
    count = false_alarms.run(target, examples=20, seed=0, right=right, only=(cell,))
    assert {alarm.function for alarm in count.alarms} == {"relu_backward"}
    known = false_alarms.run(target, examples=20, seed=0, right=frozenset({"relu_forward"}))
    assert known.alarms == []
    first = count.alarms[0]
    again = false_alarms.run(
        target, examples=1, seed=0, start=first.number, right=right, only=(cell,)
    )
    assert [alarm.sentence for alarm in again.alarms] == [first.sentence]
