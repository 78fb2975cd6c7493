"""The first wrong lines of functions that this process holds: of a test file, or a notebook."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from ..discovery.found import Result
from ..layers import EVERY
from ..record.listing import Listing
from ..record.schema import Record
from ..record.steps import listing
from ..spec.demands import Demands
from .first_lines import SEARCHED, SECONDS, asked_of_found, asked_of_rows, look
from .job import Job

Function = Callable[..., Any]


def with_lines_of_found(
    record: Record, results: Iterable[Result], things: Sequence[Any], demands: Demands
) -> Record:
    """A record with the lines of what was judged against its own forward.

    They are those of the file, as it is read again. Where it cannot be, those of the functions by
    themselves, with what they use of their module.
    """
    found = []
    for one in results:
        for asked in asked_of_found([one]):
            in_file = Path(one.found.file).is_file() and not _is_inside(things)
            job = Job(target=one.found.file, demands=demands)
            made = look(asked, job) if in_file else None
            if made is None or not (made.mistakes or made.disagrees):
                made = _of_functions(things, demands, inputs=asked.inputs)
            if made is not None:
                found.append(msgspec.structs.replace(made, function=asked.function))
    return msgspec.structs.replace(record, listings=(*record.listings, *found))


def _is_inside(things: Sequence[Any]) -> bool:
    """Whether the file may have other functions of these names, or none."""
    return any("<" in thing.__qualname__ for thing in things)


def with_lines_of_rows(
    record: Record, functions: Mapping[str, Function], demands: Demands
) -> Record:
    """A record with the lines of functions that stand for those of declared layers."""
    found = list(_of_rows(record, functions, demands))
    return msgspec.structs.replace(record, listings=(*record.listings, *found))


def _of_rows(
    record: Record, functions: Mapping[str, Function], demands: Demands
) -> Iterator[Listing]:
    known = {row.name: row for row in EVERY}
    for asked in asked_of_rows(record, EVERY):
        own = [functions[name] for name in known[asked.row].functions if name in functions]
        if (made := _of_functions(own, demands, layer=asked.row)) is not None:
            yield msgspec.structs.replace(made, function=asked.function)


def _of_functions(functions: Sequence[Function], demands: Demands, **asked: str) -> Listing | None:
    """The lines of some functions by themselves; none where none is wrong."""
    # What follows the functions of a notebook is needed where something is wrong alone.
    from .steps_notebook import judge_functions

    closed = any(getattr(one, "__closure__", None) for one in functions)  # what it holds is unknown
    if closed or not all(inspect.isroutine(one) for one in functions):
        return None
    try:
        report = judge_functions(
            functions, **asked, seed=demands.seed, seconds=SEARCHED, shrink=False
        )
        place = _file_of(functions[-1])
    except Exception:  # a verdict is not lost for want of a line
        return None
    if not report.mistakes:
        return None
    mistakes = tuple(replace(one, file=place) for one in report.mistakes)
    return msgspec.structs.replace(listing(replace(report, mistakes=mistakes)), seconds=SECONDS)


def _file_of(function: Function) -> str:
    """The file of a function; a cell of a notebook has none that its author knows."""
    file = Path(inspect.getsourcefile(function) or "")
    in_notebook = file.parent.name.startswith("ipykernel_") or not file.is_file()
    return "cell" if in_notebook else str(file)
