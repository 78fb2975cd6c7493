"""A process between the judge and the child that inherits and ends whatever the child leaves.

Where neither namespaces nor a filter of system calls hold, code under test can start processes that
leave their group. The keeper is their subreaper: they become its children when their parents end,
so that it finds every one of them. It is a fork of the child's interpreter, before numpy, and
runs nothing of the code under test; code that ends it first is not held.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import time
from collections.abc import Iterator, Sequence
from typing import NoReturn

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
_LOOK = 1.0  # seconds between two looks at whether the judge is there
_ENDING = 4.0  # seconds: the judge waits a little longer
_HEARD = {signal.SIGCHLD, signal.SIGTERM}


def keep(judge: int, pipes: Sequence[int]) -> int:
    """Fork: the new process goes on and is told its parent; this one never returns.

    SIGTERM ends everything, and so does the end of the judge. This process ends as the child did.

    Parameters
    ----------
    judge : int
        The process to end with.
    pipes : sequence of int
        Descriptors that are the child's alone: their end is to be its end.
    """
    zero = ctypes.c_ulong(0)
    if ctypes.CDLL(None).prctl(_SUBREAPER, ctypes.c_ulong(1), zero, zero, zero):
        return judge
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    keeper = os.getpid()
    child = os.fork()
    if child:
        for pipe in pipes:
            with contextlib.suppress(OSError):
                os.close(pipe)
        _wait(child, judge)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
    os.setsid()  # what the judge sends to a group is for the keeper
    return keeper


def _wait(child: int, judge: int) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    status: int | None = None
    while status is None and os.getppid() == judge:
        heard = signal.sigtimedwait(_HEARD, _LOOK)
        if heard is not None and heard.si_signo == signal.SIGTERM:
            break
        for ended, how in _ended():
            status = how if ended == child else status
    until = time.monotonic() + _ENDING
    while time.monotonic() < until:
        for one in _children():
            with contextlib.suppress(OSError):
                os.kill(one, signal.SIGKILL)
        for ended, how in _ended():
            status = how if ended == child and status is None else status
        if not _has_children():
            break
        time.sleep(0.005)
    _end_as(os.waitstatus_to_exitcode(status) if status is not None else -signal.SIGKILL)


def _ended() -> Iterator[tuple[int, int]]:
    with contextlib.suppress(ChildProcessError):
        while (said := os.waitpid(-1, os.WNOHANG))[0]:
            yield said


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _children() -> Iterator[int]:
    """Processes whose parent is this one, orphans of code under test among them."""
    own = os.getpid()
    for entry in os.listdir("/proc"):
        with (
            contextlib.suppress(OSError, ValueError),
            open(f"/proc/{int(entry)}/stat", "rb") as file,
        ):
            if int(file.read().rpartition(b")")[2].split()[1]) == own:
                yield int(entry)


def _end_as(code: int) -> NoReturn:
    if code < 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        with contextlib.suppress(OSError, ValueError):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(abs(code))
