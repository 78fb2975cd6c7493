"""Limits that the child sets for itself before it loads any code under test."""

from __future__ import annotations

import builtins
import os
import sys
import tempfile
import threading
import time
from typing import Any

_PROCESSES = frozenset(
    {"os.fork", "os.forkpty", "os.system", "os.exec", "os.posix_spawn", "os.spawn"}
    | {"os.startfile", "subprocess.Popen", "pty.spawn"}
)
_NETWORK = frozenset({"socket.connect", "socket.bind", "socket.getaddrinfo"})
_REMOVAL = frozenset(
    {"os.remove", "os.rename", "os.rmdir", "os.truncate", "os.chmod", "shutil.rmtree", "os.link"}
    | {"os.symlink", "os.kill", "os.killpg"}
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


_MAX_FILES = 512
_MAX_TASKS = 4_096  # of this user, and root has no such limit: the judge counts as well


def builtins_of_site() -> None:
    """Supply ``exit`` and ``quit``, which an interpreter without site-packages lacks."""
    if not hasattr(builtins, "exit"):
        import site

        site.setquit()
        site.setcopyright()
        site.sethelper()


def limit_resources(memory_bytes: int, file_bytes: int, cpu_seconds: int) -> list[str]:
    """Limit address space, files and processor time; give what this system cannot limit.

    The limits are hard ones: code under test cannot raise them again.
    """
    missing = []
    try:
        import resource
    except ImportError:
        return ["memory", "file size"]
    limits = (
        ("memory", "RLIMIT_AS", memory_bytes),
        ("file size", "RLIMIT_FSIZE", file_bytes),
        ("", "RLIMIT_CORE", 0),
        ("", "RLIMIT_NOFILE", _MAX_FILES),
        ("", "RLIMIT_NPROC", _MAX_TASKS),
        ("", "RLIMIT_CPU", cpu_seconds or resource.RLIM_INFINITY),
    )
    for name, constant, wanted in limits:
        try:
            which = getattr(resource, constant)
            _, hard = resource.getrlimit(which)
            soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(which, (soft, soft))
        except (AttributeError, ValueError, OSError):
            if name:
                missing.append(name)
    if sys.platform == "darwin" and "memory" not in missing:
        missing.append("memory")  # accepted there, and not enforced
    return missing


def forbid(folder: str) -> None:
    """Refuse new processes, the network, and writing outside `folder`; best effort.

    An audit hook cannot be removed by the code that it watches, but native code goes round it.
    """
    home = os.path.realpath(folder)
    null = os.path.realpath(os.devnull)
    cwd = os.getcwd

    def outside(path: Any) -> bool:
        if isinstance(path, int):
            return False
        try:
            text = os.fsdecode(path)
            full = os.path.normpath(text if os.path.isabs(text) else os.path.join(cwd(), text))
        except (TypeError, ValueError, OSError):
            return True
        inside = full == home or full.startswith(home + os.sep)
        return not inside and full != null and full != os.devnull

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = args
            writes = flags & _WRITING if isinstance(flags, int) else "w" in str(mode)
            if writes and outside(path):
                raise PermissionError(f"code under test may not write to {path!r}")
        elif event in _PROCESSES:
            raise PermissionError(f"code under test may not start processes ({event})")
        elif event in _NETWORK:
            raise PermissionError(f"code under test may not use the network ({event})")
        elif event in _REMOVAL and (event in ("os.kill", "os.killpg") or outside(args[0])):
            raise PermissionError(f"code under test may not do this ({event})")

    tempfile.tempdir = home
    sys.addaudithook(hook)


def leave_with_parent(parent: int) -> None:
    """End this process soon after its parent is gone, even inside an endless loop."""
    if not hasattr(os, "getppid") or os.name == "nt":
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(2.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent watch").start()
