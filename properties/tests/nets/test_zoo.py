"""The suite is right about every net, update rule and solver of the homework zoo."""

from __future__ import annotations

from typing import Any

import pytest

from properties.tests.homework import zoo
from properties.tests.slow import mostly_slow

from .measure import lines, record

NETS: dict[str, dict[str, Any]] = {entry["path"]: entry for entry in zoo.table("nets")}


FAST = ("no_half", "rules_only", "square_hides_it")


@pytest.mark.parametrize("path", mostly_slow(NETS, fast=FAST))
def test_right_about_every_variant(path: str) -> None:
    entry = NETS[path]
    made = record(entry["folder"] / entry["target"])
    assert made["complete"]
    found = lines(entry, made)
    assert {line.function for line in found} == {*entry["right"], *entry["wrong"]}
    for line in found:
        assert line.outcome in ("pass", "hit"), f"{line.function}: {line.outcome}: {line.detail}"
        assert line.right or line.named, f"{line.function} fails in {set(line.arguments)}"
        assert not line.absent, f"{line.function} is said nothing about: {line.absent}"
