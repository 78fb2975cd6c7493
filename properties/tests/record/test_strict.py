"""A strict run passes only when all that was found was judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.commands.check import run
from properties.tests.judging import RIGHT

OF_NOTHING = """
def swirl_backward(dout, cache):
    return dout * cache
"""
ALONE = RIGHT.replace("def relu_forward(x):\n    return np.maximum(x, 0), x\n", "")
SKIP = """
[skip]
swirl_backward = "its forward is written in C"
"""


@pytest.mark.parametrize(("text", "name"), [(RIGHT + OF_NOTHING, "swirl"), (ALONE, "relu")])
def test_what_was_found_and_not_judged_is_no_pass(text: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(text, encoding="utf-8")
    target = str(tmp_path / "layers.py")
    assert run(target, profile="quick").verdict == "pass"
    record = run(target, profile="quick", strict=True)
    assert record.verdict == "error"
    assert [n for n in record.notes if f"not judged: {name}_backward; say" in n]


def test_what_the_project_leaves_out_with_a_reason_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(RIGHT + OF_NOTHING, encoding="utf-8")
    (tmp_path / "nndl.toml").write_text(SKIP, encoding="utf-8")
    assert run(str(tmp_path / "layers.py"), profile="quick", strict=True).verdict == "pass"


def test_what_is_not_there_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(RIGHT, encoding="utf-8")
    assert run(str(tmp_path / "layers.py"), profile="quick", strict=True).verdict == "pass"
