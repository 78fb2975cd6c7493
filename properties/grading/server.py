"""A process that has the suite imported and forks for each submission.

A worker starts it and sends the folders of submissions down its standard input, one JSON frame
each; answers come back on its standard output. Before the first it judges two canaries, a right
package (in this process, which it warms) and a wrong one, and says what came of them. Each
submission is judged in a fork, which dies with what it learned, so that none can change what the
next one meets; the code under test runs in a child of the fork, as it does for `nndl check`.
"""

from __future__ import annotations

import gc
import os
import resource
import select
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, NoReturn

import msgspec
from msgspec.structs import replace

from ..implementation.child.guard import leave_with_parent
from ..implementation.folders import OwnFolder
from ..record.text import one_line
from .canaries import Judge, judge_right, judge_wrong, of_bundled, write_wrong
from .judging import judge_submission, observe_bundled
from .values import Options, Order, Result, suite_version

_LENGTH = struct.Struct("<Q")
# Far beyond the clock of a run, which ends it and says more: these are for a judge that hangs.
_CLOCKS = {"quick": 5_400.0, "standard": 16_000.0, "thorough": 300_000.0}
_GRACE = 60.0
_MEMORY = 512 << 20  # of a fork, beyond what it has of the server


class Start(msgspec.Struct):
    """What a worker says first."""

    order: Order
    version: str


class Ready(msgspec.Struct):
    """What a server answers: the canaries' verdicts, empty when both are as they must be."""

    trouble: str = ""


class Task(msgspec.Struct):
    """A submission that lies in ``home/submission``; without a home, the canaries once more."""

    home: str
    notes: tuple[str, ...] = ()


def send(stream: IO[bytes], value: object) -> None:
    """Write a frame."""
    data = msgspec.json.encode(value)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes:
    """Read a frame.

    Raises
    ------
    EOFError
        The other side has ended.
    """
    head = _exactly(stream, _LENGTH.size)
    return _exactly(stream, _LENGTH.unpack(head)[0])


def _exactly(stream: IO[bytes], size: int) -> bytes:
    parts = []
    while size:
        part = stream.read(size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def serve() -> None:
    """Answer until the worker goes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command hears of Ctrl-C, and its end is ours
    # Whatever is printed by accident must not be taken for an answer.
    tasks, answers = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    try:
        start = msgspec.json.decode(receive(tasks), type=Start)
        if start.version != suite_version():
            send(answers, Ready(trouble=_other_version(start.version)))
            return
        order, options = start.order, start.order.options
        clock = (options.timeout or _CLOCKS[options.profile]) + _GRACE
        forked = Forked(tasks.fileno(), clock)

        send(answers, Ready(trouble=_warm(order) or _wrong(options, forked)))
        while True:
            task = msgspec.json.decode(receive(tasks), type=Task)
            if not task.home:
                trouble = judge_right(order, forked, quick=True) or _wrong(options, forked)
                send(answers, Ready(trouble=trouble))
                continue
            work = partial(judge_submission, Path(task.home), options, task.notes)
            send(answers, forked(work))
    except (EOFError, BrokenPipeError):
        return


def _warm(order: Order) -> str:
    """Judge the right canary here, and a wrong package, for what is worked out on the way.

    Forks find it there: the cases of the seed, what is true of them, what diagnosis and discovery
    read. Without it they say the same, later. Gives what is wrong with the canary's verdict.
    """
    trouble = judge_right(order, _here)
    options = of_bundled(order)
    with OwnFolder("warm") as folder, suppress(Exception):
        observe_bundled(options)
        write_wrong(folder)
        judge_submission(folder, replace(options, only=()))
    # What lives now lives as long as this process: no collection shall touch, and copy, its pages.
    gc.collect()
    gc.freeze()
    return trouble


def _here(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except Exception as error:
        return Result(status="lost", reason=one_line(repr(error), limit=600))


def _wrong(options: Options, judge: Judge) -> str:
    with OwnFolder("canary") as folder:
        return judge_wrong(folder, options, judge)


def _other_version(wanted: str) -> str:
    return (
        f"this worker has version {suite_version()} of the suite, and {wanted} is wanted: "
        "install the same on all of them"
    )


class Forked:
    """Runs something in a fork, with a clock.

    Parameters
    ----------
    parent
        A descriptor that becomes readable when the worker goes: the fork is then ended.
    seconds
        After which it is ended.
    """

    def __init__(self, parent: int, seconds: float) -> None:
        self._parent, self._seconds = parent, seconds

    def __call__(self, work: Callable[[], Result]) -> Result:
        reader, writer = os.pipe()
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            _work(work, reader, writer, server)
        os.close(writer)
        try:
            return self._wait(pid, reader)
        finally:
            os.close(reader)
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)

    def _wait(self, pid: int, reader: int) -> Result:
        started = time.monotonic()
        parts: list[bytes] = []
        while (left := started + self._seconds - time.monotonic()) > 0:
            ready, _, _ = select.select([reader, self._parent], [], [], left)
            if self._parent in ready and reader not in ready:
                os.kill(pid, signal.SIGKILL)
                raise EOFError
            if reader in ready:
                part = os.read(reader, 1 << 20)
                if not part:
                    break
                parts.append(part)
        else:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            reason = f"stopped after {self._seconds:g} s"
            return Result(status="timeout", reason=reason, seconds=round(self._seconds, 1))
        _, status = os.waitpid(pid, 0)
        data = b"".join(parts)
        if os.waitstatus_to_exitcode(status) or not data:
            ended = os.waitstatus_to_exitcode(status)
            return Result(status="lost", reason=f"the process that judged it ended ({ended})")
        return msgspec.json.decode(data, type=Result)


def _work(work: Callable[[], Result], reader: int, writer: int, server: int) -> NoReturn:
    """Do the work in the fork and end it."""
    code = 1
    try:
        os.setpgid(0, 0)
        leave_with_parent(server)
        os.close(reader)
        _limit_memory()
        result = work()
        with os.fdopen(writer, "wb") as stream:
            stream.write(msgspec.json.encode(result))
        code = 0
    except BaseException:
        traceback.print_exc(file=sys.stderr)
        sys.stderr.flush()
    finally:
        os._exit(code)


def _limit_memory() -> None:
    """Let a fork have so much more than the server, however large the replies that it reads."""
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + _MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


if __name__ == "__main__":
    serve()
