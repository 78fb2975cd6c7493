"""Judge one submission in this process, on the way that `nndl check` goes."""

from __future__ import annotations

import contextlib
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ..commands.answer import judge_target
from ..commands.job import Job, hypothesis_elsewhere
from ..implementation import NotStarted, TargetError, resolve_target
from ..implementation.isolation import NotIsolated
from ..implementation.turn import OVER
from ..judge.suite import by_row
from ..record.text import one_line
from ..spec.demands import Demands
from .values import CODE, Options, Result

FOLDER = "submission"  # the name of every submission where it is judged
SPECS = "specs.py"
_IGNORED = ("setup.py", "__init__.py")


def judge_submission(home: Path, options: Options, notes: tuple[str, ...] = ()) -> Result:
    """Judge the files in ``home/submission``.

    What is judged is a relative path, so that a record does not say where it was made.
    """
    started, cpu = time.perf_counter(), _cpu()
    with inside(home):
        try:
            target = target_of()
            result = _judged(target, options)
        except (NotIsolated, NotStarted) as error:  # this machine's fault, not the submission's
            result = Result(status="lost", reason=one_line(error, limit=600))
        except TargetError as error:
            result = Result(status="unusable", reason=one_line(error, limit=600))
        except RuntimeError as error:
            result = Result(status="lost", reason=one_line(error, limit=2_000))
    return replace(
        _relative(result, home),
        notes=notes,
        seconds=round(time.perf_counter() - started, 3),
        cpu=round(_cpu() - cpu, 3),
    )


def _relative(result: Result, home: Path) -> Result:
    """The same result wherever it was judged: the folder of the moment is in no path and script."""
    text = msgspec.json.encode(result).decode("utf-8")
    for path in {str(home), os.path.realpath(home)}:
        text = text.replace(f"{path}/", "")
    return msgspec.json.decode(text, type=Result)


def observe_bundled(options: Options) -> None:
    """Observe each row of the bundled package, as if it had failed."""
    with hypothesis_elsewhere(), contextlib.suppress(TargetError):
        suite = _job("bundled", options).suite()
        try:
            for cells in by_row(suite.planned):
                with contextlib.suppress(Exception):  # not every row can be observed when right
                    suite.observe(suite.subject(cells[0].row))
        finally:
            suite.close()


def judge_bundled(options: Options) -> Result:
    """Judge the package that the suite brings."""
    return _judged("bundled", options)


def _job(target: str, options: Options) -> Job:
    return Job(
        target=target,
        demands=Demands(
            profile=options.profile,
            seed=options.seed,
            strict=options.strict,
            dropout_p=options.dropout_p,
            shrink_noted=False,  # no page shows it, and it is a sixth of the time
        ),
        only=frozenset(options.only),
        specs_file=str(Path(SPECS).absolute()) if options.specs else None,
        processes=1,
        isolation=options.isolation,
        allowed=frozenset(options.allowed),
        memory=options.memory,
        of_stranger=True,
    )


def _judged(target: str, options: Options) -> Result:
    job = _job(target, options)
    record = judge_target(job, required=frozenset(options.require), timeout=options.timeout)
    if not record.functions or all(f.status == "missing" for f in record.functions):
        reason = "nothing to judge in it"
        return Result(status="unusable", reason=reason, record=record)
    if not record.complete:
        reason = f"not all of it was judged: {'; '.join(record.notes)}"
        return Result(status="lost", reason=one_line(reason, limit=2_000), record=record)
    late = [f.name for f in record.functions if OVER in f.detail]
    reason = f"{OVER}: not judged are {', '.join(late)}" if late else ""
    return Result(status="judged", reason=reason, record=record)


def target_of() -> str:
    """What of a submission is judged: the folder, or its one file of code."""
    folder = Path(FOLDER)
    files = [f for f in sorted(folder.rglob("*")) if f.suffix.lower() in CODE]
    files = [f for f in files if f.name not in _IGNORED]
    if not files:
        raise TargetError("There is no Python file and no notebook in it.")
    if len(files) == 1 and files[0].parent == folder:
        return str(files[0])
    try:
        resolve_target(FOLDER)
    except TargetError:
        if len(files) != 1:
            raise
        return str(files[0])
    return FOLDER


@contextmanager
def inside(home: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(home)
    try:
        yield
    finally:
        os.chdir(before)


def _cpu() -> float:
    """Seconds of processor time of this process and of its children that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)
