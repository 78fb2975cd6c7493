"""What a worker of the cluster does with one submission: lays it out, and asks its server."""

from __future__ import annotations

import atexit
import contextlib
import platform
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from ..implementation.folders import OwnFolder
from .values import Contents, Options, Order, Result

FOLDER = "submission"
_ROOMS = Path(__file__).resolve().parents[2]
_NAME = platform.node()
_START = (
    f"import sys; sys.path.insert(0, {str(_ROOMS)!r}); "
    "from properties.grading.server import serve; serve()"
)


class Answer(msgspec.Struct):
    """A result, the server that gave it and what is wrong with that server's canaries."""

    result: Result
    server: str
    trouble: str = ""


def on_worker(name: str) -> Callable[..., Any]:
    """A function of this module as a worker takes it, by whichever name it has the suite."""

    def call(*args: Any) -> Any:
        import contextlib
        import importlib

        with contextlib.suppress(ImportError):
            importlib.import_module("nndl_suite.properties").activate()
        return getattr(importlib.import_module("properties.grading.worker"), name)(*args)

    return call


def check_last(order: bytes, everywhere: bool) -> list[str]:
    """Judge the canaries once more in every server of this worker; which of them are wrong.

    Where there is none a new one is asked, if one has judged here and is gone, or `everywhere`.
    """
    with _lock:
        servers = [server for server in _idle if server.order == order]
    if not servers and (everywhere or _judged_here.is_set()):
        with _borrowed(order) as server:
            return [server.name] if server.trouble else []
    return [server.name for server in servers if server.canaries()]


def judge(order: bytes, contents: bytes) -> bytes:
    """Judge a submission in a server of this worker; a server that dies is replaced once."""
    _judged_here.set()
    files = msgspec.msgpack.decode(contents, type=Contents)
    for last in (False, True):
        try:
            with _borrowed(order) as server:
                name, trouble = server.name, server.trouble
                if trouble:
                    result = Result(status="lost", reason=trouble)
                    break
                result = server.judge(files)
        except (EOFError, OSError) as error:
            name, trouble = _NAME, ""
            result = Result(status="lost", reason=f"the judging process died ({error!r})")
        if result.status != "lost" or last:
            break
    return msgspec.json.encode(Answer(result, name, trouble))


class Server:
    """A server process, with its canaries judged."""

    def __init__(self, order: bytes) -> None:
        from .server import Ready, Start, receive, send
        from .values import suite_version

        self.order = order
        decoded = msgspec.json.decode(order, type=Order)
        self._options = decoded.options
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        self.name = f"{_NAME}:{self._process.pid}"
        self._ended = False
        try:
            send(self._in, Start(order=decoded, version=suite_version()))
            self.trouble = msgspec.json.decode(receive(self._out), type=Ready).trouble
        except BaseException:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return not self._ended and self._process.poll() is None and not self.trouble

    def judge(self, contents: Contents) -> Result:
        """Lay a submission out and have it judged."""
        from .server import Task, receive, send

        with OwnFolder("grade") as home:
            try:
                lay_out(contents, home, self._options)
                send(self._in, Task(home=str(home), notes=contents.notes))
                return msgspec.json.decode(receive(self._out), type=Result)
            except BaseException:
                self._ended = True  # what it would answer next belongs to this submission
                raise

    def canaries(self) -> str:
        """Have the canaries judged once more."""
        from .server import Ready, Task, receive, send

        try:
            send(self._in, Task(home=""))
            self.trouble = msgspec.json.decode(receive(self._out), type=Ready).trouble
        except (EOFError, OSError):
            self.trouble = "the judging process died"
        return self.trouble

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(OSError):
            self._in.close()
        self._process.kill()
        self._process.wait()
        self._out.close()


def lay_out(contents: Contents, home: Path, options: Options) -> None:
    """Write the files of a submission; their paths were held to be plain when they were read."""
    root = home / FOLDER
    root.mkdir()
    for name, data in contents.files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as stream:
            stream.write(data)
    if options.specs:
        (home / "specs.py").write_text(options.specs, encoding="utf-8")


_idle: list[Server] = []
_lock = threading.Lock()
_judged_here = threading.Event()


@contextlib.contextmanager
def _borrowed(order: bytes) -> Iterator[Server]:
    """A server that nobody else asks meanwhile: one for each thread of the worker."""
    server: Server | None = None
    with _lock:
        while _idle and server is None:
            server = _idle.pop()
            if server.order != order or not server.alive:
                server.close()
                server = None
    server = server or Server(order)
    try:
        yield server
    finally:
        if server.alive:
            with _lock:
                _idle.append(server)
        else:
            server.close()


def close_servers(*_: Any) -> None:
    """End all servers that wait for work."""
    with _lock:
        while _idle:
            _idle.pop().close()


atexit.register(close_servers)
