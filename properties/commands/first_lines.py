"""The first wrong line of every wrong backward, looked for while the run is told.

`nndl steps` looks for it, in processes of its own, so that what is known is shown meanwhile.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..discovery.found import Result
from ..implementation.child.alarm import alarm
from ..record.arrays import decode
from ..record.listing import Listing
from ..record.schema import Function, Record
from ..record.steps import listing
from ..spec.row import LayerSpec
from ..steps.debugger import debug_subject
from ..steps.inferring import plain_names
from ..steps.names import same_input
from ..steps.rewrite.child import LIMITS
from ..steps.rewrite.session import InProcess
from ..steps.rewrite.source import Project, open_project
from ..steps.subjects import Subject, of_inputs, of_row, variants_of
from ..steps.values import NoSource, Report, StepsError
from ..steps.ways import Way, way_of
from .job import Job
from .judging import processors
from .workers import begin

SECONDS = 2.0  # of a processor, for each wrong function
SEARCHED = 1.5  # of these; the rest is for loading, running and telling
_MOST = 10.0  # by the clock, on a busy machine


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A function whose lines are asked for: of a row, or with the inputs that were inferred.

    ``arguments`` are those whose gradients the run calls wrong, ``case`` the inputs with which;
    ``located`` are all that have a gradient, ``accepted`` those for which it is right. ``value`` is
    the value beside the gradients that is wrong, scores or a loss: no line is followed from it.
    """

    function: str
    arguments: frozenset[str]
    row: str = ""
    forward: str = ""
    backward: str | None = None
    inputs: str = ""
    located: tuple[str, ...] = ()
    accepted: frozenset[str] = frozenset()
    way: Way | None = None
    case: Mapping[str, Any] = field(default_factory=dict)
    value: str = ""


def asked_of_rows(record: Record, rows: Sequence[LayerSpec]) -> Iterator[Asked]:
    """The wrong functions of declared rows that answer for gradients."""
    known = {row.name: row for row in rows}
    for function in record.with_status("fail"):
        row = known.get(function.row)
        if function.because:  # no line of its own is wrong
            continue
        if row is None or function.name != row.judge_of_gradients or not variants_of(row):
            continue
        arguments = _gradients(function)
        if row.backward is None and not arguments:
            continue  # its value is wrong; the gradient is held against the value that it has
        yield Asked(
            function=function.name,
            arguments=arguments,
            row=row.name,
            case=_inputs(function),
            value="" if row.backward is not None else _value(function, row.value),
        )


def _inputs(function: Function) -> Mapping[str, Any]:
    """The smallest failing example; nothing where the record does not have it whole."""
    inputs: Mapping[str, Any] = {}
    with suppress(ValueError):
        inputs = {} if function.lead is None else decode(function.lead.inputs)
    return inputs


def asked_of_found(results: Iterable[Result]) -> Iterator[Asked]:
    """The wrong functions that nobody declared."""
    for result in results:
        if result.status != "wrong":
            continue
        forward, backward = result.found.functions
        yield Asked(
            function=result.found.name,
            arguments=frozenset(wrong.leaf for wrong in result.wrong),
            forward=forward,
            backward=backward,
            inputs=result.found.drawn,
            located=result.located,
            accepted=result.accepted,
            way=way_of(result.found),
            case=plain_names(result.wrong[0].values),
        )


def _told(function: Function) -> set[str]:
    """What the properties found wrong, by name."""
    return {p.argument for p in function.failures if p.cls == "correctness" and p.argument}


def _value(function: Function, name: str) -> str:
    """The value of a function without a backward that is wrong: its scores, its loss."""
    return next((one for one in ("scores", name) if one in _told(function)), "")


def _gradients(function: Function) -> frozenset[str]:
    """Arguments with a wrong gradient: x of dx, W1 of grads['W1']."""
    told = _told(function)
    bare = {name.partition("['")[2].removesuffix("']") or name for name in told}
    return frozenset(
        name.removeprefix("d") for name in bare if name.startswith("d") or name not in told
    )


