"""The proof of power in little: every wrong formula of the catalogue is killed, once each.

The bench judges every entry in three styles over twenty seeds; here each is planted into one style,
in turn, with one seed, and asked the property that is most likely to see it before the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from properties.benchmarks import power
from properties.benchmarks.plants import STYLES, plant, style_source
from properties.benchmarks.power_page import page, smallest_set
from properties.implementation import Call, Handle, Outcome
from properties.implementation.child.capture import Printed
from properties.implementation.child.executor import Executor, copied_arguments
from properties.implementation.child.packing import ToCopies
from properties.judge.drawing import sample_cases
from properties.judge.mismatch import Kind
from properties.judge.search import judge_properties
from properties.judge.subject import is_right
from properties.judge.subjects.functions import Probe
from properties.judge.verdict import Verdict
from properties.layers import MISCONCEPTIONS as CATALOGUE
from properties.spec.demands import Demands
from properties.spec.misconception import Misconception
from properties.spec.row import LayerSpec, Purpose
from properties.tests.slow import mostly_slow

WRONG = [entry for entry in CATALOGUE if entry.kind is Kind.CORRECTNESS]


class Executed:
    """The functions of a text, called as the suite calls them, without its loader.

    The loader reads a text several times to find what a student's folder may hold; ours are whole.
    """

    def __init__(self, text: str, names: Iterable[str]) -> None:
        space: dict[str, Any] = {}
        exec(compile(text, "planted", "exec"), space)
        self._executor = Executor(
            functions={name: space[name] for name in names},
            unusable={},
            is_user_file=lambda name: name == "planted",
            printed=Printed(),
        )

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        outcomes = []
        for status, outputs, extras in self._executor.run(calls, copied_arguments, ToCopies()):
            if "args_after" in extras:
                extras["args_after"] = dict(extras["args_after"])
            outcomes.append(Outcome(status, tuple(outputs), **extras))
        return outcomes

    def release(self, handles: Iterable[Handle]) -> None:
        self._executor.release([handle.id for handle in handles])


@cache
def sample(spec: LayerSpec) -> tuple[Any, ...]:
    return tuple(sample_cases(spec, Purpose.ORDINARY, 24))


def killer(text: str, spec: LayerSpec, first: Sequence[str], profile: str) -> str:
    """The first property that fails a planted module, asked in the bench's order."""
    probe = Probe(spec, Executed(text, spec.functions))  # type: ignore[arg-type]
    probe.reading = spec.readings[0] if spec.readings else None
    probe.forward_is_wrong = spec.reference is not None and not is_right(probe, sample(spec))
    properties = [p for p in power.properties_of(spec) if p.kind is Kind.CORRECTNESS]
    properties.sort(key=lambda p: first.index(p.name) if p.name in first else len(first))
    for declared in properties:
        verdict = Verdict(declared=declared, layer=spec.name, functions=declared.functions(spec))
        judge_properties([verdict], probe, Demands(profile=profile, seed=0, shrink=False))
        if power.is_kill(verdict, "correctness"):
            return declared.name
    return ""


ROWS = sorted({entry.layer for entry in WRONG})


@pytest.mark.parametrize("row", mostly_slow(ROWS, fast=("relu", "softmax")))
def test_every_wrong_formula_is_killed(row: str) -> None:
    spec = power.spec_of(row)
    alive = []
    for number, entry in enumerate(WRONG):
        if entry.layer == row:
            style = STYLES[number % len(STYLES)]
            text = plant(style, entry)
            if not killer(text, spec, power._likely(entry), "standard"):
                alive.append(f"{entry.key}, {style}")
    assert not alive


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("row", mostly_slow(ROWS, fast=("relu", "softmax")))
def test_right_code_lives(row: str, style: str) -> None:
    assert killer(style_source(style), power.spec_of(row), (), "quick") == ""


def entry_of(key: str) -> Misconception:
    return next(entry for entry in CATALOGUE if entry.key == key)


def test_the_bench_itself_on_one_entry() -> None:
    entry = entry_of("relu_backward, dx: gate on dout")
    result = power.judge_entry((entry, "dicts", 2, "quick", True))
    assert (result["killed"], result["seeds"], result["alive"]) == (2, 2, [])
    assert "backward_matches_reference" in result["kills"]
    assert result["verdict"] == "right"


def test_a_style_is_not_blamed_for_its_own_habits() -> None:
    assert "bad_input" in power.habits_of("textbook", "batchnorm", "quick")
    verdict: Any = SimpleNamespace(declared=SimpleNamespace(name="bad_input"), status="fail")
    assert power.is_kill(verdict, "robustness")
    assert not power.is_kill(verdict, "robustness", {"bad_input"})


def test_the_smallest_set_kills_all() -> None:
    killers = {
        ("a", "s"): {"one", "two"},
        ("b", "s"): {"two"},
        ("c", "s"): {"three", "one"},
        ("d", "s"): set(),
    }
    found = smallest_set(killers)
    assert "two" in found
    assert len(found) == 2


def test_the_page_shows_what_differs_between_styles() -> None:
    plain = {
        "key": "f, dx: wrong",
        "kind": "correctness",
        "function": "f",
        "alive": [],
        "note": "",
        "killed": 1,
        "seeds": 1,
        "verdict": "right",
        "named": "",
        "seconds_diagnosis": 0.1,
    }
    results = [
        {**plain, "style": "a", "kills": {"p": 1, "q": 3}},
        {**plain, "style": "b", "kills": {"p": 1}},
    ]
    settings = {"seeds": 1, "profile": "quick", "planned": 2, "elapsed": 1.0, "alarms": None}
    text = page({**settings, "styles": ["a", "b"], "matrix": ["a", "b"], "results": results})
    assert "| dx: wrong | 1 | 3 – |" in text
    assert "- p: f, dx: wrong (b)" in text
    again = {**plain, "style": "b", "kills": {"p": 7}}
    earlier = {**settings, "styles": ["a"], "results": results}
    merged = power.put_into(earlier, {**settings, "styles": ["b"], "results": [again]})
    assert merged["styles"] == ["a", "b"]
    assert [r["kills"] for r in merged["results"]] == [{"p": 1, "q": 3}, {"p": 7}]
