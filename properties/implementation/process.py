"""The child process as the parent sees it: start, exchange, deadline, end."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import shutil
import signal
import site
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .child import main as child_main
from .child.channel import Channel, Closed
from .child.values import PROGRESS, PROGRESS_SIZE
from .child.wire import Encoder, Node, ProtocolError, parse

START_SECONDS = 60.0
_MAX_STDERR = 16 << 20
_KEPT = (
    "PATH",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "LANG",
    "LC_ALL",
    "PATHEXT",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "NUMBER_OF_PROCESSORS",
)
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "BLIS_NUM_THREADS",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an implementation may use.

    ``call_seconds`` for each call, ``import_seconds`` for each module of the target,
    ``memory_bytes`` of address space for the child, ``reply_bytes`` for what one list of calls
    returns. ``failures`` is the number of time-outs and crashes after which a function is not
    called again.
    """

    call_seconds: float = 10.0
    import_seconds: float = 20.0
    memory_bytes: int = 4 << 30
    reply_bytes: int = 512 << 20
    failures: int = 3


class ChildDied(Exception):
    """The child is gone: ``status`` is timeout or crashed, ``index`` the call it was at.

    ``certain`` is false when that call need not be the cause: bytes on the pipe may be older.
    """

    def __init__(
        self, status: str, message: str, *, index: int, module: str, certain: bool
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.index = index
        self.certain = certain
        self.module = module


class Child:
    """A running child process.

    Parameters
    ----------
    limits : Limits
        What it may use.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._folder = tempfile.mkdtemp(prefix="nndl-check-")
        self._closed = False
        self._sequence = 0
        self._deadline = float("inf")
        self._timed_out = ""
        try:
            self._start()
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def _start(self) -> None:
        home = os.path.join(self._folder, "home")
        os.mkdir(home)
        progress = os.path.join(self._folder, "progress")
        with open(progress, "wb") as file:
            file.write(bytes(PROGRESS_SIZE))
        with open(progress, "r+b") as file:
            self._progress = mmap.mmap(file.fileno(), PROGRESS_SIZE)
        configuration = {
            "sys_path": _search_path(),
            "progress": progress,
            "memory_bytes": self._limits.memory_bytes,
            "frame_bytes": max(self._limits.memory_bytes, 1 << 30),
            "parent": os.getpid(),
        }
        more: dict[str, Any] = {}
        if os.name == "nt":
            more["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP  # type: ignore[attr-defined]
        else:
            more["start_new_session"] = True
        self._stderr = os.path.join(self._folder, "stderr")
        with open(self._stderr, "wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-B", str(Path(child_main.__file__)), json.dumps(configuration)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=home,
                env=_environment(home),
                bufsize=0,
                **more,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        reader, writer = self._process.stdout.fileno(), self._process.stdin.fileno()
        self._channel = Channel(reader, writer, self._limits.reply_bytes)
        shortest = min(self._limits.call_seconds, self._limits.import_seconds)
        self._poll = min(max(shortest / 10, 0.01), 0.25)
        self._stop = threading.Event()
        self._watchdog = threading.Thread(target=self._watch, daemon=True, name="child watchdog")
        self._watchdog.start()

    # one exchange

    def exchange(
        self, header: Node, encoder: Encoder, *, seconds: float, total: float
    ) -> tuple[Node, memoryview]:
        """Send a request and wait for its reply.

        Parameters
        ----------
        seconds : float
            Time for each step (a call, a module); starts again when the child reports progress.
        total : float
            Time for everything.

        Raises
        ------
        ChildDied
            The time was up, the child ended, or what it sent was no reply.
        """
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        PROGRESS.pack_into(self._progress, 0, 0, 0)
        self._seconds = seconds
        self._seen = 0
        now = time.monotonic()
        self._total = now + total
        self._deadline = now + seconds
        try:
            self._channel.send(encoder.frame(header, self._sequence))
            rest, header_length, sequence = self._channel.receive()
            self._deadline = float("inf")
            if sequence != self._sequence:
                raise ProtocolError("a reply to another request")
            return parse(rest, header_length)
        except (Closed, ProtocolError) as error:
            self._deadline = float("inf")
            raise self._died(error) from None
        except BaseException:
            self._deadline = float("inf")
            self.close()
            raise

    def broke_protocol(self, error: ProtocolError) -> ChildDied:
        """Treat a reply whose content is malformed like a crash."""
        return self._died(error)

    def _died(self, error: Exception) -> ChildDied:
        _, index = PROGRESS.unpack_from(self._progress, 0)
        raw = self._progress[PROGRESS.size :]
        module = raw.split(b"\0", 1)[0].decode("utf-8", "replace")
        if isinstance(error, ProtocolError):
            status, message = "crashed", f"it broke the protocol: {error}"
        elif self._timed_out:
            status, message = "timeout", self._timed_out
        else:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            status, message = "crashed", self._epitaph()
        self.close()
        certain = not isinstance(error, ProtocolError)
        return ChildDied(status, message, index=index, module=module, certain=certain)

    def _epitaph(self) -> str:
        """Say how the process ended, with the line that the fault handler noted."""
        code = self._process.returncode
        if code is not None and code < 0:
            try:
                name = signal.Signals(-code).name
            except ValueError:
                name = f"signal {-code}"
            words = {
                "SIGSEGV": "segmentation fault",
                "SIGKILL": "killed, perhaps for its memory",
                "SIGABRT": "aborted",
            }
            text = f"the process died of {name}"
            if name in words:
                text += f" ({words[name]})"
        else:
            text = f"the process ended itself with exit code {code}"
        try:
            with open(self._stderr, "rb") as file:
                noted = file.read(20_000).decode("utf-8", "replace")
        except OSError:
            noted = ""
        for line in noted.splitlines():
            if line.startswith("Fatal Python error:"):
                text += f"; {line[20:].strip()}"[:200]
            if line.startswith("  File ") and "_suite_child" not in line:
                return f"{text}; {line.strip()}"
        return text

    # the watchdog

    def _watch(self) -> None:
        while not self._stop.wait(self._poll):
            if self._deadline == float("inf"):
                continue
            now = time.monotonic()
            count, _ = PROGRESS.unpack_from(self._progress, 0)
            if count != self._seen:
                self._seen = count
                self._deadline = now + self._seconds
            reason = ""
            if now > min(self._deadline, self._total):
                reason = f"still running after {self._seconds:g} s"
            elif self._written() > _MAX_STDERR:
                reason = "wrote too much to standard error"
            if reason and self._deadline != float("inf"):
                self._timed_out = reason
                self._kill()
                return

    def _written(self) -> int:
        try:
            return os.stat(self._stderr).st_size
        except OSError:
            return 0

    # the end

    def _kill(self) -> None:
        """End the child and what it may have started."""
        process = self._process
        with contextlib.suppress(OSError):
            if os.name == "nt":
                if process.poll() is None:
                    command = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
                    subprocess.run(command, capture_output=True, check=False, timeout=10)
            elif process.returncode is None:
                # Not waited for yet, so that the number still belongs to our group.
                os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            process.kill()

    def close(self) -> None:
        """End the process and remove its folder; calling it again does nothing."""
        if self._closed:
            return
        self._closed = True
        self._stop.set()
        self._kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        if threading.current_thread() is not self._watchdog:
            self._watchdog.join(2)
        with contextlib.suppress(BufferError):
            self._progress.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _environment(home: str) -> dict[str, str]:
    """Give the child what it needs to run and nothing that it need not know."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment.update(dict.fromkeys(_THREADS, "1"))
    environment.update(dict.fromkeys(("HOME", "USERPROFILE", "TMP", "TEMP", "TMPDIR"), home))
    environment.update(
        PYTHONHASHSEED="0",
        PYTHONDONTWRITEBYTECODE="1",
        PYTHONBREAKPOINT="0",
        PYTHONIOENCODING="utf-8",
        PYTHONNOUSERSITE="1",
        MPLBACKEND="Agg",
    )
    return environment


def _search_path() -> list[str]:
    """Give the parent's import path without the folders of the suite and of the homework."""
    import numpy

    prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix}
    with contextlib.suppress(Exception):
        prefixes.update([site.getusersitepackages(), *site.getsitepackages()])
    prefixes.add(str(Path(numpy.__file__).parents[1]))
    kept = []
    for entry in sys.path:
        full = os.path.abspath(entry) if entry else ""
        inside = any(full == p or full.startswith(p.rstrip("/\\") + os.sep) for p in prefixes if p)
        if full and inside and Path(__file__).parents[1] not in Path(full).parents:
            kept.append(full)
    # A virtual environment inside the suite's folder is fine, the suite's folder itself is not.
    suite = str(Path(__file__).resolve().parents[2])
    return [entry for entry in kept if os.path.realpath(entry) != suite]
