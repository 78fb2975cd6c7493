"""Judge all that a run has planned, in as many processes as there are processors."""

from __future__ import annotations

import os
from collections.abc import Callable

from ..judge.suite import Judged, Suite, by_row
from .interrupt import Interrupt
from .job import Job


def judge_all(
    suite: Suite,
    job: Job,
    interrupt: Interrupt,
    on_judged: Callable[[Judged], None],
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
    count = min(job.processes or processors(), len(there))
    if count < 2 or job.in_process:
        for cells in rows:
            if interrupt.pressed:
                raise KeyboardInterrupt
            on_judged(suite.judge(cells))
        return
    for cells in rows:
        if cells not in there:  # nothing is run: a worker is not needed to say so
            on_judged(suite.judge(cells))
    from .workers import spread  # its processes cost as much to import as a layer to judge

    for judged in spread(there, suite, job, count, interrupt):
        suite.absorb(judged)
        on_judged(judged)


def _is_there(suite: Suite, row: str) -> bool:
    there = suite.implementation.functions
    names = suite.row(row).functions
    return any(name in there and there[name].status != "missing" for name in names)


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
