"""Cells judged in several processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from ..judge.plan import Cell
from ..judge.suite import Judged, Suite
from .job import Job
from .judging import Interrupt

_LOOK = 0.2  # seconds between two looks at whether Ctrl-C was pressed


def spread(
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
        waiting: set[Future[Judged]] = {pool.submit(judge, cells) for cells in order}
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


# -- in a worker -------------------------------------------------------------------------------

_suite: Suite


def _start(job: Job, parent: int) -> None:
    global _suite
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears it and ends this one
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _suite = job.suite()


def judge(cells: tuple[Cell, ...]) -> Judged:
    """Judge cells of one row, in a worker."""
    return _suite.judge(cells)


def _end_with(parent: int) -> None:
    """End this process when the first one is killed: nobody would hear of a result."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
