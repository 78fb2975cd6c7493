"""One line for each thing that is wrong, as compilers write it, for editors and other tools."""

from __future__ import annotations

from ..record.schema import Function, Record
from ..record.text import one_line
from .phrases import file_of, sentence, wrong_place
from .text import WORD, no_command


def concise(record: Record) -> str:
    """Return ``path:line:column: wrong: sentence [misconception]`` lines.

    ``error`` stands for ``wrong`` where a function gives no result. What was not judged, and what
    is said of the run, are ``note`` lines. The column is 1: a record knows lines.
    """
    target = file_of(record.target.path)
    lines = [_line(record, function) for function in record.with_status("fail", "error")]
    if not record.complete:
        lines.append(f"{target}:1:1: error: the run is not complete: this is no verdict")
    for one in record.not_judged:
        write = f"; to have it judged: {one.write}" if one.write else ""
        told = f"not judged: {one.name}: {one.reason}{write}"
        lines.append(f"{target}:{one.line or 1}:1: note: {told}")
    lines += [f"{target}:1:1: note: {note}" for note in record.notes]
    return "".join(no_command(one_line(line, limit=1000)) + "\n" for line in lines)


def _line(record: Record, function: Function) -> str:
    file, line = wrong_place(record, function)
    cause = function.lead.cause if function.lead is not None else None
    named = f" [{cause.misconception}]" if cause is not None else ""
    where = f"{file_of(file)}:{line}:1"
    return f"{where}: {WORD[function.status]}: {function.name}: {sentence(function)}{named}"
