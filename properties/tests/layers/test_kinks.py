"""A row that draws cases at a kink says how it is differentiated there, or nothing judges them."""

from __future__ import annotations

import pytest

from properties.layers import ALL
from properties.spec.row import LayerSpec, Purpose


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.name)
def test_cases_at_kinks_are_judged(row: LayerSpec) -> None:
    assert (row.cases(Purpose.KINK) is None) == (row.kinks is None)
