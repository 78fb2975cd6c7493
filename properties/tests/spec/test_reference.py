"""How a row's reference functions get their arguments, and what is made of their results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from properties.spec.case import Case, Run
from properties.spec.reference import Reference
from reference import batchnorm
from reference.bounded import Bounded
from reference.precision import FLOAT32, FLOAT64, Precision

CASE = Case(
    args={"x": np.array([[1.0], [3.0]]), "bn_param": {"mode": "train", "eps": 0.25}},
    dout=np.array([[1.0], [2.0]]),
)


def test_entries_of_option_dicts_are_arguments() -> None:
    seen: list[tuple[str, float]] = []

    def forward(x: Any, mode: str, eps: float, momentum: float = 0.5) -> Bounded:
        seen.append((mode, eps + momentum))
        return Bounded(x)

    reference = Reference(forward=forward, vjp=forward, outputs=["out"])
    assert reference.value(CASE, None, FLOAT64)["out"].value is CASE.args["x"]
    assert seen == [("train", 0.75)]


def test_precision_and_upstream_are_arguments() -> None:
    def vjp(dout: Any, precision: Precision) -> Bounded:
        return Bounded(dout, None, precision)

    reference = Reference(forward=vjp, vjp=vjp, differentiable=["x"])
    found = reference.gradients(CASE, None, FLOAT32)
    assert found["x"].value is CASE.dout
    assert found["x"].precision is FLOAT32


def test_state_is_found_beside_the_output() -> None:
    gamma = {"gamma": np.ones(1), "beta": np.zeros(1)}
    case = CASE.with_args(**gamma)
    reference = Reference(
        forward=batchnorm.forward, vjp=batchnorm.vjp, state=batchnorm.running, outputs=["out"]
    )
    found = reference.value(case, None, FLOAT64)
    assert list(found) == ["out", "running_mean", "running_var"]
    tested = case.with_args(bn_param={"mode": "test"})
    assert list(reference.value(tested, None, FLOAT64)) == ["out"]


def test_what_only_a_run_tells_is_an_argument() -> None:
    def forward(kept: Any) -> Bounded:
        return Bounded(kept)

    def given(case: Case, run: Run | None) -> dict[str, Any]:
        assert run is not None
        return {"kept": run.outputs["out"]}

    reference = Reference(forward=forward, vjp=forward, given=given, outputs=["out"])
    run = Run(outputs={"out": np.ones(2)})
    assert reference.value(CASE, run, FLOAT64)["out"].value.tolist() == [1.0, 1.0]


def test_a_gradient_too_few_is_named() -> None:
    def vjp(dout: Any) -> Bounded:
        return Bounded(dout)

    reference = Reference(forward=vjp, vjp=vjp, differentiable=["x", "w"])
    with pytest.raises(TypeError, match="returned 1 results for x, w; return 2"):
        reference.gradients(CASE, None, FLOAT64)
