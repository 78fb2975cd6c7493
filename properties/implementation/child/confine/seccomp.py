"""A filter of system calls: threads and files work, other processes and the network do not.

The filter is a classic BPF program over ``struct seccomp_data``: the number of the call at 0, the
architecture at 4, six arguments of eight bytes from 16 on. What is refused ends as PermissionError,
or as "no such call" or "not supported" where a library then takes another way.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence

from .system import call, machine

_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS, _EOPNOTSUPP = _ERRNO | 1, _ERRNO | 38, _ERRNO | 95
_THREAD = 0x10000  # CLONE_THREAD
_FIRST_NEW = 424
# Calls since Linux 5.1, which have the same number everywhere: close_range faccessat2 epoll_pwait2
# landlock_* futex_waitv mempolicy map_shadow_stack futex_* mseal. Not openat2, whose flags are
# out of a filter's sight.
_NEW = (436, 439, 441, 444, 445, 446, 449, 450, 453, 454, 455, 456, 462)
# fcntl F_SETOWN F_SETSIG F_SETOWN_EX: signals to others; F_SETLEASE: whoever else opens the file
# waits; F_NOTIFY: what others do.
_FCNTL = (8, 10, 15, 1024, 1026)
# ioctl TCGETS TIOCGPGRP TIOCGWINSZ FIONREAD FIONBIO FIO(N)CLEX TCGETS2; others mark or seal files
# that can only be read, and type into terminals.
_IOCTL = (0x5401, 0x540F, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451, 0x802C542A)
_PRCTL = (1, 35)  # PR_SET_PDEATHSIG PR_SET_MM
_LOCAL, _NO_STREAM = 1, 0xE  # AF_UNIX; bits that SOCK_STREAM lacks and every other kind has
_TRUNCATE = 0o1000  # O_TRUNC; Landlock before version 3 lets it pass where reading is allowed

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand


def program(process: int) -> list[Instruction]:
    """The filter for a process of this machine, by its own number."""
    here = machine()
    lines: list[Instruction] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, here.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, 0x40000000),  # calls of another form, x32
        (_RETURN, 0, 0, _EPERM),
    ]
    lines += [line for number in here.refused for line in _case(number, [_refuse()])]
    lines += _case(here.clone, [_low(0), (_ANY_BIT, 1, 0, _THREAD), _refuse()])
    for number in (here.kill, here.tgkill):
        lines += _case(number, [_low(0), (_EQUAL, 1, 0, process), _refuse()])
    lines += _case(here.sched_setaffinity, [_low(0), (_EQUAL, 1, 0, 0), _refuse()])
    nothing_new = [_low(2), (_EQUAL, 0, 2, 0), _high(2), (_EQUAL, 1, 0, 0), _refuse()]
    lines += _case(here.prlimit, [_low(0), (_EQUAL, 1, 0, 0), _refuse(), *nothing_new])
    lines += _case(here.prctl, _none_of(0, _PRCTL))
    lines += _case(here.fcntl, _none_of(1, _FCNTL))
    lines += _case(here.ioctl, _one_of(1, _IOCTL))
    # A pair of datagrams could be sent to any socket that has a name.
    pair = [_low(0), (_EQUAL, 0, 2, _LOCAL), _low(1), (_ANY_BIT, 0, 1, _NO_STREAM), _refuse()]
    lines += _case(here.socketpair, pair)
    for number, flags in here.opens:
        lines += _case(number, _no_truncation(flags))
    for number in _NEW:
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    lines += [(_AT_LEAST, 0, 1, _FIRST_NEW), (_RETURN, 0, 0, _ENOSYS)]
    return [*lines, (_RETURN, 0, 0, _ALLOW)]


def _case(number: int, body: Sequence[Instruction]) -> list[Instruction]:
    """What is done for one call; its end allows it."""
    if len(body) == 1:
        return [(_EQUAL, 0, 1, number), body[0]]
    return [(_EQUAL, 0, len(body) + 1, number), *body, (_RETURN, 0, 0, _ALLOW)]


def _none_of(argument: int, values: Sequence[int]) -> list[Instruction]:
    tests = [(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    return [_low(argument), *tests, (_RETURN, 0, 0, _ALLOW), _refuse()]


def _one_of(argument: int, values: Sequence[int]) -> list[Instruction]:
    tests = [(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    return [_low(argument), *tests, (_RETURN, 0, 0, _EOPNOTSUPP)]


def _no_truncation(argument: int) -> list[Instruction]:
    """Refuse flags that empty a file and do not ask to write to it."""
    read, neither = _TRUNCATE, _TRUNCATE | 3  # O_RDONLY, and the number that is no mode
    masked = [_low(argument), (_AND, 0, 0, _TRUNCATE | 3)]
    return [*masked, (_EQUAL, 1, 0, read), (_EQUAL, 0, 1, neither), _refuse()]


def _low(argument: int) -> Instruction:
    return (_LOAD, 0, 0, 16 + 8 * argument)


def _high(argument: int) -> Instruction:
    return (_LOAD, 0, 0, 20 + 8 * argument)


def _refuse() -> Instruction:
    return (_RETURN, 0, 0, _EPERM)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_void_p))


def filter_calls() -> None:
    """Put the filter on every thread of this process; it stays.

    Raises
    ------
    OSError
        The kernel refuses.
    """
    lines = program(os.getpid())
    packed = b"".join(struct.pack("<HBBI", *line) for line in lines)
    memory = ctypes.create_string_buffer(packed, len(packed))
    given = _Program(len(lines), ctypes.cast(memory, ctypes.c_void_p).value)
    if call(machine().seccomp, 1, 1, ctypes.byref(given)):
        raise OSError("a thread could not be filtered")
