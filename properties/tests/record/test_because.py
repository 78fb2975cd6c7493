"""What is wrong by its parts alone says so, in a line; what has a mistake of its own does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from properties.commands.first_lines import asked_of_rows
from properties.layers import ALL
from properties.record.schema import read
from properties.reports.github import github
from properties.reports.junit import junit
from properties.reports.notebook import NotebookReport
from properties.tests.judging import RIGHT, entry_of, record_of

COMPOSED = """
def affine_relu_forward(x, w, b):
    a, affine_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(a)
    return out, (affine_cache, relu_cache)
def affine_relu_backward(dout, cache):
    affine_cache, relu_cache = cache
    return affine_backward(relu_backward(dout, relu_cache), affine_cache)
"""
GATE = ("dout * (cache > 0)", "dout * cache")
OWN = ("return affine_backward(relu", "return affine_backward(2 * relu")


def _record(
    folder: Path, *changes: tuple[str, str], only: str = "affine,relu,affine_relu"
) -> dict[str, Any]:
    text = RIGHT + COMPOSED
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "layers.py").write_text(text, encoding="utf-8")
    return record_of(folder / "layers.py", only=only)


def test_a_wrong_part_has_the_one_panel(tmp_path: Path) -> None:
    plain = _record(tmp_path, GATE)
    whole = entry_of(plain, "affine_relu_backward")
    assert whole["status"] == "fail"
    assert whole["because"] == ["relu_backward"]
    record = read(plain)
    told = repr(NotebookReport(record))
    assert told.count("Fails: ") == 1
    assert "affine_relu_backward: wrong because its part relu_backward is\n" in told
    assert "wrong because its part relu_backward is: d" in junit(record)
    first, second = github(replace(record, functions=record.functions[::-1])).splitlines()
    assert "title=relu_backward is wrong" in first
    assert "::wrong because its part relu_backward is: d" in second
    assert [one.function for one in asked_of_rows(record, ALL)] == ["relu_backward"]


@pytest.mark.parametrize("changes", [(OWN,), (GATE, OWN)])
def test_a_mistake_of_its_own_has_a_panel(
    changes: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    whole = entry_of(_record(tmp_path, *changes), "affine_relu_backward")
    assert whole["status"] == "fail"
    assert whole["because"] == []


def test_a_part_that_was_not_asked_for_is_no_excuse(tmp_path: Path) -> None:
    whole = entry_of(_record(tmp_path, GATE, only="affine_relu"), "affine_relu_backward")
    assert whole["because"] == []
    assert "part" not in whole["detail"]
