"""Confinement that a process puts on itself and cannot take off: Landlock, seccomp, no privileges.

Linux alone. Everything goes through `ctypes`: nothing has to be installed in the child.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence

from .landlock import restrict_files
from .seccomp import filter_calls
from .system import PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, call, machine, prctl

SIGKILL = 9
CAP_DAC_READ_SEARCH = 1 << 2


def drop_privileges() -> None:
    """Give up every capability, of root too, and the way to get one back.

    Root may go on reading the files of others: what can be opened is restricted otherwise.
    """
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    header, held = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    call(machine().capget, header, held)
    kept = held[1] & CAP_DAC_READ_SEARCH
    call(machine().capset, header, (ctypes.c_uint32 * 6)(kept, kept))


def confine(*, readable: Sequence[str], writable: Sequence[str], parent: int | None) -> None:
    """Confine this process, before it has threads and before it runs code under test.

    Parameters
    ----------
    readable, writable : sequence of str
        Files and folders that can be opened, by Landlock; empty where mounts see to that.
    parent : int or None
        End with this process; None where namespaces see to that.

    Raises
    ------
    OSError
        The kernel refuses: nothing may run then.
    """
    drop_privileges()
    if parent is not None:
        prctl(PR_SET_PDEATHSIG, SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    if readable:
        restrict_files(readable, writable)
    filter_calls()
