"""One target, one answer: its rows, and beside them what nobody declared."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import click
from rich.console import Console

from ..implementation import NothingDefined, Target, resolve_target
from ..judge.suite import Suite
from ..record.build import build
from ..record.merge import in_words, unjudged
from ..record.schema import Record
from .gather import gather, nodes
from .interrupt import interruptible
from .isolating import LOADING, with_clock
from .job import Job, hypothesis_elsewhere
from .judging import judge_all
from .progress import Rows

if TYPE_CHECKING:  # these are imported where they are used: discovery is as large as all the rest
    from ..discovery.inputs import Wanted
    from .first_lines import FirstLines
    from .undeclared import Undeclared

PASS, WRONG, UNUSABLE, BROKEN = 0, 1, 2, 3


def judge_target(job: Job, *, required: frozenset[str], timeout: float | None = None) -> Record:
    """Judge a target in silence; gives the record that the command writes.

    Raises
    ------
    TargetError
        The target cannot be used.
    RuntimeError
        The suite itself broke.
    """
    started = time.monotonic()
    job = replace(job, until=started + (timeout or LOADING))
    target, suite = resolve_target(job.target), job.suite()
    try:
        need_rows(suite, target)
        job = with_clock(job, suite.implementation, started, timeout)
    except NothingDefined:
        record, _, undeclared = undeclared_alone(job, target, {}, required)
        if not all(undeclared.answers_to(name) for name in job.only | required):
            raise
        return record
    record, code = judge_rows(suite, job, target, required, Console(file=io.StringIO()))
    if code == BROKEN:
        raise RuntimeError("the suite itself broke:\n" + "\n".join(suite.broken[:1]))
    if wants_more(record, job, target):
        record, _, _ = with_undeclared(record, code, job, target, {}, required)
    return record


def judge_rows(
    suite: Suite,
    job: Job,
    target: Target,
    require: frozenset[str],
    console: Console,
    *,
    why: str | None = None,
) -> tuple[Record, int]:
    """Run a suite; give its record and the exit code."""
    started = time.perf_counter()
    try:
        with (
            hypothesis_elsewhere(),
            interruptible() as interrupt,
            Rows(console, suite) as progress,
        ):
            judge_all(suite, job, interrupt, progress.done)
        planned = nodes(suite)
        elapsed = time.perf_counter() - started
        seen = gather(suite, target)
        record = build(
            seen,
            target,
            job.demands,
            planned=planned,
            required=require,
            elapsed=elapsed,
            tier=job.held.tier,
            memory=0 if job.in_process else job.memory,
        )
        if lost := unjudged(record.functions, planned):
            suite.broken.append(f"planned and not judged: {in_words(lost)}")
        if why is not None and not suite.broken:
            from .why import explain

            explain(suite, why, console)
    finally:
        suite.close()
    if suite.broken or not suite.planned:
        return record, BROKEN
    if all(function.status == "missing" for function in record.functions):
        return record, WRONG if require else UNUSABLE
    return record, PASS if record.verdict == "pass" else WRONG


def _found(
    job: Job, target: Target, declared: Mapping[str, Wanted], known: frozenset[str] = frozenset()
) -> Undeclared:
    """Find and judge what nobody declared, beside what is known."""
    from ..discovery.targets import LIMITS
    from .settings import settings_of
    from .undeclared import Search, judge_undeclared

    isolation = "require" if job.of_stranger else job.isolation
    undeclared = judge_undeclared(
        Search(
            target=target,
            demands=job.demands,
            known=known,
            declared=declared,
            only=job.only,
            in_process=job.in_process,
            limits=job.limits(LIMITS),
            settings=settings_of(target.path, isolation),
        )
    )
    if undeclared.needless:
        raise click.UsageError(undeclared.needless)
    return undeclared


def undeclared_alone(
    job: Job, target: Target, declared: Mapping[str, Wanted], require: frozenset[str]
) -> tuple[Record, int, Undeclared]:
    """Judge a target that has no function of the contract."""
    from .beside import alone

    started = time.perf_counter()
    undeclared = _found(job, target, declared)
    elapsed = time.perf_counter() - started
    record = alone(
        undeclared,
        job.demands,
        elapsed=elapsed,
        tier=job.held.tier,
        memory=0 if job.in_process else job.memory,
        required=require,
    )
    if not undeclared.decided:
        return record, UNUSABLE, undeclared
    return record, PASS if record.verdict == "pass" else WRONG, undeclared


def wants_more(record: Record, job: Job, target: Target) -> bool:
    """Whether something that was asked for is not among the rows."""
    there = record.with_status("pass", "fail")
    rows = {name for f in there for name in (f.name, f.row, f.layer)}
    return target.kind != "bundled" and not (job.only and job.only <= rows)


def with_undeclared(
    record: Record,
    code: int,
    job: Job,
    target: Target,
    declared: Mapping[str, Wanted],
    required: frozenset[str],
) -> tuple[Record, int, Undeclared]:
    """Judge what a target has beside its rows; give all in one record, and the exit code.

    A function that has a name of the contract and cannot be called as the contract says is another
    function, or has another forward than the contract's.
    """
    from .beside import beside, known_of

    undeclared = _found(job, target, declared, known_of(record))
    record = beside(record, undeclared, job.demands, required=required)
    if code != UNUSABLE or undeclared.decided:
        code = PASS if record.verdict == "pass" else WRONG
    return record, code, undeclared


def need_rows(suite: Suite, target: Target) -> None:
    """Say that no row is asked for, only what the target derives by itself.

    Raises
    ------
    NothingDefined
        There is nothing for the suite to open.
    """
    if not suite.specs:
        raise NothingDefined(f"Nothing that was asked for is defined in {target.path}.")


def first_lines(record: Record, job: Job, undeclared: Undeclared | None) -> FirstLines | None:
    """Start to look for the first wrong line of each wrong function."""
    if not record.with_status("fail"):
        return None
    from .first_lines import FirstLines, asked_of_found, asked_of_rows

    asked = [
        *asked_of_rows(record, job.known_rows()),
        *asked_of_found(() if undeclared is None else undeclared.results),
    ]
    return FirstLines(asked, job) if asked else None
