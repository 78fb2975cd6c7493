"""Folders of the moment, which go with the process that made them, however it ends.

The maker holds a lock on each. A lock ends with its process: one that nobody holds belongs to a
run that was killed, and the next run removes its folder.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_PREFIX = "nndl-"
_LOCK = ".lock"
_FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_MOST = 500  # orphans that one run removes


class OwnFolder:
    """A new folder that this process alone answers for.

    Parameters
    ----------
    kind : str
        A word in its name: what it is for.

    Attributes
    ----------
    path : str
        Where it lies.
    """

    def __init__(self, kind: str) -> None:
        _once()
        self.path = os.path.realpath(tempfile.mkdtemp(prefix=f"{_PREFIX}{kind}-"))
        self._lock = -1
        if sys.platform != "win32":
            lock = os.path.join(self.path, _LOCK)
            self._lock = os.open(f"{lock}ed", os.O_RDWR | os.O_CREAT, 0o600)
            _try_lock(self._lock)
            os.rename(f"{lock}ed", lock)  # so that there is never a lock that nobody holds yet

    def remove(self) -> None:
        """Remove it with all that is in it; again does nothing."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        remove_tree(self.path)

    def __enter__(self) -> Path:
        return Path(self.path)

    def __exit__(self, *exception: object) -> None:
        self.remove()


def remove_tree(folder: str) -> None:
    """Remove a folder of any depth, as far as it can be; no link is followed."""
    if os.open not in os.supports_dir_fd:
        shutil.rmtree(folder, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        _empty(folder)
        os.rmdir(folder)


def _empty(folder: str) -> None:
    """Go down to the first folder that has none in it, and up again, with one descriptor open.

    Neither names nor descriptors add up with the depth. What is above is remembered: a process
    that moves a folder meanwhile must not lead out.
    """
    here = _enter(folder)
    try:
        above: list[tuple[str, tuple[int, int]]] = []
        while True:
            below = _unlink_files(here)
            if below is not None:
                above.append((below, _identity(here)))
                there = _enter(below, here)
            elif above:
                name, known = above.pop()
                there = os.open("..", _FOLDER, dir_fd=here)
                if _identity(there) != known:
                    os.close(there)
                    return
                os.rmdir(name, dir_fd=there)
            else:
                return
            os.close(here)
            here = there
    finally:
        os.close(here)


def _enter(name: str, above: int | None = None) -> int:
    with contextlib.suppress(OSError, NotImplementedError):
        return os.open(name, _FOLDER, dir_fd=above)
    os.chmod(name, 0o700, dir_fd=above)  # it could not be read
    return os.open(name, _FOLDER, dir_fd=above)


def _identity(number: int) -> tuple[int, int]:
    about = os.fstat(number)
    return about.st_dev, about.st_ino


def _unlink_files(folder: int) -> str | None:
    """Remove what is no folder; gives the name of one that is."""
    below = None
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                below = entry.name
            else:
                os.unlink(entry.name, dir_fd=folder)
    return below


@cache
def _once() -> None:
    """Look for orphans once in each process."""
    remove_orphans()


def remove_orphans() -> None:
    """Remove folders of this user whose process is gone."""
    if sys.platform == "win32":
        return
    for count, folder in enumerate(_orphans(tempfile.gettempdir())):
        if count >= _MOST:
            return
        remove_tree(folder)


def _orphans(where: str) -> Iterator[str]:
    try:
        entries = list(os.scandir(where))
    except OSError:
        return
    for entry in entries:
        with contextlib.suppress(OSError):
            about = entry.stat(follow_symlinks=False)
            mine = stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid()
            if entry.name.startswith(_PREFIX) and mine and _is_free(entry.path):
                yield entry.path


def _is_free(folder: str) -> bool:
    """Whether there is a lock and nobody holds it."""
    try:
        number = os.open(os.path.join(folder, _LOCK), os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return _try_lock(number)
    finally:
        os.close(number)


def _try_lock(number: int) -> bool:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
