"""The page of the speed figures says what is above its bar, and by how much."""

from __future__ import annotations

from properties.benchmarks.speed_page import page
from properties.benchmarks.speed_race import Race


def race(name: str, bar: tuple[float, str], **seconds: float) -> Race:
    made = Race(name=name, shape="2 × 3", runs={}, bar=bar)
    made.times.update({contender: [time, 2 * time] for contender, time in seconds.items()})
    return made


def test_a_race_above_its_bar_is_said() -> None:
    races = [
        race("slow", (2.0, "torch"), nndl=3e-3, torch=1e-3, products=2e-3),
        race("fast", (2.0, "torch"), nndl=1e-3, torch=1e-3),
        race("alone", (2.0, "torch"), nndl=1e-3),
    ]
    text = page(races, command="run it", settings="1 thread", memory="Peak: 1 MiB.")
    assert "Made by `run it`; do not edit." in text
    assert "1 of 2:\n\n- slow, 2 × 3: 3.00 × torch, wanted 2.0." in text
    assert "The matrix products alone take 2.00 × torch." in text
    assert "- fast" not in text
    assert "| alone | 2 × 3 | 1000 (1500) |" in text
    assert text.endswith("## Memory\n\n- Peak: 1 MiB.\n")


def test_without_a_rival_nothing_is_above() -> None:
    text = page([race("alone", (2.0, "torch"), nndl=1e-3)], command="run it", settings="here")
    assert "Above the bar" not in text
