"""What the kernel says of a child: how many threads it has, how long it had no processor."""

from __future__ import annotations

import contextlib
import os

_PARENT, _THREADS = 1, 17  # fields of /proc/PID/stat after the name


class Tasks:
    """A process and those between it and the code under test, as the kernel sees them.

    Parameters
    ----------
    process : int
        The process that was started.
    deep : int
        How many processes there are from it down to the one that runs the code.
    """

    def __init__(self, process: int, deep: int) -> None:
        self._processes = [process]
        self._deep = deep

    def count(self) -> int:
        """How many threads there are; without ``/proc`` none.

        No limit of the kernel holds those of root.
        """
        self._look_down()
        return sum(int(_about(one)[_THREADS]) for one in self._processes)

    def waited(self) -> float:
        """Seconds in which the code was ready and had no processor; where nobody counts them, 0."""
        self._look_down()
        with (
            contextlib.suppress(OSError, ValueError, IndexError),
            open(f"/proc/{self._processes[-1]}/schedstat", "rb") as file,
        ):
            return int(file.read().split()[1]) / 1e9
        return 0.0

    def _look_down(self) -> None:
        if len(self._processes) == self._deep:
            return
        with contextlib.suppress(OSError):
            there = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
            of = {int(_about(one)[_PARENT]): one for one in there}
            line = self._processes[:1]
            while line[-1] in of and len(line) < self._deep:
                line.append(of[line[-1]])
            self._processes = line


def _about(process: int) -> list[bytes]:
    """The fields of a process; noughts where it is gone."""
    with contextlib.suppress(OSError), open(f"/proc/{process}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()
    return [b"0"] * (_THREADS + 1)
