"""An alarm by the clock: what takes too long is ended from inside, where the system has signals."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["alarm"]


@contextmanager
def alarm(seconds: float | None, over: type[BaseException]) -> Iterator[None]:
    """Raise when the time is over; an alarm that was set before goes on with what it has left.

    Parameters
    ----------
    seconds : by the clock; None for no limit. There is none either off the main thread.
    over : what is raised.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if seconds is None or not is_main or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(number: int, frame: object) -> None:
        raise over

    started = time.monotonic()
    before = signal.signal(signal.SIGALRM, ring)
    left, again = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
        if left:
            rest = max(left - (time.monotonic() - started), 1e-3)
            signal.setitimer(signal.ITIMER_REAL, rest, again)
