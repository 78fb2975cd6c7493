"""What counts as a change of a function: its tree, and those of what it uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.implementation import resolve_target
from properties.implementation.units import Digest, units_of

TEXT = """
import numpy as np
from helper import twice
EPS = 1e-5
def inner(x):
    return twice(x) + EPS
def outer(x):
    return inner(x)
def other(x):
    return x
class Layer:
    def forward(self, x):
        return other(x)
def chosen(name, x):
    return getattr(np, name)(x)
"""
HELPER = "def twice(x):\n    return 2 * x\n"


def digests(folder: Path, text: str = TEXT, helper: str = HELPER) -> dict[str, Digest]:
    file = folder / "code.py"
    file.write_text(text, encoding="utf-8")
    (folder / "helper.py").write_text(helper, encoding="utf-8")
    units = units_of(resolve_target(str(file)))
    return {name: units.digest([name]) for name in ("inner", "outer", "other", "Layer", "chosen")}


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("return inner(x)", "return inner(-x)", {"outer", "chosen"}),
        ("+ EPS", "- EPS", {"inner", "outer", "chosen"}),
        ("    return x\n", "    return -x\n", {"other", "Layer", "chosen"}),
        ("EPS = 1e-5", "EPS = 1e-6", {"inner", "outer", "other", "Layer", "chosen"}),
        ("    return inner(x)", "    # why\n    return (inner(x))", set()),
    ],
)
def test_what_changes_with_what(tmp_path: Path, old: str, new: str, changed: set[str]) -> None:
    assert old in TEXT
    before, after = digests(tmp_path), digests(tmp_path, TEXT.replace(old, new, 1))
    assert {n for n in before if after[n].is_other(before[n], places=False)} == changed


def test_a_file_that_is_imported_counts(tmp_path: Path) -> None:
    before, after = digests(tmp_path), digests(tmp_path, helper=HELPER.replace("2", "3"))
    assert after["inner"].is_other(before["inner"], places=False)
    assert not after["other"].is_other(before["other"], places=False)


def test_a_move_counts_where_places_are_shown(tmp_path: Path) -> None:
    before, after = digests(tmp_path), digests(tmp_path, f"\n{TEXT}")
    assert not after["outer"].is_other(before["outer"], places=False)
    assert after["outer"].is_other(before["outer"], places=True)


def test_half_a_file_is_a_syntax_error(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"does not parse|never closed"):
        digests(tmp_path, f"{TEXT}\ndef (")
