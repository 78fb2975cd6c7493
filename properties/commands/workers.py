"""Cells judged in several processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.util import Finalize
from typing import Any, TypeVar

from ..judge.plan import Cell
from ..judge.suite import Judged, Suite
from .interrupt import Interrupt
from .job import Job

Unit = TypeVar("Unit")
Answer = TypeVar("Answer")

_LOOK = 0.2  # seconds between two looks at whether Ctrl-C was pressed


def spread(
    rows: Sequence[tuple[Cell, ...]], suite: Suite, job: Job, count: int, interrupt: Interrupt
) -> Iterator[Judged]:
    """What came of each row, as it comes; the longest begin.

    This process judges as well: it has loaded the code already.
    """
    order = sorted(rows, key=lambda cells: -sum(len(cell.properties) for cell in cells))
    return mapped(
        judge,
        order,
        count - 1,
        interrupt,
        suite.broken,
        start=_start,
        given=(job,),
        here=suite.outcome,
    )


def mapped(
    work: Callable[[Unit], Answer],
    units: Sequence[Unit],
    count: int,
    interrupt: Interrupt,
    broken: list[str],
    *,
    start: Callable[..., None],
    given: tuple[Any, ...],
    here: Callable[[Unit], Answer] | None = None,
) -> Iterator[Answer]:
    """What came of each unit of work, as it comes; the first are begun first.

    Parameters
    ----------
    broken
        Told when a process ends that should not.
    start
        Called once in every process, with what is `given`.
    here
        What this process does with a unit while the others work; by default it waits.
    """
    # A forked worker has imported everything; elsewhere each imports for itself.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(
        count, mp_context=context, initializer=begin, initargs=(os.getpid(), start, given)
    )
    try:
        left, waiting = deque(units), set[Future[Answer]]()
        mine = 0 if here is None else 1
        while left or waiting:
            # Behind what each is at, one of the last, so that none waits while this one works.
            for many, take in ((count, left.popleft), (2 * count, left.pop)):
                while len(left) > mine and len(waiting) < many:
                    waiting.add(pool.submit(work, take()))
            if here is not None and left:
                yield here(left.popleft())
            at_once = here is not None and left
            done, waiting = wait(
                waiting, timeout=0 if at_once else _LOOK, return_when=FIRST_COMPLETED
            )
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


# -- in a worker -------------------------------------------------------------------------------

_suite: Suite


def begin(parent: int, start: Callable[..., None], given: tuple[Any, ...]) -> None:
    """Begin in a process that ends with its parent, which alone hears of Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears it and ends this one
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    start(*given)


def _start(job: Job) -> None:
    global _suite
    _suite = job.suite()
    at_end(_suite.close)


def judge(cells: tuple[Cell, ...]) -> Judged:
    """Judge cells of one row, in a worker."""
    return _suite.outcome(cells)


def at_end(close: Callable[[], None]) -> None:
    """Call something before this worker ends: no code under test may outlive the run.

    What `atexit` registers is not called in a process that `multiprocessing` forked.
    """
    Finalize(None, close, exitpriority=10)


def _end_with(parent: int) -> None:
    """End this process when the first one is killed: nobody would hear of a result."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
