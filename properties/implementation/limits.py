"""What an implementation may use."""

from __future__ import annotations

from dataclasses import dataclass

from .isolation import Isolation


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an implementation may use, and how it is kept apart.

    ``call_seconds`` for each call, ``import_seconds`` for each module of the target,
    ``memory_bytes`` of address space for the child, ``reply_bytes`` for what one list of calls
    returns, ``written_bytes`` for all files that it writes. ``until`` is the reading of
    `time.monotonic` at which the whole run ends, whatever is going on. ``turn_seconds`` is for all
    turns of the code together: what the judge does meanwhile does not count. ``failures`` is the
    number of time-outs and crashes after which a function is not called again. ``allowed`` names
    installed packages that a stranger's code may import beside numpy and scipy.
    """

    call_seconds: float = 10.0
    import_seconds: float = 20.0
    memory_bytes: int = 4 << 30
    reply_bytes: int = 256 << 20
    header_bytes: int = 16 << 20
    written_bytes: int = 64 << 20
    failures: int = 3
    until: float = float("inf")
    turn_seconds: float = float("inf")
    isolation: Isolation = "auto"
    allowed: frozenset[str] = frozenset()
