"""Records put together, and held against what was planned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from .schema import (
    SCHEMA,
    Function,
    NotJudged,
    Record,
    RecordError,
    required_and_missing,
    there_and_not_judged,
    verdict_of,
)
from .unfinished import waiting

STRICTLY = "--strict, and not judged"
_NAMED = 6  # nodes that were not judged, named one by one


@dataclass(frozen=True, kw_only=True)
class Node:
    """One property of one row that a run is to judge; it cannot without ``functions``."""

    row: str
    property: str
    functions: tuple[str, ...]


def assemble(
    functions: Iterable[Function],
    *,
    planned: Iterable[Node],
    required: frozenset[str],
    complete: bool,
    notes: Iterable[str],
    strict: bool,
    not_judged: Iterable[NotJudged] = (),
    **head: Any,
) -> Record:
    """A record of some functions, complete when every planned node is in it."""
    found = waiting(functions)
    lost = unjudged(found, planned)
    told = list(dict.fromkeys(notes))
    if lost:
        told.append(f"planned and not judged: {in_words(lost)}")
    if wanted := required_and_missing(found, required):
        told.append(f"required and missing: {', '.join(f.name for f in wanted)}")
    complete = complete and not lost
    left = tuple(not_judged)
    told += _strictly(found, left) if strict else []
    return Record(
        schema=SCHEMA,
        verdict=verdict_of(
            found, complete=complete, required=required, strict=strict, not_judged=left
        ),
        complete=complete,
        functions=found,
        notes=tuple(told),
        strict=strict,
        not_judged=left,
        **head,
    )


def judged_anew(
    record: Record,
    functions: tuple[Function, ...],
    *,
    required: frozenset[str] = frozenset(),
    not_judged: tuple[NotJudged, ...] = (),
    complete: bool = True,
    notes: Iterable[str] = (),
) -> Record:
    """The record with other functions, and the verdict over them."""
    complete = complete and record.complete
    told = [note for note in record.notes if not note.startswith(STRICTLY)]
    verdict = verdict_of(
        functions,
        complete=complete,
        required=required,
        strict=record.strict,
        not_judged=not_judged,
    )
    left = _strictly(functions, not_judged) if record.strict else []
    return msgspec.structs.replace(
        record,
        functions=functions,
        verdict=verdict,
        not_judged=not_judged,
        complete=complete,
        notes=(*told, *notes, *left),
    )


def _strictly(functions: Iterable[Function], not_judged: Iterable[NotJudged]) -> list[str]:
    """The note of a strict run about what was found and not judged."""
    names = there_and_not_judged(functions, not_judged)
    if not names:
        return []
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return [
        f"{STRICTLY}: {', '.join(names[:_NAMED])}{more}; say what they need, or why "
        "they are left out, under [tool.nndl.skip] in pyproject.toml"
    ]


def unjudged(functions: Sequence[Function], planned: Iterable[Node]) -> list[Node]:
    """The planned nodes that are not in a record.

    A node is in it when a function of its row has the property, or when a function that it needs
    is missing or gives no result.
    """
    there = {(f.row, p.name) for f in functions for p in f.properties}
    excused = {(f.row, f.name) for f in functions if f.status in ("missing", "error")}
    return [
        node
        for node in planned
        if (node.row, node.property) not in there
        and not any((node.row, name) in excused for name in node.functions)
    ]


def in_words(nodes: Sequence[Node]) -> str:
    """The first of some nodes by name, and how many there are beside."""
    names = ", ".join(f"{node.property} of {node.row}" for node in nodes[:_NAMED])
    return names + (f" and {len(nodes) - _NAMED} more" if len(nodes) > _NAMED else "")


def merge(
    records: Sequence[Record],
    *,
    planned: Iterable[Node] = (),
    required: frozenset[str] = frozenset(),
    order: Sequence[str] = (),
) -> Record:
    """One record of the pieces of a run; functions by the order of their rows.

    Raises
    ------
    RecordError
        The records are of different targets or demands, or judge the same function.
    """
    if not records:
        raise RecordError("got no record; wanted at least one")
    first = records[0]
    for record in records[1:]:
        for part in ("target", "profile", "seed", "strict", "versions", "isolation", "memory"):
            one, other = getattr(first, part), getattr(record, part)
            if one != other:
                raise RecordError(
                    f"the records are of two runs: their {part} are {one!r} and {other!r}; "
                    "give the pieces of one run"
                )
    functions = [function for record in records for function in record.functions]
    judged: set[tuple[str, str]] = set()
    for function in functions:
        key = (function.row, function.name)
        if key in judged:
            raise RecordError(f"{function.name} is in two records; give each piece once")
        judged.add(key)
    places = {row: place for place, row in enumerate(order)}
    return assemble(
        sorted(functions, key=lambda f: places.get(f.row, len(places))),
        planned=planned,
        required=required,
        complete=all(record.complete for record in records),
        notes=[note for record in records for note in record.notes],
        target=first.target,
        profile=first.profile,
        seed=first.seed,
        strict=first.strict,
        versions=first.versions,
        isolation=first.isolation,
        memory=first.memory,
        listings=tuple(one for record in records for one in record.listings),
        not_judged=tuple(one for record in records for one in record.not_judged),
        seconds={row: took for record in records for row, took in record.seconds.items()},
        elapsed=max(record.elapsed for record in records),
    )
