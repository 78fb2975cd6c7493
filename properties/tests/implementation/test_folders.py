"""Folders of the moment: none stays, however deep it is and however its process ended."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from properties.implementation import Limits, folders, resolve_target
from properties.implementation.child.values import Call
from properties.implementation.client import InChildProcess
from properties.implementation.folders import OwnFolder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks of POSIX")

DEEP = """
import os
def forward(x):
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    while x:
        pass
    return x
"""


@pytest.mark.parametrize("hangs", [1.0, 0.0])
def test_a_chain_of_folders_ends_neither_the_watchdog_nor_the_judge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hangs: float
) -> None:
    (tmp_path / "layers.py").write_text(DEEP)
    memory = "/dev/shm"  # to remove so many from a disk takes seconds
    own = tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", own)
    target = resolve_target(str(tmp_path / "layers.py"))
    limits = Limits(isolation="none", call_seconds=1.0)
    with InChildProcess(target, ["forward"], limits) as implementation:
        [outcome] = implementation.run([Call("forward", (hangs,))])
    assert outcome.status == ("timeout" if hangs else "ok")
    os.rmdir(own)  # nothing is left in it


def test_what_a_killed_process_left_is_removed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    script = (
        "import os, signal\n"
        "from properties.implementation.folders import OwnFolder\n"
        "OwnFolder('check')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = str(Path(folders.__file__).parents[2])
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": root}
    subprocess.run([sys.executable, "-c", script], env=environment, check=False, timeout=60)
    [left] = os.listdir(tmp_path)
    (tmp_path / "nndl-notes").mkdir()
    held = OwnFolder("check")
    folders._once.cache_clear()
    with OwnFolder("check"):
        there = os.listdir(tmp_path)
    assert left not in there
    assert {"nndl-notes", os.path.basename(held.path)} < set(there)
    held.remove()


def test_a_folder_goes_with_what_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    (folder / "b" / "c").mkdir(parents=True)
    (folder / "link").symlink_to(tmp_path)
    (folder / "b" / "c").chmod(0)
    (folder / "b").chmod(0)
    folders.remove_tree(str(folder))
    assert os.listdir(tmp_path) == []
