"""Options of isolation and of the clock, for every command that runs code under test."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self, TypeVar

import click
from rich.console import Console

from ..implementation import Held, Implementation, Target
from ..implementation.isolation import CHOICES, Isolation, Tier, choose, held
from ..record.text import one_line
from .job import Job

LOADING = 600.0
"""Seconds in which a target must be loaded."""

GRACE = 60.0
"""Seconds after the end of a run in which the judge must be done with what it has."""

_BROKEN = 3
_FIRST = 60.0
_EACH = {"quick": 20.0, "standard": 60.0, "thorough": 1_200.0}  # seconds a function
_MACHINE = 3  # times that, for what the judge does beside the code and others on this machine

Command = TypeVar("Command", bound=Callable[..., Any])


def names(context: click.Context, parameter: click.Parameter, value: str | None) -> frozenset[str]:
    """The names of an option, by comma."""
    return frozenset(name.strip() for name in (value or "").split(",") if name.strip())


def isolation_options(command: Command) -> Command:
    """Add ``--isolation``, ``--allow`` and ``--timeout``."""
    command = click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="When the whole run is over; by default from the number of functions.",
    )(command)
    command = click.option(
        "--allow",
        "allowed",
        callback=names,
        metavar="PACKAGE,…",
        help="With --isolation require: what may be imported beside numpy and scipy.",
    )(command)
    return click.option(
        "--isolation",
        type=click.Choice(CHOICES),
        default="auto",
        show_default=True,
        help="Keep TARGET apart from this machine: where it works, or not at all; "
        "require refuses to judge without.",
    )(command)


def memory_option(default: int) -> Callable[[Command], Command]:
    """Add ``--memory``."""
    return click.option(
        "--memory",
        type=click.IntRange(128),
        default=default,
        show_default=True,
        metavar="MIB",
        help="Address space of the process that runs the code.",
    )


def say_what(console: Console, target: Target, tier: Held) -> None:
    """Say what is judged and, on a terminal, what holds it."""
    console.print(f"Checking {one_line(target.describe())}", soft_wrap=True, markup=False)
    _say(console, tier)


def say_tier(console: Console, isolation: Isolation, *, in_process: bool) -> Tier:
    """Say on a terminal what holds the code under test, and return it.

    Raises
    ------
    NotIsolated
        Isolation is required, and there is none.
    """
    tier = held("none" if in_process else choose(isolation))
    _say(console, tier)
    return tier.tier


def _say(console: Console, tier: Held) -> None:
    if console.is_terminal:
        console.print(f"Isolation: {tier.words}", soft_wrap=True, style="dim", markup=False)


class Overdue:
    """Ends this process without a verdict when the judge itself goes on after the run is over.

    The clock of a run ends the code under test. What is read of that code costs the judge time
    too, and a stranger may write what costs it much.

    Parameters
    ----------
    until : float
        The reading of `time.monotonic` at which the run is over.
    """

    def __init__(self, until: float) -> None:
        self._until = until
        self._done = threading.Event()

    def _watch(self) -> None:
        while not self._done.wait(0.5):
            if time.monotonic() > self._until + GRACE:
                said = "nndl: the time of the run is over, and the judge was not done; no verdict"
                os.write(2, f"{said}\n".encode())
                os._exit(_BROKEN)

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, daemon=True, name="overdue").start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._done.set()


def with_clock(
    job: Job, implementation: Implementation, started: float, timeout: float | None
) -> Job:
    """The job with its end, which follows from the functions that there are.

    By default the code has a clock of its own, and the run another, which is so much longer that a
    verdict does not depend on who else wants the processor.
    """
    if timeout is None:
        there = [f for f in implementation.functions.values() if f.status != "missing"]
        turns = _FIRST + _EACH[job.demands.profile] * max(len(there), 1)
        job = replace(job, turn_seconds=turns, until=time.monotonic() + _MACHINE * turns)
    else:
        job = replace(job, until=started + timeout)
    implementation.limits = job.limits(implementation.limits)
    return job
