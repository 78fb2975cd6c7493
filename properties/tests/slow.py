"""What is slow is deselected by default; ``pytest -m slow`` runs it, and so does ``.ci/run``."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest

slow = pytest.mark.slow


def mostly_slow(values: Iterable[Any], *, fast: Collection[Any]) -> list[Any]:
    """Parameters of which ``fast`` alone run by default: one of each kind.

    Of a parameter that is a tuple, its first entry is looked up too.
    """
    values = list(values)
    quick = [value in fast or (isinstance(value, tuple) and value[0] in fast) for value in values]
    assert any(quick), f"none of {fast} is among the parameters"
    marks: list[Any] = []
    for value, is_quick in zip(values, quick, strict=True):
        entries = value if isinstance(value, tuple) else (value,)
        marks.append(pytest.param(*entries, marks=() if is_quick else slow))
    return marks
