"""``pytest --impl``: one node a cell, the panel as its failure, with other plugins and folders."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as XML

from properties.tests.command_line import ROOT
from properties.tests.judging import RIGHT
from properties.tests.slow import slow

WRONG = RIGHT.replace("dout.sum(axis=0)", "dout.mean(axis=0)")
ONE = ["-k", "backward_matches_reference and affine and not affine_ and not temporal"]


def asked(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "layers.py").write_text(WRONG, encoding="utf-8")
    # Of its own, with a fixture of a likely name and the plugin of a checkout.
    text = f"import pytest, sys\nsys.path.append({str(ROOT)!r})\n"
    text += "@pytest.fixture\ndef cell():\n    return 1\n"
    (folder / "conftest.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "--impl=layers.py", *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


def test_a_failure_is_the_panel_of_the_check(tmp_path: Path) -> None:
    answer = asked(tmp_path, *ONE, "--junitxml", "junit.xml", "-p", "no:cacheprovider")
    assert answer.returncode == 1, answer.stdout
    for part in (
        "affine_backward: db[0] is ",
        "Likely cause (97%): Sum over the batch, do not average",
        "db: 1 of 1 entry wrong",
        "First wrong line: layers.py:8",
        "✘ return (dout @ w.T).reshape(x.shape), flat.T @ dout, dout.mean(axis=0)",
        "nndl check layers.py --only affine --seed 0 --profile quick --script",
    ):
        assert part in answer.stdout
    assert not (tmp_path / ".pytest_cache").exists()
    (case,) = XML.parse(tmp_path / "junit.xml").iter("testcase")
    assert case.get("name") == "test_backward_matches_reference[affine]"
    failure = case.find("failure")
    assert failure is not None
    assert "Likely cause" in str(failure.text)


@slow
def test_several_processes_say_the_same(tmp_path: Path) -> None:
    rows = ["-k", "affine and not affine_ and not temporal"]
    one = asked(tmp_path, *rows, "-rf")

    def failed(answer: subprocess.CompletedProcess[str]) -> list[str]:
        lines = [line for line in answer.stdout.splitlines() if line.startswith("FAILED")]
        return sorted(line.split(" - ")[0].replace("@affine]", "]") for line in lines)

    assert len(failed(one)) > 3
    for more in ([], ["--dist", "loadgroup"]):
        assert failed(asked(tmp_path, *rows, "-rf", "-n", "2", *more)) == failed(one)


@slow
def test_the_ids_of_two_collections_are_the_same(tmp_path: Path) -> None:
    first, second = (asked(tmp_path, "--collect-only") for _ in range(2))
    assert first.stdout.split("\n")[:-2] == second.stdout.split("\n")[:-2]
    ids = [line for line in first.stdout.splitlines() if "::" in line]
    assert len(ids) == len(set(ids)) > 500
