"""What reports promise to show is written by a real run."""

from __future__ import annotations

from pathlib import Path

from properties.benchmarks.plants import style_source
from properties.commands.check import run
from properties.record.schema import Record
from properties.reports.html import html
from properties.reports.junit import junit


def _judged(folder: Path, row: str, old: str, new: str) -> Record:
    text = style_source("textbook")
    assert old in text
    file = folder / "layers.py"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return run(str(file), only=row, profile="quick", in_process=True)


def test_a_wrong_running_mean_is_drawn_call_by_call(tmp_path: Path) -> None:
    old = style_source("textbook")
    line = next(line for line in old.split("\n") if "running_mean" in line and "momentum" in line)
    record = _judged(tmp_path, "batchnorm", line, line.replace("(1 - momentum)", "momentum"))
    text = html(record)
    assert "over the call" in text
    assert "running_mean[" in text


def test_a_wrong_share_of_dropped_units_is_drawn(tmp_path: Path) -> None:
    record = _judged(tmp_path, "dropout", ">= p", ">= p / 2")
    assert "share dropped" in html(record)


def test_what_the_code_printed_is_shown(tmp_path: Path) -> None:
    old = "dw = rows.T.dot(dout)"
    record = _judged(tmp_path, "affine", old, f"{old} * 2\n    print('shape', dw.shape)")
    function = next(f for f in record.functions if f.name == "affine_backward")
    assert function.printed.startswith("shape (")
    assert "shape (" in html(record)
    assert "shape (" in junit(record)
