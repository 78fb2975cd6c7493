"""System calls by number, and the numbers of this machine."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38


@dataclass(frozen=True, slots=True)
class Machine:
    """The architecture as seccomp names it, and the system calls by name.

    ``refused`` never succeed. The others succeed on the calling process alone, or in one form.
    ``opens`` have each a number and the place of the flags among the arguments.
    """

    audit: int
    refused: tuple[int, ...]
    capget: int
    capset: int
    seccomp: int
    clone: int
    kill: int
    tgkill: int
    prlimit: int
    prctl: int
    sched_setaffinity: int
    fcntl: int
    ioctl: int
    socketpair: int
    opens: tuple[tuple[int, int], ...]


# New processes and programs; other processes; sockets; mounts and the kernel; memory that no limit
# counts, and what others left in it; disk that is taken at once, and rings of which a machine has
# few; modes, owners, times and (in its first versions) lengths of files, which Landlock does not
# guard.
_X86_64 = Machine(
    audit=0xC000003E,
    refused=(
        *(57, 58, 59, 322),  # fork vfork execve execveat
        *(200, 129, 297),  # tkill rt_sigqueueinfo rt_tgsigqueueinfo
        *(101, 310, 311, 312, 298, 321, 323),  # ptrace process_vm_* kcmp perf_event bpf userfaultfd
        *(160, 142, 144, 314, 141, 251, 112, 109),  # setrlimit sched_set* priorities setsid setpgid
        *(41, 42, 49, 50),  # socket connect bind listen
        *(272, 308, 165, 166, 155, 161, 167, 168),  # unshare setns mount umount roots swap
        *(175, 176, 313, 246, 320, 169, 103, 163, 179),  # modules kexec reboot syslog acct quotactl
        *(164, 227, 159, 305, 170, 171, 153, 135, 172, 173),  # clocks names vhangup personality io
        *(248, 249, 250, 256, 279, 303, 304, 212, 300, 254),  # keys pages handles fanotify inotify
        *(319, 29, 64, 68, 240),  # memfd_create shmget semget msgget mq_open
        *(30, 31, 65, 220, 66, 69, 70, 71, 241),  # shmat shmctl sem* msg* mq_unlink
        *(285, 206),  # fallocate io_setup
        *(90, 91, 268, 92, 93, 94, 260, 76),  # chmod chown truncate
        *(132, 235, 261, 280, 133, 259),  # utime mknod
        *(188, 189, 190, 197, 198, 199),  # setxattr removexattr
    ),
    capget=125,
    capset=126,
    seccomp=317,
    clone=56,
    kill=62,
    tgkill=234,
    prlimit=302,
    prctl=157,
    sched_setaffinity=203,
    fcntl=72,
    ioctl=16,
    socketpair=53,
    opens=((2, 1), (257, 2)),
)
_AARCH64 = Machine(
    audit=0xC00000B7,
    refused=(
        *(221, 281),
        *(130, 138, 240),
        *(117, 270, 271, 272, 241, 280, 282),
        *(164, 118, 119, 274, 140, 30, 157, 154),
        *(198, 203, 200, 201),
        *(97, 268, 40, 39, 41, 51, 224, 225),
        *(105, 106, 273, 104, 294, 142, 116, 89, 60),
        *(170, 112, 171, 266, 161, 162, 58, 92),
        *(217, 218, 219, 238, 239, 264, 265, 18, 262, 27),
        *(279, 194, 190, 186, 180),
        *(196, 195, 193, 192, 191, 189, 188, 187, 181),
        *(47, 0),
        *(52, 53, 54, 55, 45),
        *(88, 33),
        *(5, 6, 7, 14, 15, 16),
    ),
    capget=90,
    capset=91,
    seccomp=277,
    clone=220,
    kill=129,
    tgkill=131,
    prlimit=261,
    prctl=167,
    sched_setaffinity=122,
    fcntl=25,
    ioctl=29,
    socketpair=199,
    opens=((56, 2),),
)
_MACHINES = {"x86_64": _X86_64, "aarch64": _AARCH64}


@cache
def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def known_machine() -> bool:
    """Whether the numbers of this machine's system calls are known here."""
    long = sys.maxsize > 2**32 and sys.byteorder == "little"
    return sys.platform == "linux" and long and platform.machine() in _MACHINES


def machine() -> Machine:
    """The numbers of this machine."""
    return _MACHINES[platform.machine()]


def call(number: int, *arguments: Any) -> int:
    """Make a system call; OSError when it fails."""
    typed = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = int(_libc().syscall(ctypes.c_long(number), *typed))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"system call {number}: {os.strerror(code)}")
    return result


def prctl(option: int, value: int) -> None:
    """Set one property of this process."""
    zero = ctypes.c_ulong(0)
    if _libc().prctl(option, ctypes.c_ulong(value), zero, zero, zero):
        code = ctypes.get_errno()
        raise OSError(code, f"prctl {option}: {os.strerror(code)}")
