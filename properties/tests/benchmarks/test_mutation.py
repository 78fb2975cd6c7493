"""The mutation bench: its operators, its list of equivalent mutants, and that mutants die."""

from __future__ import annotations

import ast
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from properties.benchmarks.equivalent_mutants import EQUIVALENT, Equivalent
from properties.benchmarks.mutants import OPERATORS, Mutant, places
from properties.benchmarks.mutation import all_mutants, judge_mutant, key_of, rows_of
from properties.benchmarks.mutation_page import page, summary
from properties.benchmarks.power import make_suite, spec_of
from properties.edits import here
from properties.judge.drawing import sample_cases
from properties.judge.mismatch import Fault
from properties.judge.subjects.functions import Probe
from properties.spec.case import Case
from properties.spec.row import Purpose
from properties.tests.slow import slow

PACKAGE = Path(__file__).parents[3] / "nndl"
pytestmark = pytest.mark.xdist_group("mutation")  # all mutants are made once, in one process
_PURPOSES = (Purpose.ORDINARY, Purpose.INTEGER, Purpose.KINK, Purpose.EXTREME, Purpose.EMPTY)


@pytest.fixture(scope="module")
def everything() -> dict[tuple[str, ...], Mutant]:
    found = all_mutants(PACKAGE)
    assert len({mutant.key for mutant in found}) == len(found)
    return {mutant.key: mutant for mutant in found}


def changed(text: str) -> set[tuple[str, str]]:
    return {
        (edit.operator, ast.unparse(edit.new) if not isinstance(edit.new, ast.Pass) else "")
        for place in places(ast.parse(f"def f(x, w):\n    {text}"))
        for edit in here(place.node)
    }


@pytest.mark.parametrize(
    ("text", "operator", "after"),
    [
        ("return x + w", "drop term", "x"),
        ("return x * w", "drop factor", "w"),
        ("return x + w", "times two", "2 * (x + w)"),
        ("return x * w", "sign", "-(x * w)"),
        ("return -x", "drop sign", "x"),
        ("return x @ w", "transpose", "(x @ w).T"),
        ("return x.T", "drop transpose", "x"),
        ("return x @ w", "swap operands of @", "w @ x"),
        ("return x @ w", "@ to *", "x * w"),
        ("return x * w", "* to @", "x @ w"),
        ("return x.sum(axis=0)", "sum to mean", "x.mean(axis=0)"),
        ("return x.mean()", "mean to sum", "x.sum()"),
        ("return x.sum(axis=0)", "axis flipped", "x.sum(axis=1)"),
        ("return x.sum(axis=0)", "axis dropped", "x.sum()"),
        ("return x.sum(axis=0)", "keepdims added", "x.sum(axis=0, keepdims=True)"),
        ("return x.sum(0, keepdims=True)", "keepdims dropped", "x.sum(0)"),
        ("return x < w", "< to <=", "x <= w"),
        ("return x - w", "- to +", "x + w"),
        ("return x * 3", "constant - 1", "2"),
        ("x += w", "+ to -", "x -= w"),
        ("x *= w", "drop factor", ""),
    ],
)
def test_operators(text: str, operator: str, after: str) -> None:
    assert (operator, after) in changed(text)


def test_messages_and_checks_are_left_alone() -> None:
    assert not changed('"""Sum of 1 + 1."""')
    assert not changed("if x > 0:\n        y = 1 + 1\n        raise ValueError(f'{1 + 1}')")
    assert not changed("check_ndim(x, 2)")


@slow
def test_every_operator_has_mutants(everything: dict[tuple[str, ...], Mutant]) -> None:
    count = Counter(mutant.operator for mutant in everything.values())
    assert min(count[name] for name in ("wrong variable", "sign", "drop term", "* to @")) > 20
    assert set(count) <= set(OPERATORS)
    variables = {m.after for m in everything.values() if m.operator == "wrong variable"}
    assert "x_hat = x / std" in variables
    assert "return (dx, dw, db)" not in variables


