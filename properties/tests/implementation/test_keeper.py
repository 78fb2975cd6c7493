"""What code under test leaves running is ended with it, where limits alone hold it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from properties.implementation import Call, Implementation, Limits, open_implementation, starting
from properties.implementation.target import resolve_target
from properties.tests.slow import slow

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="subreapers are Linux's")
NAMES = ["survives", "hangs", "dies", "leaves"]
CODE = """
import ctypes, os, time
libc = ctypes.PyDLL(None)  # a fork keeps the GIL: another thread may hold it after CDLL gave it up
def survives(n):
    for _ in range(n):
        if libc.fork() == 0:
            libc.setsid()
            if libc.fork() == 0:
                libc.setsid()
                libc.sleep(60)
            libc._exit(0)
    for _ in range(n):
        libc.wait(None)  # those in between: when they are gone, the others have left the group
    return 1.0
def hangs(n):
    survives(n)
    time.sleep(60)
def dies(n):
    survives(n)
    ctypes.string_at(0)
def leaves(n):
    survives(n)
    os._exit(7)
"""


def alive(judge: int | None = None) -> list[int]:
    """Every process that is a child of a judge, or a fork of one, by its arguments."""
    mine = f'"parent": {judge or os.getpid()},'.encode()
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and mine in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def comes(true: Callable[[], bool]) -> bool:
    """Whether something comes to be true: forks take a moment to be there, and to be gone."""
    until = time.monotonic() + 30
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
    return true()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Implementation]:
    (tmp_path / "layers.py").write_text(CODE)
    limits = Limits(isolation="none", call_seconds=1.0)
    target = resolve_target(str(tmp_path / "layers.py"))
    with open_implementation(target, names=NAMES, limits=limits) as made:
        yield made


def test_processes_that_left_their_group_are_ended(opened: Implementation) -> None:
    [outcome] = opened.run([Call("survives", (10,))])
    assert outcome.ok, outcome
    assert comes(lambda: len(alive()) >= 12)
    opened.close()
    assert comes(lambda: not alive())


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("hangs", "timeout", "still running"),
        ("dies", "crashed", "segmentation fault"),
        ("leaves", "crashed", "exit code 7"),
    ],
)
def test_how_it_ended_is_told_as_without_a_keeper(
    opened: Implementation, name: str, status: str, message: str
) -> None:
    [outcome] = opened.run([Call(name, (2,))])
    assert outcome.status == status
    assert message in outcome.message
    opened.close()
    assert comes(lambda: not alive())


@slow
def test_without_a_keeper_they_survive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "KEEPER", False)
    (tmp_path / "layers.py").write_text(CODE)
    target = resolve_target(str(tmp_path / "layers.py"))
    with open_implementation(target, names=NAMES, limits=Limits(isolation="none")) as made:
        made.run([Call("survives", (3,))])
    comes(lambda: len(alive()) >= 3)
    left = alive()
    for one in left:
        os.kill(one, signal.SIGKILL)
    assert len(left) == 3


def test_they_end_with_a_judge_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(CODE)
    judge = os.fork()
    if judge == 0:
        target = resolve_target(str(tmp_path / "layers.py"))
        limits = Limits(isolation="none", call_seconds=60.0)
        open_implementation(target, names=NAMES, limits=limits).run([Call("hangs", (3,))])
        os._exit(0)
    assert comes(lambda: len(alive(judge)) >= 5)
    os.kill(judge, signal.SIGKILL)
    os.waitpid(judge, 0)
    assert comes(lambda: not alive(judge))
