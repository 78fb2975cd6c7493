"""The child process as the parent sees it: exchange, deadline, end."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import threading
import time

from .child.channel import Channel, Closed
from .child.values import PROGRESS
from .child.wire import Encoder, Node, ProtocolError, parse
from .isolation import Tier
from .limits import Limits
from .starting import PIPE_BYTES, Started
from .tasks import Tasks
from .turn import Turn
from .view import View

_MAX_STDERR = 16 << 20
_KEPT_STDERR = 20_000
_GONE_SECONDS = 5.0
_MANY_FILES = 2_000
_MANY_TASKS = 500


class ChildDied(Exception):
    """The child is gone: ``status`` is timeout or crashed, ``index`` the call it was at.

    ``certain`` is false when that call need not be the cause: bytes on the pipe may be older.
    ``began`` is false when it ended before any code under test could run.
    """

    def __init__(
        self,
        status: str,
        message: str,
        *,
        index: int,
        module: str,
        certain: bool,
        began: bool = True,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.index = index
        self.certain = certain
        self.began = began
        self.module = module


class Child:
    """A running child process.

    Parameters
    ----------
    limits : Limits
        What it may use.
    tier, view
        How it is kept apart, and what it can read; without a view, everything.
    """

    def __init__(self, limits: Limits, tier: Tier = "limits", view: View | None = None) -> None:
        self._limits = limits
        self._closed = False
        self._sequence = 0
        self._turn: Turn | None = None
        self._timed_out = ""
        self._index, self._module, self._partial = 0, "", b""
        self._noted, self._stderr_bytes = b"", 0
        self._began = False
        self._started = Started(tier, view, limits)
        process = self._process = self._started.process
        self._tasks = Tasks(process.pid, self._started.deep)
        assert process.stdin is not None
        assert process.stdout is not None
        self._channel = Channel(
            process.stdout.fileno(), process.stdin.fileno(), limits.reply_bytes, limits.header_bytes
        )
        shortest = min(limits.call_seconds, limits.import_seconds)
        self._poll = min(max(shortest / 10, 0.01), 0.25)
        self._stop = threading.Event()
        self._reading = threading.Lock()
        self._watchdog = threading.Thread(target=self._watch, daemon=True, name="child watchdog")
        self._watchdog.start()

    # one exchange

    def exchange(
        self, header: Node, encoder: Encoder, *, seconds: float, total: float, until: float
    ) -> tuple[Node, memoryview]:
        """Send a request and wait for its reply.

        Parameters
        ----------
        seconds : float
            Time for each step (a call, a module); starts again when the child reports progress.
        total : float
            Time for everything.
        until : float
            Reading of `time.monotonic` at which the whole run is over.

        Raises
        ------
        ChildDied
            The time was up, the child ended, or what it sent was no reply.
        """
        with self._reading:
            self._sequence = (self._sequence + 1) & 0xFFFFFFFF
            self._index, self._module = 0, ""
            self._stderr_bytes = 0  # what one function wrote is not another's
        self._turn = Turn(seconds=seconds, total=total, until=until)
        try:
            self._channel.send(encoder.frame(header, self._sequence))
            rest, header_length, sequence = self._channel.receive()
            self._turn = None
            if sequence != self._sequence:
                raise ProtocolError("a reply to another request")
            self._drain()  # a child that finds its pipe full stands still until the watchdog looks
            if self._wrote_too_much():  # a quick writer is done before the watchdog looks
                self._timed_out = self._too_much()
                raise Closed
            return parse(rest, header_length)
        except (Closed, ProtocolError) as error:
            self._turn = None
            raise self._died(error) from None
        except BaseException:
            self._turn = None
            self.close()
            raise

    def broke_protocol(self, error: ProtocolError) -> ChildDied:
        """Treat a reply whose content is malformed like a crash."""
        return self._died(error)

    def _died(self, error: Exception) -> ChildDied:
        if isinstance(error, ProtocolError):
            status, message = "crashed", f"it broke the protocol: {error}"
        elif self._timed_out:
            status, message = "timeout", self._timed_out
        else:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GONE_SECONDS)
            self._drain()
            status, message = "crashed", self._epitaph()
        self._drain()
        self.close()
        certain = not isinstance(error, ProtocolError) and self._started.progress >= 0
        return ChildDied(
            status,
            message,
            index=self._index,
            module=self._module,
            certain=certain,
            began=self._began,
        )

    def _epitaph(self) -> str:
        """Say how the process ended, with the line that the fault handler noted."""
        code = self._process.returncode
        if code is not None and code > 128 and self._started.tier == "bubblewrap":
            code = 128 - code  # as shells and bubblewrap say it
        if code is not None and code < 0:
            try:
                name = signal.Signals(-code).name
            except ValueError:
                name = f"signal {-code}"
            words = {
                "SIGSEGV": "segmentation fault",
                "SIGKILL": "killed, perhaps for its memory",
                "SIGABRT": "aborted",
                "SIGXCPU": "too much processor time",
                "SIGSYS": "a forbidden system call",
            }
            text = f"the process died of {name}"
            if name in words:
                text += f" ({words[name]})"
        else:
            text = f"the process ended itself with exit code {code}"
        for line in self._noted.decode("utf-8", "replace").splitlines():
            if line.startswith("Fatal Python error:"):
                text += f"; {line[20:].strip()}"[:200]
            if line.startswith("  File ") and "_suite_child" not in line:
                return f"{text}; {line.strip()}"
        return text

    # the watchdog

    def _watch(self) -> None:
        try:
            self._look()
        except BaseException:
            self._timed_out = "what watches over it broke"  # nothing may run unwatched
            self._kill()
            raise

    def _look(self) -> None:
        waited = 0.0
        while not self._stop.wait(self._poll):
            moved = self._drain()
            before, waited = waited, self._tasks.waited()
            turn = self._turn
            if turn is None:
                continue
            reason = turn.look(time.monotonic(), waited - before, moved=moved)
            if reason:
                pass
            elif self._stderr_bytes > _MAX_STDERR:
                reason = "wrote too much to standard error"
            elif self._tasks.count() > _MANY_TASKS:
                reason = f"started more than {_MANY_TASKS} threads"
            elif self._wrote_too_much():
                reason = self._too_much()
            if reason and self._turn is turn:
                self._timed_out = reason
                self._kill()
                return

    def _drain(self) -> bool:
        """Take what is on the pipes without waiting; whether a new call or module began."""
        with self._reading:
            data = _read(self._started.stderr)
            self._stderr_bytes += len(data)
            self._noted += data[: _KEPT_STDERR - len(self._noted)]
            told = self._partial + _read(self._started.progress)
            self._began = self._began or bool(told)
            whole = len(told) - len(told) % PROGRESS.size
            self._partial = told[whole:]
            moved = False
            for sequence, index, name in PROGRESS.iter_unpack(told[:whole]):
                if sequence == self._sequence:
                    self._index = index
                    self._module = name.rstrip(b"\0").decode("utf-8", "replace")
                    moved = True
            return moved

    def _too_much(self) -> str:
        return f"wrote more than {self._limits.written_bytes >> 20} MB to files"

    def _wrote_too_much(self) -> bool:
        if not self._started.folder:
            return False
        written = files = 0
        folders = [self._started.folder]
        while folders:
            try:
                entries = list(os.scandir(folders.pop()))
            except OSError as error:
                if error.errno == errno.ENAMETOOLONG:  # deeper than anybody can look
                    return True
                continue
            files += len(entries)
            for entry in entries:
                with contextlib.suppress(OSError):
                    written += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
            if written > self._limits.written_bytes or files > _MANY_FILES:
                return True
        return False

    # the end

    def _kill(self) -> None:
        with contextlib.suppress(OSError):
            self._started.kill()

    def close(self) -> None:
        """End the process, wait until it is gone, remove its folder; again does nothing."""
        if self._closed:
            return
        self._closed = True
        self._stop.set()
        self._kill()
        if threading.current_thread() is not self._watchdog:
            self._watchdog.join(2)
        try:
            self._process.wait(_GONE_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                self._started.kill(at_once=True)
                self._process.wait(_GONE_SECONDS)
        self._channel.wait_for_end(_GONE_SECONDS)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        with self._reading:
            self._started.close_pipes()
        self._started.remove_folder()


def _read(descriptor: int) -> bytes:
    """What a pipe holds, a bounded part of it, without waiting."""
    if descriptor < 0:
        return b""
    try:
        return os.read(descriptor, PIPE_BYTES)
    except OSError:
        return b""
