"""The judge's own end: no code of a stranger may keep it for longer than a run may take."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import properties
from properties.commands import undeclared

ROOT = str(Path(properties.__file__).parents[1])


def test_a_judge_that_goes_on_after_the_run_ends_without_a_verdict() -> None:
    script = (
        "import sys, time\n"
        f"sys.path.insert(0, {ROOT!r})\n"
        "from properties.commands import isolating\n"
        "isolating.GRACE = 0.1\n"
        "with isolating.Overdue(time.monotonic()):\n"
        "    while True:\n"
        "        pass\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60)
    assert ended.returncode == 3
    assert b"no verdict" in ended.stderr


class _Named:
    name = "g_backward"


def test_a_process_that_finds_other_functions_judges_none_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(undeclared, "_here", (None, None, None, [_Named()]), raising=False)
    assert undeclared._judge_one((0, "f_backward")) is None
    assert undeclared._judge_one((1, "g_backward")) is None
