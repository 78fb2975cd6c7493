"""One slip at a time, planted into a right homework: each is found, and its cause is named."""

from __future__ import annotations

import pytest

from properties.benchmarks.naming_objects import causes_of

from .slips import SLIPS, Slip


def _marks(place: int, slip: Slip) -> list[pytest.MarkDecorator]:
    """Modular nets take some seconds each: of these every fifteenth is tried, the others in CI."""
    return [pytest.mark.slow] if slip.function.startswith("fc_net") and place % 15 else []


@pytest.mark.parametrize(
    "slip",
    [pytest.param(s, id=s.name, marks=_marks(i, s)) for i, s in enumerate(SLIPS)],
)
def test_slip_is_found_and_named(slip: Slip) -> None:
    causes = causes_of(slip)
    assert causes, f"{slip.name} is found, and nothing is said of it"
    assert set(causes) <= set(slip.causes)
