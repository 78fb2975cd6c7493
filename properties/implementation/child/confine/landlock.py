"""Landlock: which files this process can open, from now on and for ever.

The kernel's documentation (userspace-api/landlock) gives the numbers. Rules name what is allowed;
everything else that is handled is refused. Metadata (``stat``) stays readable, and modes, owners
and times are not guarded: seccomp refuses to change them.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Sequence

from .system import call

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every machine
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEVICE = 1 << 14, 1 << 15
_FILE = 1 | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE
# Remove and make files and folders, links too; no devices, no sockets.
_CHANGE = (1 << 4) | (1 << 5) | (1 << 7) | (1 << 8) | (1 << 10) | (1 << 12)
_FILES_OF_VERSION = (0, 13, 14, 15, 15, 16)  # number of rights on files, by version


def version() -> int:
    """The version of Landlock that this kernel has; 0 where it has none or it is switched off."""
    try:
        return call(_CREATE, None, 0, 1)
    except OSError:
        return 0


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def restrict_files(readable: Sequence[str], writable: Sequence[str]) -> None:
    """Let this process open what lies in `readable`, and change what lies in `writable`.

    A name in `readable` that ends in a slash can be listed, and nothing in it can be read by that.

    Raises
    ------
    OSError
        The kernel refuses.
    """
    known = version()
    rights = (1 << _FILES_OF_VERSION[min(known, 5)]) - 1
    network = 3 if known >= 4 else 0  # bind and connect
    scoped = 3 if known >= 6 else 0  # abstract sockets, signals
    size = 24 if known >= 6 else 16 if known >= 4 else 8
    ruleset = call(_CREATE, (ctypes.c_uint64 * 3)(rights, network, scoped), size, 0)
    try:
        for path in readable:
            allowed = _READ_DIR if path.endswith("/") else _READ_FILE | _READ_DIR
            _allow(ruleset, path, allowed & rights)
        for path in writable:
            _allow(ruleset, path, (_FILE - 1 | _READ_DIR | _CHANGE) & rights)
        call(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, allowed: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not there: nothing to allow
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            allowed &= _FILE
        if allowed:
            call(_ADD, ruleset, 1, ctypes.byref(_Beneath(allowed, descriptor)), 0)
    finally:
        os.close(descriptor)
