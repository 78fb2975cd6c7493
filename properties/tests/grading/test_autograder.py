"""Autograders run by their own scripts, in the folders that each service documents."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from properties.grading import canaries
from properties.grading.autograder import autograder, write_autograder
from properties.grading.values import Options
from properties.tests.slow import slow

OPTIONS = Options(profile="quick", only=("affine", "relu"), require=("affine", "relu"))
POINTS = '[points]\naffine = 4\nrelu = 2\n[visibility]\naffine_backward = "hidden"\n'
HANDED_IN = {
    "wrong": {"layers.py": canaries.WRONG},
    "missing": {"layers.py": canaries.WRONG.partition("def relu_forward")[0]},
    "empty": {"notes.txt": "nothing"},
    "broken": {"layers.py": "def affine_forward(x, w, b:\n"},
}
# Points of affine (its backward is wrong in each) and of relu.
EARNED = {"wrong": 3.0, "missing": 2.0, "empty": 0.0, "broken": 0.0}


def bash(script: Path, **more: Any) -> None:
    """Run a script as the service does."""
    done = subprocess.run(
        ["bash", str(script)], capture_output=True, text=True, check=False, timeout=500, **more
    )
    assert done.returncode == 0, done.stdout + done.stderr


def installed(suite: Path) -> None:
    """In the place of what set-up installs: the interpreter of the tests."""
    binaries = suite / "venv" / "bin"
    binaries.mkdir(parents=True)
    python = binaries / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)


def hand_in(folder: Path, kind: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in HANDED_IN[kind].items():
        (folder / name).write_text(text, encoding="utf-8")


def gradescope(tmp_path: Path) -> Path:
    """The archive, unpacked as Gradescope does it; gives its root."""
    archive = tmp_path / "autograder.zip"
    write_autograder(autograder("gradescope", OPTIONS, POINTS), archive)
    source = tmp_path / "root" / "autograder" / "source"
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(source)
        modes = {i.filename: i.external_attr >> 16 & 0o777 for i in opened.infolist()}
    assert modes["setup.sh"] == modes["run_autograder"] == 0o755
    return tmp_path / "root"


@pytest.mark.parametrize(
    "kind", ["missing", *(pytest.param(k, marks=slow) for k in HANDED_IN if k != "missing")]
)
def test_gradescope_in_its_layout(tmp_path: Path, kind: str) -> None:
    root = gradescope(tmp_path)
    installed(root / "autograder" / "source" / "suite")
    hand_in(root / "autograder" / "submission", kind)
    script = root / "autograder" / "source" / "run_autograder"
    bash(script, env=os.environ | {"NNDL_ROOT": str(root)})
    result = json.loads((root / "autograder" / "results" / "results.json").read_bytes())
    assert result["score"] == EARNED[kind]
    assert sum(test["max_score"] for test in result["tests"]) == 6.0
    if kind == "empty":
        assert result["output"].startswith("Nothing was judged.")
    else:
        hidden = [t["name"] for t in result["tests"] if t["visibility"] == "hidden"]
        assert hidden == ["affine_backward"]


@slow
@pytest.mark.parametrize("kind", HANDED_IN)
def test_prairielearn_in_its_layout(tmp_path: Path, kind: str) -> None:
    write_autograder(autograder("prairielearn", OPTIONS, POINTS), tmp_path)
    told = json.loads((tmp_path / "info.json").read_bytes())["externalGradingOptions"]
    assert told["entrypoint"] == "/nndl/run.sh"
    installed(tmp_path / "nndl")
    hand_in(tmp_path / "grade" / "student", kind)
    bash(tmp_path / "nndl" / "run.sh", env=os.environ | {"NNDL_ROOT": str(tmp_path)})
    result = json.loads((tmp_path / "grade" / "results" / "results.json").read_bytes())
    assert result["gradable"] is True
    assert result["score"] == pytest.approx(EARNED[kind] / 6)


@slow
@pytest.mark.parametrize("kind", HANDED_IN)
def test_classroom_runs_the_steps_of_its_workflow(tmp_path: Path, kind: str) -> None:
    write_autograder(autograder("classroom", OPTIONS, POINTS), tmp_path)
    installed(tmp_path / ".github" / "nndl")
    hand_in(tmp_path, kind)
    workflow = yaml.safe_load((tmp_path / ".github/workflows/classroom.yml").read_text())
    steps = {step.get("name", ""): step for step in workflow["jobs"]["gradients"]["steps"]}
    assert steps["Set up"]["run"] == "bash .github/nndl/setup.sh"
    output = tmp_path / "output"
    script = tmp_path / "step.sh"
    script.write_text(steps["Judge"]["run"], encoding="utf-8")
    environment = os.environ | {"RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(output)}
    bash(script, env=environment, cwd=tmp_path)
    name, _, encoded = output.read_text().strip().partition("=")
    assert name == "result"
    result = json.loads(base64.b64decode(encoded))
    assert result["status"] == "fail"
    assert result["max_score"] == 6.0
    assert sum(test["score"] for test in result["tests"]) == EARNED[kind]


def test_a_judge_that_breaks_gives_no_points_and_says_so(tmp_path: Path) -> None:
    root = gradescope(tmp_path)
    suite = root / "autograder" / "source" / "suite"
    installed(suite)
    (suite / "properties" / "commands" / "check.py").write_text("raise ZeroDivisionError\n")
    hand_in(root / "autograder" / "submission", "wrong")
    script = root / "autograder" / "source" / "run_autograder"
    bash(script, env=os.environ | {"NNDL_ROOT": str(root)})
    result = json.loads((root / "autograder" / "results" / "results.json").read_bytes())
    assert result["score"] == 0.0
    assert all(test["status"] == "failed" for test in result["tests"])
    assert result["output"].startswith("Nothing was judged.")


@slow
def test_set_up_installs_what_is_pinned(tmp_path: Path) -> None:
    root = gradescope(tmp_path)
    source = root / "autograder" / "source"
    environment = os.environ | {"NNDL_ROOT": str(root), "NNDL_PYTHON": sys.executable}
    done = subprocess.run(
        ["bash", str(source / "setup.sh")],
        capture_output=True, text=True, check=False, timeout=900, env=environment,
    )  # fmt: skip
    if done.returncode and "No matching distribution" in done.stderr:
        pytest.skip("no package index")
    assert done.returncode == 0, done.stderr
    python = source / "suite" / "venv" / "bin" / "python"
    listed = subprocess.run([python, "-m", "pip", "freeze"], capture_output=True, text=True)
    pinned = (source / "suite" / "requirements.txt").read_text().split()
    pinned = (source / "suite" / "requirements.txt").read_text().lower().split()
    assert set(pinned) <= set(listed.stdout.lower().split())
    hand_in(root / "autograder" / "submission", "wrong")
    bash(source / "run_autograder", env=environment)
    result = json.loads((root / "autograder" / "results" / "results.json").read_bytes())
    assert result["score"] == EARNED["wrong"]
