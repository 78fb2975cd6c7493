"""A notebook as a target: its functions are followed, and a line is that of its cell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from properties.commands.check import check
from properties.commands.steps import steps
from properties.steps import debug
from properties.steps.rewrite.session import InProcess

SWISH = """def swish_forward(x):
    s = 1 / (1 + np.exp(-x))
    return x * s, (x, s)"""
WRONG = """# cell 7
def swish_backward(dout, cache):
    x, s = cache
    ds = dout * x
    dx = dout * s
    dx += ds * s * (1 + s)
    return dx"""
RELU = """def relu_forward(x):
    return np.maximum(x, 0), x
def relu_backward(dout, x):
    return 2 * dout * (x > 0)"""
TRAINING = "while True:\n    pass"


def written(folder: Path, *sources: str, name: str = "numpy.ipynb") -> Path:
    """A notebook; its name is that of a package which it imports."""
    cells: list[object] = [{"cell_type": "markdown", "metadata": {}, "source": "a line\nand more"}]
    cells += [
        {"cell_type": "code", "metadata": {}, "source": text.splitlines(True)}
        for text in ("%matplotlib inline\nimport numpy as np", *sources)
    ]
    file = folder / name
    file.write_text(json.dumps({"nbformat": 4, "cells": cells}), encoding="utf-8")
    return file


def test_the_first_wrong_line_is_named_with_its_cell(tmp_path: Path) -> None:
    file = written(tmp_path, SWISH, WRONG)
    record_file = tmp_path / "record.json"
    names = ["--forward", "swish_forward", "--backward", "swish_backward"]
    given = [str(file), *names, "--json", str(record_file)]
    result = CliRunner().invoke(steps, [*given, "--in-process", "--inputs", "x: (N, D)"])
    assert result.exit_code == 1, result.output
    assert "cell 3, line 6: dx is the first wrong step" in result.output
    assert "cell 3:6  ✗" in result.output
    record = json.loads(record_file.read_text(encoding="utf-8"))
    assert record["first_wrong"] == {"line": 6, "name": "dx", "cell": 3}
    [mistake] = record["mistakes"]
    assert (mistake["line"], mistake["cell"]) == (6, 3)
    assert {step["cell"] for step in record["steps"]} == {3}


@pytest.mark.parametrize("sources", [(SWISH, WRONG), (RELU,)])
def test_every_report_of_a_check_names_the_cell(tmp_path: Path, sources: tuple[str, ...]) -> None:
    file = written(tmp_path, *sources)
    given = ["--github", "--sarif", str(tmp_path / "sarif")]
    only = ["--only", "relu"] if sources == (RELU,) else []
    result = CliRunner().invoke(
        check, [str(file), "--profile", "quick", "--in-process", *only, *given]
    )
    assert result.exit_code == 1, result.output
    cell, line = (2, 4) if only else (3, 6)
    assert f"First wrong line: numpy.ipynb:cell {cell}:{line}" in result.output
    assert f"(cell {cell}, line {line})" in (tmp_path / "sarif").read_text(encoding="utf-8")
    assert "numpy.ipynb,line=1,title" in result.output
    told = CliRunner().invoke(
        check, [str(file), "--profile", "quick", "--in-process", *only, "--concise"]
    )
    assert f"numpy.ipynb:cell {cell}:{line}:1: wrong: " in told.output, told.output


def test_the_script_of_a_notebook_belongs_into_it(tmp_path: Path) -> None:
    given = [str(written(tmp_path, RELU)), "--profile", "quick", "--in-process", "--script"]
    result = CliRunner().invoke(check, [*given, "--only", "relu"])
    assert "# a cell of numpy.ipynb" in result.output, result.output
    assert "sys.path" not in result.output


def test_a_line_that_raises_is_named_with_its_cell(tmp_path: Path) -> None:
    raising = WRONG.replace("ds = dout * x", "ds = dout * y")
    report = debug(
        str(written(tmp_path, SWISH, raising)),
        forward="swish_forward",
        backward="swish_backward",
        inputs="x: (N, D)",
        make_runner=InProcess,
    )
    assert "(cell 3, line 4)" in report.verdict


@pytest.mark.slow
def test_a_notebook_that_trains_is_run_by_its_definitions(tmp_path: Path) -> None:
    report = debug(str(written(tmp_path, RELU, TRAINING)), "relu")
    assert report.outcome == "wrong"
    assert any("only the definitions" in note for note in report.notes)


def test_what_does_not_parse_is_named_with_its_cell(tmp_path: Path) -> None:
    file = written(tmp_path, "x = 1\nx = = 2")
    result = CliRunner().invoke(steps, [str(file), "relu"])
    assert result.exit_code == 2
    assert "cell 2, line 2" in result.output
