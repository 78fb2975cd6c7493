"""An array against the truth and its bound, entry by entry."""

from __future__ import annotations

import numpy as np
import pytest

from properties.judge.compare import difference, is_single, same_but_for_ones
from reference.bounded import SAFETY, Bounded


def truth(value: object, error: object) -> Bounded:
    value = np.asarray(value, dtype=np.float64)
    return Bounded(value, np.broadcast_to(np.asarray(error, dtype=np.float64), value.shape))


@pytest.mark.parametrize(
    ("got", "wanted", "same"),
    [
        ((3,), (3,), True),
        ((1, 3), (3,), True),
        ((3, 1), (3,), True),
        ((1,), (), True),
        ((3,), (1, 3), False),  # a squeeze loses the batch of one
        ((), (1,), False),
        ((2, 3), (3, 2), False),
        ((6,), (2, 3), False),
    ],
)
def test_axes_of_length_one(got: tuple[int, ...], wanted: tuple[int, ...], same: bool) -> None:
    assert same_but_for_ones(got, wanted) is same


def test_the_tolerance_is_a_multiple_of_the_bound_of_each_entry() -> None:
    bounded = truth([1.0, 2.0], [1e-3, 1e-6])
    edge = SAFETY * 0.99 * np.array([1e-3, 1e-6])
    assert difference(bounded.value + edge, bounded) is None
    wrong = difference(bounded.value + np.array([0.0, 1e-3]), bounded)
    assert wrong is not None
    assert wrong.index == (1,)


def test_the_entry_furthest_off_by_its_own_tolerance_is_named() -> None:
    bounded = truth([[1.0, 2.0], [3.0, 4.0]], [[1.0, 1e-9], [1e-9, 1e-9]])
    wrong = difference(bounded.value + np.array([[90.0, 1e-6], [2e-6, 0.0]]), bounded)
    assert wrong is not None
    assert wrong.index == (1, 0)
    assert wrong.sentence == "[1, 0] is 3.000002, wanted 3 (3 of 4 entries are off)"


def test_two_numbers_that_differ_in_the_last_digits_are_told_apart() -> None:
    wrong = difference(np.array([0.875 + 1e-14]), truth([0.875], [0.0]))
    assert wrong is not None
    assert wrong.sentence == "[0] is 0.87500000000000999, wanted 0.875"


@pytest.mark.parametrize("got", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_wrong(got: float) -> None:
    wrong = difference(np.array([1.0, got]), truth([1.0, 2.0], 1.0))
    assert wrong is not None
    assert wrong.index == (1,)


def test_an_infinite_bound_says_nothing() -> None:
    assert difference(np.array([np.nan, 5.0]), truth([1.0, 2.0], np.inf)) is None


def test_a_bound_of_zero_wants_the_very_number() -> None:
    assert difference(np.array([0.5]), truth([0.5], 0.0)) is None
    assert difference(np.array([np.nextafter(0.5, 1.0)]), truth([0.5], 0.0)) is not None


def test_shapes() -> None:
    bounded = truth([1.0, 2.0], 0.0)
    assert difference(np.array([[1.0, 2.0]]), bounded) is None
    wrong = difference(np.array([1.0, 2.0, 3.0]), bounded)
    assert wrong is not None
    assert wrong.shape_is_wrong
    assert wrong.sentence == "has shape (3,), wanted (2,)"


def test_single_precision_is_told_by_the_values() -> None:
    assert is_single(np.array([0.5, 1.0 / 3.0]).astype(np.float32).astype(np.float64))
    assert not is_single(np.array([0.5, 1.0 / 3.0]))
    assert not is_single(np.array([1e-300]))
