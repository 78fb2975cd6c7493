"""Sentences that several reports share."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..record.listing import Listing
from ..record.schema import Function, Property, Record, Shown
from ..record.text import one_line
from ..record.unfinished import NOT_WRITTEN
from .arrays import scalar, to_float
from .text import WORD, counted, number

_REASON = 200  # characters; an exception may quote a whole array, and the record has it
_FINDINGS = 8  # different ones of a kind, told in full


def found_by(prop: Property) -> str:
    """Which property failed after how many examples."""
    tries = f" after {counted(prop.examples, 'example')}" if prop.examples else ""
    verb = "Broke" if prop.status == "error" else "Fails"
    return f"{verb}: {prop.title}{of_class(prop, ' ({})')}{tries}."


def of_class(prop: Property, form: str) -> str:
    """The class of a property where it is not correctness, which goes without saying."""
    return "" if prop.cls == "correctness" else form.format(prop.cls)


def values(prop: Property) -> str:
    """Got, wanted and tolerance in one line; empty where there is no number."""
    if prop.got is None and prop.wanted is None:
        return ""
    where = prop.argument + (f"[{', '.join(map(str, prop.index))}]" if prop.index else "")
    parts = [f"got {scalar(prop.got) or 'nothing'}"]
    if prop.wanted is not None:
        parts.append(f"wanted {scalar(prop.wanted)}")
    if prop.tolerance is not None:
        parts.append(f"tolerance {limit(prop)}")
    oracle = f" (from: {prop.oracle})" if prop.oracle else ""
    return f"{where + ': ' if where else ''}{', '.join(parts)}{oracle}"


def limit(prop: Property) -> str:
    """The tolerance, with the four digits that one has."""
    return number(found) if (found := to_float(prop.tolerance)) is not None else ""


def location(function: Function) -> str:
    """File and line of a function."""
    file = file_of(function.file)
    return at(file, function.line, function.cell) if function.line else file


def at(file: str, line: int, cell: int | None) -> str:
    """A line of a file, in a notebook with its cell.

    >>> at("layers.py", 3, None), at("hw.ipynb", 3, 4)
    ('layers.py:3', 'hw.ipynb:cell 4:3')
    """
    return f"{file}:{line}" if cell is None else f"{file}:cell {cell}:{line}"


def file_of(path: str) -> str:
    """A path, from the current folder where it lies below that."""
    with contextlib.suppress(ValueError):
        return str(Path(path).relative_to(Path.cwd()))
    return path


def wrong_place(record: Record, function: Function) -> tuple[str, int, int | None]:
    """File, line and cell of a function's first wrong line, where it is known, else its own."""
    listing = record.listing_of(function)
    first = listing.mistakes[0] if listing is not None and listing.mistakes else None
    own = function.file or record.target.path
    if first is None:
        return own, function.line or 1, function.cell
    return first.file or own, first.line, first.cell


def plain_place(record: Record, function: Function) -> tuple[str, int, str]:
    """The same for tools that know files and lines alone, and what to say beside it.

    A notebook is named at its first line: no line of the file is that of a cell.
    """
    file, line, cell = wrong_place(record, function)
    return (file, line, "") if cell is None else (file, 1, f" (cell {cell}, line {line})")


def sentence(function: Function) -> str:
    """What is wrong with a function, in one sentence."""
    return function.sentence or WORD[function.status]


def seen(prop: Property) -> str:
    """Where somebody else made the mistake, in one line; empty where no address is known."""
    if prop.cause is None or not prop.cause.seen_in_public:
        return ""
    form = ", in a neighbouring form" if prop.cause.neighbouring else ""
    return f"Seen in public{form}: {prop.cause.seen_in_public}"


def cause(prop: Property, *, sure: bool = False) -> str:
    """The likely cause in one line, with its confidence when ``sure``; empty without one."""
    if prop.cause is None:
        return ""
    confidence = f" ({prop.cause.confidence:.0%})" if sure else ""
    return f"Likely cause{confidence}: {prop.cause.sentence or prop.cause.misconception}"


