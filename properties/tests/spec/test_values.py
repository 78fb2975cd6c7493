"""Families of values: repeatable, of their magnitude, on both sides of zero."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from properties.spec.row import Purpose
from properties.spec.values import _MAKERS, FAMILIES, Values

SHAPE = (4, 5)
SMALLEST = np.finfo(np.float64).tiny  # normal number


def arrays(family: str, count: int = 40) -> Iterator[np.ndarray]:
    return (Values(family, seed).array(SHAPE) for seed in range(count))


@pytest.mark.parametrize("family", _MAKERS)
def test_a_seed_gives_the_same_again(family: str) -> None:
    first, again, other = (Values(family, seed).array(SHAPE) for seed in (7, 7, 8))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == SHAPE
    assert first.dtype == np.float64
    assert np.isfinite(first).all()


@pytest.mark.parametrize("family", _MAKERS)
def test_both_signs(family: str) -> None:
    drawn = np.concatenate([array.ravel() for array in arrays(family)])
    assert (drawn < 0).any()
    assert (drawn > 0).any()


@pytest.mark.parametrize("family", _MAKERS)
def test_upstreams_are_signed_and_never_all_ones(family: str) -> None:
    for seed in range(20):
        dout = Values(family, seed).upstream(SHAPE)
        assert (dout != 0.0).all()
        assert len(np.unique(dout)) > 1
    drawn = [Values(family, seed).upstream(SHAPE) for seed in range(20)]
    assert (np.concatenate(drawn) < 0).any()


def test_dyadic_values_stay_away_from_the_kink() -> None:
    assert min(np.abs(array).min() for array in arrays("dyadic")) >= 1 / 8


@pytest.mark.parametrize("family", ["integers", "ties"])
def test_integers_are_integers_and_zero_is_among_them(family: str) -> None:
    drawn = np.concatenate([array.ravel() for array in arrays(family)])
    assert np.array_equal(drawn, np.round(drawn))
    assert (drawn == 0.0).any()


@pytest.mark.parametrize(
    ("family", "low", "high"),
    [
        ("subnormal", 5e-324, SMALLEST),
        ("least", SMALLEST, 1e-297),
        ("faint", SMALLEST, 2.0**-10),
        ("tiny", 0.0, 1.0),
        ("huge", 0.0, 1e63),
    ],
)
def test_magnitudes(family: str, low: float, high: float) -> None:
    sizes = np.concatenate([np.abs(array).ravel() for array in arrays(family)])
    assert sizes.min() >= low
    assert sizes.max() <= high


def test_faint_values_cover_the_exponents() -> None:
    exponents = np.log2([np.abs(array) for array in arrays("faint")])
    counts, _ = np.histogram(exponents, bins=8, range=(-990, -10))
    assert counts.min() > 0.5 * counts.mean()


@pytest.mark.parametrize("purpose", Purpose)
def test_every_purpose_has_families_that_exist(purpose: Purpose) -> None:
    assert set(FAMILIES[purpose]) <= set(_MAKERS)


@pytest.mark.parametrize("family", ["huge", "faint", "normal"])
def test_tame_values_are_of_order_one(family: str) -> None:
    drawn = [np.abs(Values(family, seed).tame(SHAPE)).max() for seed in range(20)]
    assert min(drawn) > 0.1
    assert max(drawn) < 10.0