class FirstLines:
    """Looks for the first wrong lines of a run's functions, each in at most `SECONDS`."""

    def __init__(self, asked: Sequence[Asked], job: Job) -> None:
        self._asked, self._job = {one.function: one for one in asked}, job
        self._found: dict[str, Listing] = {}
        self._waiting: dict[str, Future[Listing]] = {}
        self._pool: ProcessPoolExecutor | None = None
        if asked and not job.in_process:
            context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
            self._pool = ProcessPoolExecutor(
                min(processors(), len(asked)),
                mp_context=context,
                initializer=begin,
                initargs=(os.getpid(), _nothing, ()),
            )
            self._waiting = {
                one.function: self._pool.submit(look, one, job) for one in self._asked.values()
            }

    def of(self, function: Function) -> Listing | None:
        """The lines of a function, when they are known; None of one that was not asked."""
        name = function.name
        if name in self._asked and name not in self._found:
            self._found[name] = self._look(self._asked[name])
        return self._found.get(name)

    def _look(self, asked: Asked) -> Listing:
        if asked.function not in self._waiting:
            return look(asked, self._job)
        try:
            return self._waiting[asked.function].result()
        except BrokenProcessPool as error:
            return _without(asked, self._job, f"the process that looked for it ended: {error}")

    def into(self, record: Record) -> Record:
        """The record with all of them."""
        found = [one for f in record.functions if (one := self.of(f)) is not None]
        return msgspec.structs.replace(record, listings=(*record.listings, *found))

    def close(self) -> None:
        """End the processes."""
        if self._pool is None:
            return
        late = any(not future.done() for future in self._waiting.values())
        for process in list((self._pool._processes or {}).values()) if late else ():
            process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)


# -- in a worker -------------------------------------------------------------------------------


def _nothing() -> None:
    """What a worker does before its first function."""


class _Over(BaseException):
    """The time is over."""


def look(asked: Asked, job: Job, *, most: float | None = None) -> Listing:
    """Look for the first wrong line of one function; it never raises.

    ``most`` are seconds by the clock, where they are not to be those of a run.
    """
    if asked.value:  # a gradient that is right for the right value is wrong for this one
        verb = "are" if asked.value == "scores" else "is"
        return _without(asked, job, f"its {asked.value} {verb} wrong, and must be repaired first")
    try:
        with alarm(most or _MOST, _Over):
            report = _debug(asked, job)
    except _Over:
        return _without(asked, job, f"it was not found within {SECONDS:g} s")
    except StepsError as error:
        return _without(asked, job, str(error))
    except Exception as error:
        said = f"looking for it broke ({type(error).__name__}: {error}); please report this"
        return _without(asked, job, said)
    made = listing(report)
    return msgspec.structs.replace(
        made, function=asked.function, seconds=SECONDS, disagrees=disagreement(made, asked)
    )


def _debug(asked: Asked, job: Job) -> Report:
    """Follow the lines; of several kinds of calls, the first in which something is wrong."""
    project = open_project(job.target)
    told: Report | None = None
    for subject in _subjects(asked, job, project):
        report = debug_subject(
            project,
            subject,
            seed=job.demands.seed,
            seconds=SEARCHED,
            make_runner=InProcess if job.in_process else None,
            limits=job.limits(LIMITS),
            shrink=False,
            suspect=asked.case,
        )
        if report.outcome == "wrong":
            return report
        told = told or report
    if told is None:
        raise StepsError("its source cannot be read, or it is called in another way")
    return told


def _subjects(asked: Asked, job: Job, project: Project) -> Iterator[Subject]:
    if not asked.row:
        names = (asked.forward, asked.backward)
        yield of_inputs(
            project,
            *names,
            asked.inputs,
            targets=asked.located,
            accepted=asked.accepted,
            way=asked.way,
            options=asked.case,
        )
        return
    row = next(one for one in job.known_rows() if one.name == asked.row)
    for variant in variants_of(row):
        with suppress(NoSource):
            yield of_row(project, row, variant)


def disagreement(found: Listing, asked: Asked) -> str:
    """What a run and the lines say differently of a function; "" when they agree."""
    named = (g.input.split(",") for g in found.gradients if g.status == "wrong")
    mine = {name for names in named for name in names}
    told = ", ".join(sorted(asked.arguments)) or "a gradient"
    known = {name for g in found.gradients for name in g.input.split(",")}
    # Only names that both have can be held against each other: W may be params[0] to the lines.
    theirs = {n for n in asked.arguments if any(same_input(n, other) for other in known)}
    if found.outcome == "right":
        if known and asked.arguments and not theirs:  # left in a global, say
            return f"no line can be named: {told} is not among what the lines were followed to"
        return f"of {told} wrong here, the lines show nothing on small examples: {found.verdict}"
    both = any(same_input(one, other) for one in mine for other in theirs)
    if found.outcome == "wrong" and mine and theirs and not both:
        return (
            f"the gradient of {told} is wrong here, by its lines that of {', '.join(sorted(mine))}"
        )
    return ""


def _without(asked: Asked, job: Job, why: str) -> Listing:
    """The listing of a function of which no line is known."""
    return Listing(
        schema=1,
        target=str(job.target or ""),
        label=asked.row or asked.function,
        file="",
        forward=asked.forward,
        backward=asked.function,
        outcome="nothing",
        verdict=why,
        steps=(),
        first_wrong=None,
        mistakes=(),
        gradients=(),
        trouble=None,
        case=None,
        notes=(),
        function=asked.function,
        seconds=SECONDS,
    )
