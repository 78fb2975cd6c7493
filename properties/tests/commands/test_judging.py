"""Rows mapped over processes: the same answers, and no silence when one of them ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from properties.commands import judging, workers
from properties.commands.check import run
from properties.judge.plan import Cell
from properties.record.schema import Record

RIGHT_RELU = """
import numpy as np
def relu_forward(x):
    return np.maximum(x, 0), x
def relu_backward(dout, cache):
    return dout * (cache > 0)
"""
UPHILL = """
def sgd(w, dw, config=None):
    config = config or {}
    config.setdefault("learning_rate", 1e-2)
    return w + config["learning_rate"] * dw, config
"""


@pytest.fixture
def target(tmp_path: Path) -> str:
    """A homework with a right layer and a wrong update rule."""
    package = tmp_path / "nndl"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "layers.py").write_text(RIGHT_RELU, encoding="utf-8")
    (package / "optim.py").write_text(UPHILL, encoding="utf-8")
    return str(package)


def told(record: Record) -> list[tuple[str, str, str]]:
    return [(f.name, f.status, f.detail) for f in record.functions]


def ended(cells: tuple[Cell, ...]) -> None:
    os._exit(7)


def test_two_processes_say_what_one_says(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for count in (1, 2):
        monkeypatch.setattr(judging, "processors", lambda count=count: count)
        found.append(run(target, only="relu,optim", profile="quick"))
    one, two = found
    assert told(one) == told(two)
    assert one.verdict == two.verdict == "fail"
    assert two.complete


def test_a_process_that_ends_is_told(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "processors", lambda: 2)
    monkeypatch.setattr(workers, "judge", ended)
    with pytest.raises(RuntimeError, match="a process that judges ended"):
        run(target, only="relu,optim", profile="quick")
