"""Map the cells of a run over the processors of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass

from ..judge.plan import Cell
from ..judge.suite import Judged, Suite, by_row
from .job import Job

_LOOK = 0.2  # seconds between two looks at whether Ctrl-C was pressed


@dataclass
class Interrupt:
    """Whether Ctrl-C was pressed."""

    pressed: bool = False


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Notice Ctrl-C between two rows.

    Raised anywhere else it may be swallowed, by a garbage collector's callback for one.
    """
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return

    def press(number: int, frame: object) -> None:
        interrupt.pressed = True

    before = signal.signal(signal.SIGINT, press)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)


def judge_all(
    suite: Suite,
    job: Job,
    interrupt: Interrupt,
    on_judged: Callable[[Judged], None],
    *,
    workers: int | None = None,
) -> None:
    """Judge all that a suite has planned; it keeps what came of it.

    Every row draws its cases from its own seed, so any number of processes says the same.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C was pressed.
    """
    rows = by_row(suite.planned)
    there = [row for row in rows if _is_there(suite, row[0].row)]
    count = min(workers or processors(), len(there))
    if count < 2 or job.in_process:
        for cells in rows:
            if interrupt.pressed:
                raise KeyboardInterrupt
            on_judged(suite.judge(cells))
        return
    for cells in rows:
        if cells not in there:  # nothing is run: a worker is not needed to say so
            on_judged(suite.judge(cells))
    for judged in _spread(there, job, count, interrupt, suite.broken):
        suite.absorb(judged)
        on_judged(judged)


def _is_there(suite: Suite, row: str) -> bool:
    there = suite.implementation.functions
    names = suite.row(row).functions
    return any(name in there and there[name].status != "missing" for name in names)


def _spread(
    rows: Sequence[tuple[Cell, ...]],
    job: Job,
    count: int,
    interrupt: Interrupt,
    broken: list[str],
) -> Iterator[Judged]:
    """What came of each row, as it comes; the longest begin."""
    # A forked worker has imported everything; elsewhere each imports for itself.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(
        count, mp_context=context, initializer=_start, initargs=(job, os.getpid())
    )
    order = sorted(rows, key=lambda cells: -sum(len(cell.properties) for cell in cells))
    try:
        waiting: set[Future[Judged]] = {pool.submit(_judge, cells) for cells in order}
        while waiting:
            done, waiting = wait(waiting, timeout=_LOOK, return_when=FIRST_COMPLETED)
            if interrupt.pressed:
                raise KeyboardInterrupt
            for future in done:
                yield future.result()
    except BrokenProcessPool as error:
        broken.append(f"a process that judges ended: {error}")
    finally:
        for process in list((pool._processes or {}).values()) if interrupt.pressed else ():
            process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# -- in a worker -------------------------------------------------------------------------------

_suite: Suite


def _start(job: Job, parent: int) -> None:
    global _suite
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears it and ends this one
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _suite = job.suite()


def _judge(cells: tuple[Cell, ...]) -> Judged:
    return _suite.judge(cells)


def _end_with(parent: int) -> None:
    """End this process when the first one is killed: nobody would hear of a result."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
