"""A judge that stays says what ``nndl check`` says, after every save."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from properties.commands.check import check
from properties.commands.interrupt import interruptible
from properties.commands.job import Job
from properties.commands.watch import Screen, _saves, follow
from properties.commands.watching import Watcher
from properties.spec.demands import PROFILES, Demands
from properties.tests.command_line import START
from properties.tests.slow import slow

RELU = """
import numpy as np
def relu_forward(x):
    return np.maximum(x, 0), x
def relu_backward(dout, cache):
    return dout * (cache > 0)
"""
SQUASH = """
def squash(x):
    return np.tanh(x)
def squash_prime(x):
    return 1 - np.tanh(x)**2
"""
RIGHT = RELU + SQUASH
SAVES: dict[str, str | None] = {
    "right": RIGHT,
    "a comment": RIGHT.replace("(cache > 0)", "(cache > 0)  # the kink"),
    "wrong": RIGHT.replace("(cache > 0)", "(cache > 1)"),
    "wrong, moved": "\n\n" + RIGHT.replace("(cache > 0)", "(cache > 1)"),
    "wrong in what nobody declared": RIGHT.replace("np.tanh(x)**2", "np.tanh(x)"),
    "half written": RIGHT + "def (",
    "half a line": RIGHT.replace("return dout *", "return dout * ("),
    "renamed": RIGHT.replace("relu_", "rectify_"),
    "one renamed": RIGHT.replace("relu_backward", "relu_backwards"),
    "only the layer": RELU,
    "only the other": "import numpy as np\n" + SQUASH,
    "nothing": "x = 1\n",
    "empty": "",
    "it raises": RIGHT.replace("return dout * (cache > 0)", "raise ValueError('no')"),
    "it breaks on import": RIGHT + "raise RuntimeError('at the end')\n",
    "a constant": RIGHT.replace("cache > 0", "cache > EDGE") + "EDGE = 0\n",
    "another constant": RIGHT.replace("cache > 0", "cache > EDGE") + "EDGE = 1\n",
    "deleted": None,
}
HALF = {"half written", "half a line"}
# Each once, then from any to any, as a fixed shuffle.
ORDER = [*SAVES, *(list(SAVES)[(7 * k * k + 3 * k) % len(SAVES)] for k in range(32))]


def write(file: Path, text: str | None) -> None:
    if text is None:
        file.unlink(missing_ok=True)
    else:
        file.write_text(text, encoding="utf-8")


def checked(file: Path) -> tuple[int, dict[str, Any]]:
    """The exit code of ``nndl check``, and the status of each function with its sentence."""
    record = file.with_suffix(".json")
    record.unlink(missing_ok=True)
    arguments = [str(file), "--no-steps", "--json", str(record), "--isolation", "none"]
    code = CliRunner().invoke(check, arguments).exit_code
    if code not in (0, 1):
        return code, {}
    functions = json.loads(record.read_text(encoding="utf-8"))["functions"]
    return code, {f["name"]: (f["status"], f["detail"], f["line"]) for f in functions}


def shown(watcher: Watcher) -> tuple[int, dict[str, Any]]:
    record = watcher.shown()
    if record is None or watcher.refusal:
        return 2, {}
    told = {f.name: (f.status, f.detail, f.line) for f in record.functions}
    return int(record.verdict != "pass"), told


def watcher_of(file: Path) -> Watcher:
    return Watcher(Job(target=str(file), demands=Demands(), isolation="none"))


def session(file: Path, watcher: Watcher, order: list[str]) -> Iterator[bool]:
    """Save one text after the other, each when the one before is judged; compare."""
    last: tuple[int, dict[str, Any]] = (2, {})
    answers: dict[str, tuple[int, dict[str, Any]]] = {}  # the same text has the same answer
    for number, name in enumerate(order):
        write(file, SAVES[name])
        yield True
        while watcher.waiting("standard"):
            yield False
        if name in HALF:
            assert watcher.half, name
            assert shown(watcher) == last, f"{number}: {name}"
            continue
        last = shown(watcher)
        wanted = answers[name] = answers.get(name) or checked(file)
        if wanted[0] == last[0] == 0:  # the line of a right function is not shown
            wanted, last = (_without_lines(one) for one in (wanted, last))
        assert last[0] == wanted[0], f"{number}: {name}"
        assert _told(last) == _told(wanted), f"{number}: {name}"


def _without_lines(one: tuple[int, dict[str, Any]]) -> tuple[int, dict[str, Any]]:
    return one[0], {name: told[:2] for name, told in one[1].items()}


def _told(one: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    """Statuses, with sentence and line of what is not right."""
    return {n: t if t[0] in ("fail", "error") else t[0] for n, t in one[1].items()}


def played(folder: Path, order: list[str]) -> str:
    file = folder / "layers.py"
    write(file, RIGHT)
    watcher = watcher_of(file)
    stream = io.StringIO()
    screen = Screen(Console(file=stream, width=100), watcher)
    follow(watcher, screen, session(file, watcher, order), steps=False)
    return stream.getvalue()


def test_a_short_session(tmp_path: Path) -> None:
    text = played(tmp_path, ["wrong", "half written"])
    for part in ("✘ FAIL: 1 of 3 wrong: relu_backward", "does not parse"):
        assert part in text


@slow
def test_fifty_saves_show_what_the_check_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(ORDER) == 50
    monkeypatch.setitem(PROFILES, "quick", 10)  # how many examples there are is not the point
    monkeypatch.setitem(PROFILES, "standard", 20)
    played(tmp_path, ORDER)


def test_only_what_changed_is_judged(tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    write(file, RIGHT)
    watcher = watcher_of(file)
    assert watcher.look()
    watcher.judge(watcher.waiting("quick"), "quick")
    assert watcher.waiting("quick") == []
    write(file, SAVES["a comment"])
    assert watcher.look()
    assert watcher.waiting("quick") == []
    write(file, SAVES["wrong in what nobody declared"])
    assert watcher.look()
    assert watcher.waiting("quick") == ["what nobody declared"]
    write(file, SAVES["wrong"])
    assert watcher.look()
    assert watcher.waiting("quick") == ["relu", "what nobody declared"]


def test_what_is_written_while_it_is_judged_is_judged_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "layers.py"
    write(file, RELU)
    watcher = watcher_of(file)
    assert watcher.look()
    opened = Job.open

    def saved_meanwhile(*args: Any) -> Any:
        write(file, SAVES["wrong"])
        return opened(*args)

    monkeypatch.setattr(Job, "open", saved_meanwhile)
    watcher.judge(["relu"], "quick")
    monkeypatch.undo()
    write(file, RELU)
    assert watcher.look()
    assert "relu" in watcher.waiting("quick")


class Swallowing:
    """Hears Ctrl-C where Python swallows what is raised."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_that_was_swallowed_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_saved(*_: object, **__: object) -> Iterator[set[object]]:
        yield set()
        Swallowing()
        yield set()

    monkeypatch.setattr("properties.commands.watch.changes_in", nothing_saved)
    with interruptible(at_once=True) as interrupt:
        saves = _saves(tmp_path, interrupt)
        assert next(saves) is False
        with pytest.raises(KeyboardInterrupt):
            next(saves)


@slow
def test_the_command_answers_on_a_save_and_ends_cleanly(tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    write(file, RELU)
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", START, "watch", "layers.py"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path, bufsize=1,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        seen: list[str] = []

        def until(part: str) -> None:
            for line in process.stdout or ():
                seen.append(line)
                if part in line:
                    return
            raise AssertionError("".join(seen))

        until("watching (Ctrl-C ends)")
        time.sleep(1)  # a watcher of files begins a moment after the first verdict
        write(file, SAVES["wrong"])
        until("✘ relu_backward: dx")
        write(file, RELU)
        until("✔ relu_backward")
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=60)[0]
    finally:
        process.kill()
    assert process.returncode == 0
    assert "Traceback" not in rest
    assert "nndl watch: ended" in rest