@slow
@pytest.mark.parametrize("entry", EQUIVALENT, ids=lambda entry: entry.after)
def test_an_equivalent_mutant_gives_the_same(
    entry: Equivalent, everything: dict[tuple[str, ...], Mutant], tmp_path: Path
) -> None:
    assert entry.reason
    assert sum(other.key == entry.key for other in EQUIVALENT) == 1
    changed_package = tmp_path / "nndl"
    shutil.copytree(PACKAGE, changed_package, ignore=shutil.ignore_patterns("tests"))
    (changed_package / entry.module).write_text(everything[entry.key].source, encoding="utf-8")
    compared = 0
    for row in (spec.name for spec in rows_of(entry, PACKAGE)):
        after = _answers(changed_package, row)
        for (case, one), (_, other) in zip(_before(row), after, strict=True):
            if "ties" in entry.reason and len(np.unique(x := case.args["x"])) < x.size:
                continue
            compared += 1
            for name in one:
                here = np.ones(np.shape(one[name]), bool)
                if entry.operator == "> to >=":  # ReLU's gate: any slope at zero
                    here = case.args["x"] != 0 if name == "dx" else here
                if "nan" in entry.reason:  # of rows that are hidden whole
                    here = here & ~np.isnan(other[name])
                was, is_now = one[name][here], other[name][here]
                if not entry.rounding:
                    assert np.array_equal(was, is_now, equal_nan=True), name
                elif was.dtype == np.float64:
                    size = float(np.max(np.abs(was), initial=1.0))
                    assert np.allclose(was, is_now, rtol=1e-6, atol=1e-6 * size), name
    assert compared > 5


@cache
def _before(row: str) -> tuple[tuple[Case, dict[str, Any]], ...]:
    """What the package answers as it is."""
    return tuple(_answers(PACKAGE, row))


def _answers(package: Path, row: str) -> Iterator[tuple[Case, dict[str, Any]]]:
    spec = spec_of(row)
    suite = make_suite(package, spec, 0, "quick")
    probe = Probe(spec, suite.implementation)
    for purpose in _PURPOSES:
        for case in sample_cases(spec, purpose, 12):
            for asked in _variants(case):
                try:
                    run = probe.now(probe.run(asked))
                except Fault as fault:  # no backward after test mode
                    if fault.function == spec.forward:
                        continue  # a case that the package refuses, like K not definite in float32
                    run = probe.now(probe.value(asked))
                state = {k: np.asarray(v) for k, v in run.state.items() if k.startswith("running")}
                gradients = {f"d{name}": value for name, value in run.gradients.items()}
                yield asked, {**run.outputs, **state, **gradients}
    suite.close()


def _variants(case: Case) -> Iterator[Case]:
    """The case, in float32, and in test mode; dropout with a seed."""
    if "dropout_param" in case.args:
        case = case.with_args(dropout_param={**case.args["dropout_param"], "seed": 5})
    yield case
    yield case.map_arrays(lambda _, array: array.astype(np.float32))
    for name, value in case.args.items():
        if isinstance(value, dict) and "mode" in value:
            yield case.with_args(**{name: {**value, "mode": "test"}})


@slow
def test_some_mutants_die(everything: dict[tuple[str, ...], Mutant]) -> None:
    equivalent = {entry.key for entry in EQUIVALENT}
    others = [mutant for key, mutant in everything.items() if key not in equivalent]
    for mutant in random.Random(0).sample(others, 8):
        result = judge_mutant((mutant, str(PACKAGE), "quick"))
        assert result["killer"], mutant.key
        assert key_of(result) == mutant.key


@slow
def test_running_statistics_that_an_empty_batch_moves_are_seen(
    everything: dict[tuple[str, ...], Mutant],
) -> None:
    (mutant,) = (m for m in everything.values() if m.after == "if len(x) >= 0:")
    assert judge_mutant((mutant, str(PACKAGE), "quick"))["killer"] == "empty_batch"


def test_the_page_counts_what_is_not_equivalent() -> None:
    entry = EQUIVALENT[0]
    named = dict(zip(("module", "function", "operator", "before", "after"), entry.key, strict=True))
    other = {**named, "after": "zeros = 1"}
    results = [
        {**named, "killer": ""},
        {**other, "killer": "forward_matches_reference"},
        {**other, "after": "zeros = 2", "killer": ""},
    ]
    settings = {"all": 3, "seed": 0, "sample": None, "profile": "quick", "elapsed": 60.0, "kept": 0}
    record: dict[str, Any] = {**settings, "results": results}
    assert "Of the other 2, the properties kill 1 (50.0%)" in summary(record)
    text = page(record)
    assert text.index("zeros = 2") < text.index(entry.reason)
    results[0]["killer"] = "silent"
    assert "NOT equivalent, silent kills it" in summary(record)
    assert "NOT equivalent, silent kills it" in page(record)
