"""The second process: the same answers, and no silence when it breaks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from properties.commands import beside
from properties.commands.check import run

from .test_command import RIGHT

SGD = """
def sgd(w, dw, config=None):
    config = config or {}
    config.setdefault("learning_rate", 1e-2)
    return w + config["learning_rate"] * dw, config
"""


def _told(record: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(f["name"], f["status"], f["detail"]) for f in record["functions"]]


@pytest.fixture
def target(tmp_path: Path) -> str:
    """A homework with right layers and a wrong update rule."""
    package = tmp_path / "nndl"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "layers.py").write_text(RIGHT, encoding="utf-8")
    (package / "optim.py").write_text(SGD, encoding="utf-8")
    return str(package)


def test_two_processes_say_what_one_says(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_processors", lambda: 2)
    started: list[Any] = []

    class Watched(beside.Beside):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            started.append(self)

    monkeypatch.setattr(beside, "Beside", Watched)
    options: dict[str, Any] = {"only": "relu,optim", "profile": "quick"}
    two = run(target, **options)
    assert len(started) == 1
    one = run(target, **options, beside=False)
    assert _told(two) == _told(one)
    assert two["verdict"] == one["verdict"] == "fail"
    assert two["complete"]
    assert {name: status for name, status, _ in _told(two)}["optim.sgd"] == "fail"


def test_one_kind_of_row_needs_one_process(target: str) -> None:
    started = beside.start_beside
    suite: Any = type("Suite", (), {})()
    suite.specs = ()
    suite.implementation = type("Held", (), {"functions": {}})()
    assert started(suite, None) is None  # type: ignore[arg-type]


def test_a_second_process_that_breaks_is_told(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_processors", lambda: 2)
    monkeypatch.setattr(beside, "_PROGRAM", "raise SystemExit('no luck')")
    with pytest.raises(RuntimeError, match="no luck"):
        run(target, only="relu,optim", profile="quick")


def test_it_ends_when_it_is_told_to(target: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", beside._PROGRAM, '{"target": "bundled"}'],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    second = beside.Beside.__new__(beside.Beside)
    second.process = process
    second.end()
    assert process.returncode not in (None, 0)
