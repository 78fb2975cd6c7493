"""The sensitivity bench sees a large error everywhere and no error where there is none."""

from __future__ import annotations

import numpy as np

from properties.benchmarks import sensitivity
from properties.spec.case import Run


def test_a_planted_entry() -> None:
    run = Run(outputs={}, gradients={"x": np.array([1.0, 3.0])})
    off = sensitivity.planted(run, "x", (1,), 1e-3).gradients["x"]
    assert off.tolist() == [1.0, 3.003]
    assert run.gradients["x"].tolist() == [1.0, 3.0]


def test_large_errors_are_seen() -> None:
    rows = sensitivity.run("bundled", tries=3, seed=0, only=["affine", "softmax"])
    assert {(row.layer, row.oracle) for row in rows} == {
        ("affine", "reference with bound"),
        ("affine", "exact arithmetic"),
        ("softmax", "reference with bound"),
    }
    assert all(row.caught[1e-6] == 3 for row in rows)
    assert "| affine |" in sensitivity.table(rows)
