"""No clock decides what a test sees."""

from __future__ import annotations

import pytest

from properties.steps import debugger


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debugger, "SECONDS", 600.0)
