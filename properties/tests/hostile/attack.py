"""One attack: what hostile code tries from inside a function, and how it is seen to succeed."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
import pytest

import properties
from properties.implementation import Call, Limits, Outcome, isolation, resolve_target, starting
from properties.implementation.child.confine import landlock
from properties.implementation.client import InChildProcess
from properties.implementation.isolation import Isolation, Tier

_PROJECT = Path(properties.__file__).parents[1]
SECRET = "the teacher's secret"

HEADER = """
import ctypes, os, sys, time
import numpy as np
libc = ctypes.CDLL(None, use_errno=True)  # native code: an audit hook does not see it
def call(number, *arguments):
    typed = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *typed)
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result
def unhook():  # the audit hook looks its names up in a module that Python can reach
    guard = sys.modules["_suite_child.guard"]
    guard._PROCESSES = guard._NETWORK = guard._REMOVAL = frozenset()
    guard._WRITING = 0
def borrowed(name, folder):  # past the import finder, which knows what must not be found
    import importlib.machinery, importlib.util
    spec = importlib.machinery.PathFinder.find_spec(name, [folder])
    importlib.util.module_from_spec(spec)
    return open(spec.origin).read() != ""
"""


@dataclass(frozen=True, kw_only=True)
class Attack:
    """Lines of a function ``attack(where)``; it returns True, or leaves a trace, when it succeeds.

    ``where`` has the paths and numbers of a `Scene`. ``traces`` are what it may leave in the scene,
    seen from outside. ``holds`` are the tiers under which it must fail.
    """

    name: str
    lines: str
    holds: tuple[Tier, ...] = ("bubblewrap", "landlock")

    def function(self, name: str) -> str:
        """The attack as a function of the module that `HEADER` begins."""
        body = "".join(f"    {line}\n" for line in self.lines.strip("\n").split("\n"))
        return f"def {name}(where):\n{body}"


@dataclass(kw_only=True)
class Scene:
    """What an attack may reach for: a teacher's files, another submission, a process, a port."""

    folder: Path
    bystander: subprocess.Popen[bytes]
    server: socket.socket
    mailbox: socket.socket
    left: dict[str, int]
    before: dict[str, tuple[bytes, int]] = field(default_factory=dict)

    @property
    def where(self) -> dict[str, str | int]:
        """What an attacker would find out by looking around."""
        return {
            "secret": str(self.folder / "teacher" / "secret.txt"),
            "record": str(self.folder / "teacher" / "record.json"),
            "other": str(self.folder / "submissions" / "bob" / "layers.py"),
            "suite": str(self.folder / "suite" / "judge.py"),
            "teacher": str(self.folder / "teacher"),
            "escaped": str(self.folder / "teacher" / "escaped"),
            "judge": os.getpid(),
            "bystander": self.bystander.pid,
            "port": self.server.getsockname()[1],
            "mailbox": self.mailbox.getsockname(),
            **self.left,
            "project": str(_PROJECT),
            "packages": str(Path(hypothesis.__file__).parents[1]),
        }

    def files(self) -> dict[str, tuple[bytes, int]]:
        """Content and mode of every file outside the submission."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            if "alice" not in path.parts:
                content = path.read_bytes() if path.is_file() else b""
                found[str(path)] = (content, path.lstat().st_mode)
        return found

    def traces(self) -> list[str]:
        """What an attack left: files, a process that was ended or stopped, a connection."""
        found = [] if self.files() == self.before else ["a file was touched"]
        if self.bystander.poll() is not None:
            found.append("a process was ended")
        elif self.state() == "T":
            found.append("a process was stopped")
        with contextlib.suppress(BlockingIOError):
            self.server.accept()[0].close()
            found.append("a connection came")
        with contextlib.suppress(BlockingIOError):
            self.mailbox.recv(16)
            found.append("a letter came")
        return found

    def state(self) -> str:
        """The state of the bystander, as the kernel says it."""
        text = Path(f"/proc/{self.bystander.pid}/stat").read_text()
        return text.rpartition(")")[2].split()[0]


@contextlib.contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """A teacher's machine in small."""
    for name in ("teacher", "suite", "submissions/alice", "submissions/bob"):
        (folder / name).mkdir(parents=True)
    (folder / "teacher" / "secret.txt").write_text(SECRET)
    (folder / "teacher" / "record.json").write_text('{"verdict": "fail"}')
    (folder / "suite" / "judge.py").write_text("TRUTH = 1\n")
    (folder / "submissions" / "bob" / "layers.py").write_text("answer = 42\n")
    process = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
    server = socket.create_server(("127.0.0.1", 0))
    mailbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    for one in (server, mailbox):
        one.setblocking(False)
    with tempfile.TemporaryDirectory() as short, left_in_memory() as left:
        mailbox.bind(os.path.join(short, "box"))  # the name of a socket has 107 bytes at most
        made = Scene(folder=folder, bystander=process, server=server, mailbox=mailbox, left=left)
        made.before = made.files()
        try:
            yield made
        finally:
            process.kill()
            process.wait()
            for one in (server, mailbox):
                one.close()