def remarks(record: Record) -> list[tuple[Shown, str]]:
    """What is said of a run beside its wrong functions: each with the status that it is shown by.

    Findings that do not count, what is missing, unclear or was not judged, the run's notes.
    """
    found: list[tuple[Shown, str]] = [("noted", text) for text in _by_kind(record)]
    if missing := record.with_status("missing"):
        own = [f for f in missing if f.detail.startswith(NOT_WRITTEN)]  # what somebody waits for
        found.append(("missing", f"missing: {_first(_names([*own, *missing]), max(2, len(own)))}"))
    unclear = [
        f"{f.name} ({p.title})"
        for f in record.functions
        for p in f.properties
        if p.status == "inconclusive"
    ]
    if unclear:
        found.append(("inconclusive", f"no oracle could decide: {_first(unclear, 4)}"))
    for one in record.not_judged:
        reason = one_line(one.reason, limit=_REASON)
        found.append(("skipped", f"{one.name}: not judged: {reason}{one.advice}"))
    return found + [("noted", note) for note in record.notes]


def _by_kind(record: Record) -> list[str]:
    """Findings of right functions: a text for each kind, in it a line for each sentence."""
    kinds: dict[str, dict[str, list[str]]] = {}
    for function in record.with_status("pass"):
        for finding in function.findings:
            kind, _, told = finding.partition(": ")
            kinds.setdefault(kind, {}).setdefault(told, []).append(function.name)
    texts = []
    for kind, sentences in sorted(kinds.items()):
        count = counted(sum(map(len, sentences.values())), "finding")
        lines = [f"{_first(names, 3)}: {told}" for told, names in sentences.items()]
        more = [f"and {len(lines) - _FINDINGS} more"] if len(lines) > _FINDINGS else []
        texts.append("\n".join([f"{kind}, {count}:", *lines[:_FINDINGS], *more]))
    return texts


def _names(functions: Sequence[Function]) -> list[str]:
    return list(dict.fromkeys(f.name for f in functions))


def _first(names: Sequence[str], count: int) -> str:
    """The first of some names, and how many there are beside; the record has them all."""
    count = count if len(names) > count + 1 else len(names)
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of a function as a report shows it; ``why`` says what is known of it."""

    number: str
    text: str
    status: Shown
    why: str


def lines_of(listing: Listing) -> list[Line]:
    """The lines of a listing, each once; what only follows from an earlier mistake is noted."""
    mistakes = {(mistake.cell, mistake.line) for mistake in listing.mistakes}
    rank: list[Shown] = ["fail", "noted", "skipped", "pass"]
    found: dict[tuple[str, int | None, int], Line] = {}
    for step in listing.steps:
        status: Shown = "pass" if step.status == "right" else "skipped"
        if step.status == "wrong":
            status = "fail" if (step.cell, step.line) in mistakes or step.cause else "noted"
        why = "" if status == "pass" else step.cause or step.reason
        number = str(step.line) if step.cell is None else f"cell {step.cell}:{step.line}"
        line = Line(number=number, text=step.text or step.name, status=status, why=why)
        key = (step.function, step.cell, step.line)
        if key not in found or rank.index(status) < rank.index(found[key].status):
            found[key] = line
    return list(found.values())


def summary(record: Record) -> str:
    """The verdict and the counts in one line."""
    bad = record.with_status("fail", "error")
    parts = [] if record.functions else ["nothing was checked"]
    if bad:
        own = sorted(bad, key=lambda f: bool(f.because))
        names = ", ".join(f.name for f in own[:4]) + (", …" if len(bad) > 4 else "")
        there = len(record.functions) - len(record.with_status("missing"))
        parts.append(f"{len(bad)} of {there} wrong: {names}")
    for status, word in (("pass", "right"), ("missing", "missing")):
        if count := len([f for f in record.functions if f.status == status]):
            parts.append(f"{count} {word}")
    if record.not_judged:
        parts.append(f"{len(record.not_judged)} not judged")
    if not record.complete and record.functions:
        parts.append("the run is not complete")
    parts += [f"profile {record.profile}", f"seed {record.seed}"]
    parts += [f"isolation {record.isolation}"] if record.isolation else []
    parts.append(f"{record.elapsed:.1f} s")
    return f"{record.verdict.upper()}: {' · '.join(parts)}"
