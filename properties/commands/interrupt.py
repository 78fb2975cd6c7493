"""Ctrl-C while rows are judged."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..implementation.folders import remove_orphans


@dataclass
class Interrupt:
    """Whether Ctrl-C was pressed."""

    pressed: bool = False


@contextmanager
def interruptible(*, at_once: bool = False) -> Iterator[Interrupt]:
    """Notice Ctrl-C between two rows.

    Raised anywhere else it may be swallowed, by a garbage collector's callback for one; with
    ``at_once`` it is raised, too, and who asks whether it was pressed hears what was swallowed.
    """
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return

    def press(number: int, frame: object) -> None:
        interrupt.pressed = True
        if at_once:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, press)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
        if interrupt.pressed:
            remove_orphans()  # of the processes that judged beside this one
