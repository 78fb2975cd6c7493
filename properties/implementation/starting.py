"""Starting a child: its command, environment and configuration, by tier."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from . import bubblewrap
from .child import main as child_main
from .child.confine.system import PR_SET_DUMPABLE, prctl
from .folders import OwnFolder
from .isolation import Tier
from .limits import Limits
from .view import DEVICES, View, search_path

if sys.platform == "linux":
    import fcntl

PIPE_BYTES = 1 << 20
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
_CONFINED_KEPT = ("LANG", "LC_ALL", "LD_LIBRARY_PATH")
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "BLIS_NUM_THREADS",
)


KEEPER = True
"""Whether what a child leaves is found and ended, where no better tier sees to that."""


class Started:
    """A child process with its pipes: requests, replies, progress, standard error.

    Attributes
    ----------
    progress, stderr : int
        Descriptors to read from without waiting; -1 on Windows, which has no such pipes.
    deep : int
        How many processes there are from the one that was started to the one that runs the code.
    folder : str
        The child's folder where it is on disk, to be watched and removed; empty if it is not.
    """

    def __init__(self, tier: Tier, view: View | None, limits: Limits) -> None:
        self.tier = tier
        self._has_keeper = tier == "limits" and sys.platform == "linux" and KEEPER
        self._own = None if tier == "bubblewrap" else OwnFolder("check")
        self.folder = self._own.path if self._own else ""
        self.deep = 3 if tier == "bubblewrap" else 2 if self._has_keeper else 1
        self.home = bubblewrap.HOME if tier == "bubblewrap" else os.path.join(self.folder, "home")
        self._theirs: list[int] = []
        self.progress = self.stderr = -1
        try:
            if self.folder:
                os.mkdir(self.home)
            self._start(view, limits)
        except BaseException:
            self.close_pipes()
            self.remove_folder()
            raise
        finally:
            for descriptor in self._theirs:
                os.close(descriptor)

    def _pipe(self) -> tuple[int, int]:
        ours, theirs = os.pipe()
        if sys.platform == "linux":  # elsewhere a long list of calls stands still now and then
            with contextlib.suppress(OSError):
                fcntl.fcntl(ours, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        os.set_blocking(ours, False)
        self._theirs.append(theirs)
        return ours, theirs

    def _start(self, view: View | None, limits: Limits) -> None:
        configuration: dict[str, Any] = {
            "sys_path": list(view.sys_path) if view else search_path(),
            "progress": -1,
            "memory_bytes": limits.memory_bytes,
            "file_bytes": limits.written_bytes,
            "cpu_seconds": _processor_seconds(limits),
            "frame_bytes": max(limits.memory_bytes, 1 << 30),
            "parent": os.getpid(),
            "keeper": self._has_keeper,
        }
        errors: int = subprocess.DEVNULL
        more: dict[str, Any] = {}
        if sys.platform == "win32":
            more["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
        else:
            self.progress, theirs = self._pipe()
            self.stderr, errors = self._pipe()
            more.update(start_new_session=True, pass_fds=(theirs,))
            configuration["progress"] = theirs
        if view is not None:
            configuration["confine"] = {"readable": [], "writable": [], "parent": None}
        if view is not None and self.tier == "landlock":
            packages = os.path.join(self.folder, "packages")
            os.mkdir(packages)
            configuration["sys_path"] = view.linked(packages)
            configuration["confine"] = {
                "readable": [*view.readable(), packages, *DEVICES[1:]],
                "writable": [self.home, DEVICES[0]],
                "parent": os.getpid(),
            }
            # Out of reach for debuggers and for /proc, of this user's processes too.
            prctl(PR_SET_DUMPABLE, 0)
        self.process = subprocess.Popen(
            self._command(view, limits, json.dumps(configuration)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=self.home if self.folder else None,
            env=_environment(self.home, confined=view is not None),
            bufsize=0,
            **more,
        )

    def _command(self, view: View | None, limits: Limits, configuration: str) -> list[str]:
        main = str(Path(child_main.__file__))
        if view is None:
            return [sys.executable, "-B", main, configuration]
        inner = [os.path.realpath(sys.executable), "-B", "-S", "-P", main, configuration]
        if self.tier == "bubblewrap":
            return bubblewrap.command(view, limits.written_bytes, inner)
        return inner

    def kill(self, *, at_once: bool = False) -> None:
        """End the child and what it may have started.

        A keeper is asked to, and ends itself then; ``at_once`` is for one that does not.
        """
        process = self.process
        if self._has_keeper and not at_once:
            if process.returncode is None:
                process.terminate()
            return
        if os.name == "nt":
            if process.poll() is None:
                command = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
                subprocess.run(command, capture_output=True, check=False, timeout=10)
        elif process.returncode is None:
            # Not waited for yet, so that the number still belongs to our group.
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()

    def close_pipes(self) -> None:
        """Let go of what is read without waiting."""
        for descriptor in (self.progress, self.stderr):
            if descriptor >= 0:
                os.close(descriptor)
        self.progress = self.stderr = -1

    def remove_folder(self) -> None:
        """Remove what the child wrote."""
        if self._own:
            self._own.remove()


def _processor_seconds(limits: Limits) -> int:
    """What both processors of a small machine can do until the run is over; 0 without an end."""
    left = limits.until - time.monotonic()
    return 0 if math.isinf(left) else 60 + 2 * max(int(left), 0)


def _environment(home: str, *, confined: bool) -> dict[str, str]:
    """Give the child what it needs to run and nothing that it need not know."""
    kept = _CONFINED_KEPT if confined else _KEPT
    environment = {name: os.environ[name] for name in kept if name in os.environ}
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
