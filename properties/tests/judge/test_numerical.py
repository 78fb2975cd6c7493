"""Numerical derivatives: right, wrong or inconclusive; and the two sides of a kink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from properties.commands.notebook import Functions
from properties.judge.mismatch import Mismatch
from properties.judge.numerical import (
    Answer,
    decide,
    judge_gradients,
    one_sided,
    outside_one_sided,
)
from properties.judge.subjects.functions import Probe
from properties.layers import ALL
from properties.spec.case import Case
from properties.spec.row import Kinks
from reference.finite_differences import Estimate

RELU = next(row for row in ALL if row.name == "relu")
CASE = Case(args={"x": np.array([[0.5, -1.25], [2.0, 0.75]])}, dout=np.array([[1.0, -3.0], [2, 5]]))


def probe_of(forward: Callable[..., Any], backward: Callable[..., Any], **changes: Any) -> Probe:
    row = replace(RELU, reference=None, **changes)
    names = {row.forward: forward, str(row.backward): backward}
    return Probe(row, Functions(names, list(row.functions)))


def answer_of(probe: Probe, case: Case = CASE) -> Answer:
    run = probe.now(probe.run(case))
    return probe.now(judge_gradients(probe, case, run, np.random.default_rng(0))).answer


def cube(x: Any) -> Any:
    return x**3, x


@pytest.mark.parametrize(
    ("backward", "answer"),
    [
        (lambda dout, x: 3 * x**2 * dout, Answer.RIGHT),
        (lambda dout, x: 3.001 * x**2 * dout, Answer.WRONG),
        (lambda dout, x: 3 * x**2, Answer.WRONG),
        (lambda dout, x: np.full(x.shape, np.nan), Answer.WRONG),
        (lambda dout, x: np.zeros(7), Answer.UNKNOWN),  # of another size: judged elsewhere
    ],
)
def test_a_gradient_against_its_own_forward(backward: Callable[..., Any], answer: Answer) -> None:
    assert answer_of(probe_of(cube, backward)) is answer


def test_a_turn_within_the_first_steps_convicts_nobody() -> None:
    """A right backward of normalised equal values, with eps outside the root."""
    eps = 1e-8

    def forward(x: Any) -> Any:
        mu = x.mean(0)
        return (x - mu) / (np.sqrt(((x - mu) ** 2).mean(0)) + eps), x

    def backward(dout: Any, x: Any) -> Any:  # at equal values the root does not move
        return (dout - dout.mean(0)) / eps

    x = np.full((3, 1), -0.875)
    dout = np.array([[0.5], [-1.25], [3.0]])
    probe = probe_of(forward, backward)
    assert answer_of(probe, Case(args={"x": x}, dout=dout)) is not Answer.WRONG


def test_a_rough_forward_decides_nothing() -> None:
    probe = probe_of(lambda x: (x**3 + np.sin(1e12 * x), x), lambda dout, x: 5 * x**2 * dout)
    assert answer_of(probe) is Answer.UNKNOWN


def test_at_a_kink_the_middle_of_both_sides_convicts_nobody() -> None:
    probe = probe_of(lambda x: (np.abs(x), x), lambda dout, x: dout * np.where(x >= 0, 1.0, -1.0))
    assert answer_of(probe, CASE.with_args(x=np.zeros((2, 2)))) is Answer.UNKNOWN


def test_a_value_that_changes_before_a_backward_is_the_forwards_mistake() -> None:
    calls: list[int] = []

    def forward(x: Any) -> Any:
        calls.append(1)
        return x**3 * (1.5 if len(calls) == 1 else 1.0), x  # the first call is the run's

    with pytest.raises(Mismatch, match="relu_forward") as found:
        answer_of(probe_of(forward, lambda dout, x: 3 * x**2 * dout))
    assert "without a backward" in found.value.disagreement.oracle


@pytest.mark.parametrize(
    ("got", "wanted", "error", "answer"),
    [
        (1.0, 1.0, 1e-9, Answer.RIGHT),
        (1.0 + 5e-9, 1.0, 1e-9, Answer.RIGHT),
        (1.0 + 5e-5, 1.0, 1e-6, Answer.UNKNOWN),  # the estimate of the error may be at fault
        (1.0 + 5e-7, 1.0, 1e-9, Answer.WRONG),
        (2.0, 1.0, 0.1, Answer.UNKNOWN),
        (np.nan, 1.0, 1e-9, Answer.WRONG),
        (1.0, np.inf, 0.0, Answer.UNKNOWN),
        (0.0, 0.0, 0.0, Answer.RIGHT),
    ],
)
def test_three_answers(got: float, wanted: float, error: float, answer: Answer) -> None:
    estimate = Estimate(np.asarray(wanted), np.asarray(error))
    assert decide(got, abs(wanted) if np.isfinite(wanted) else 1.0, estimate) is answer


def relu(x: Any) -> Any:
    return np.maximum(x, 0.0), x


@pytest.mark.parametrize("how", ["elementwise", "entrywise"])
def test_the_two_sides_of_relu(how: Any) -> None:
    probe = probe_of(relu, lambda dout, x: dout * (x > 0), kinks=Kinks(how=how))
    case = Case(args={"x": np.array([-1.0, 0.0, 2.0])}, dout=np.array([2.0, 4.0, 8.0]))
    [sides] = probe.now(one_sided(probe, case))
    assert sides.left.tolist() == [0.0, 0.0, 8.0]
    assert sides.right.tolist() == [0.0, 4.0, 8.0]
    for slope, other in ((0.0, False), (0.5, True), (1.0, True)):
        got = np.array([0.0, 4.0 * slope, 8.0])
        assert not sides.outside(got).any()
        assert sides.another(got) is other
    found = outside_one_sided(probe, case, np.array([0.0, -0.5, 8.0]), sides)
    assert found is not None
    assert found.index == (1,)
    assert found.wanted is not None
    assert found.wanted.tolist() == [0.0, 0.0, 8.0]