@contextlib.contextmanager
def left_in_memory() -> Iterator[dict[str, int]]:
    """What others share by System V, by number: memory and a queue of messages."""
    libc = ctypes.CDLL(None)
    segment, queue = libc.shmget(0, 4096, 0o1600), libc.msgget(0, 0o1600)
    try:
        yield {"segment": segment, "queue": queue}
    finally:
        libc.shmctl(segment, 0, None)
        libc.msgctl(queue, 0, None)


@contextlib.contextmanager
def forced(tier: Tier) -> Iterator[Isolation]:
    """What to ask for so that this tier holds; skips where this machine does not have it."""
    best, reason = isolation._best()
    if tier == "limits":
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(starting, "KEEPER", False)
            yield "none"
        return
    if tier == "bubblewrap" and best != tier:
        pytest.skip(f"no bubblewrap here: {reason}")
    if not landlock.version():
        pytest.skip("no Landlock here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(isolation, "_best", lambda: (tier, ""))
        yield "require"


class Crowd:
    """Attacks that run one after the other in the same child of a tier.

    Where only limits hold, each has a child of its own: what it does to it is not the next one's.
    """

    def __init__(self, folder: Path, attacks: Sequence[Attack]) -> None:
        self._names = {attack.name: f"attack_{place}" for place, attack in enumerate(attacks)}
        functions = [attack.function(self._names[attack.name]) for attack in attacks]
        self._file = folder / "layers.py"
        self._file.write_text(HEADER + "".join(functions))
        self._children: dict[Tier, InChildProcess] = {}

    def run(self, attack: Attack, tier: Tier, stage: Scene) -> tuple[Outcome, bool]:
        """Run an attack under a tier; its outcome, and whether it succeeded."""
        if tier == "limits":
            file = stage.folder / "submissions" / "alice" / "layers.py"
            file.write_text(HEADER + attack.function("attack"))
            with forced(tier), _opened(file, ["attack"], tier) as child:
                return _run(child, "attack", attack, stage)
        if tier not in self._children:
            self._children[tier] = _opened(self._file, [*self._names.values()], tier)
        return _run(self._children[tier], self._names[attack.name], attack, stage)

    def close(self) -> None:
        """End all children."""
        for child in self._children.values():
            child.close()


def _opened(file: Path, names: Sequence[str], tier: Tier) -> InChildProcess:
    with forced(tier) as asked:
        limits = Limits(isolation=asked, call_seconds=3.0)
        return InChildProcess(resolve_target(str(file)), names, limits)


def _run(
    child: InChildProcess, function: str, attack: Attack, stage: Scene
) -> tuple[Outcome, bool]:
    [outcome] = child.run([Call(function, (stage.where,))])
    time.sleep(0.3 if "outlives" in attack.name else 0.0)  # a survivor would act now
    won = bool(outcome.ok and outcome.outputs and outcome.outputs[0] is True)
    until = time.monotonic() + (2.0 if child.limits.isolation == "none" else 0.0)
    won = won or bool(stage.traces())
    while not won and time.monotonic() < until:  # a signal takes a moment
        time.sleep(0.05)
        won = bool(stage.traces())
    return outcome, won
