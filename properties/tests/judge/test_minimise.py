"""The smallest example: values that can be read, and the same failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from properties.judge.minimise import minimise
from properties.spec.case import Case

RNG = np.random.default_rng(0)
CASE = Case(
    args={"x": RNG.standard_normal((2, 3)), "y": np.array([1, 2])},
    dout=RNG.standard_normal((2, 2)),
)


def test_zeros_where_nothing_matters() -> None:
    small = minimise(CASE, lambda case: True)
    assert not small.args["x"].any()
    assert not small.upstream.any()
    assert np.array_equal(small.args["y"], CASE.args["y"])  # labels are left alone


@pytest.mark.parametrize(
    ("fails", "wanted"),
    [
        (lambda case: case.args["x"][0, 1] != 0.0, [[0, 1, 0], [0, 0, 0]]),
        (lambda case: (case.args["x"] != 0.0).all(), np.ones((2, 3))),
        (lambda case: case.args["x"][1, 2] > 0.5, None),
    ],
)
def test_what_matters_stays(fails: Callable[[Case], bool], wanted: Any) -> None:
    case = CASE.with_args(x=np.full((2, 3), 0.8))
    small = minimise(case, fails)
    assert fails(small)
    if wanted is not None:
        assert np.array_equal(small.args["x"], wanted)
    assert np.count_nonzero(small.args["x"]) <= np.count_nonzero(case.args["x"])


def test_the_case_given_is_not_changed() -> None:
    before = CASE.args["x"].copy()
    minimise(CASE, lambda case: True)
    assert np.array_equal(CASE.args["x"], before)


def test_it_gives_up_after_a_while() -> None:
    asked = []

    def never(case: Case) -> bool:
        asked.append(case)
        return False

    large = CASE.with_args(x=RNG.standard_normal((40, 40)))
    assert minimise(large, never) is large
    assert len(asked) <= 200


def test_a_large_array_of_zeros_stays_one() -> None:
    large = Case(args={"x": RNG.standard_normal((40, 40))})
    assert not minimise(large, lambda case: True).args["x"].any()
