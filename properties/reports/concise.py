"""One line for each thing that is wrong, as compilers write it, for editors and other tools."""

from __future__ import annotations

from ..record.schema import Function, Record
from ..record.text import one_line
from .phrases import at, file_of, sentence, wrong_place
from .text import WORD, no_command


def concise(record: Record) -> str:
    """Return ``path:line:column: wrong: sentence [misconception]`` lines.

    ``error`` stands for ``wrong`` where a function gives no result. What was not judged, and what
    is said of the run, are ``note`` lines; in a strict run the first are errors. The column is 1:
    a record knows lines. A line of a notebook stands as ``path:cell 4:line:1``, as ruff has it.
    """
    target = file_of(record.target.path)
    lines = [_line(record, function) for function in record.with_status("fail", "error")]
    if not record.complete:
        lines.append(f"{target}:1:1: error: the run is not complete: this is no verdict")
    for one in record.not_judged:
        told = f"not judged: {one.name}: {one.reason}{one.advice}"
        kind = "error" if record.strict and not one.left_out else "note"
        lines.append(f"{at(target, one.line or 1, one.cell)}:1: {kind}: {told}")
    lines += [f"{target}:1:1: note: {note}" for note in record.notes]
    return "".join(no_command(one_line(line, limit=1000)) + "\n" for line in lines)


def _line(record: Record, function: Function) -> str:
    file, line, cell = wrong_place(record, function)
    cause = function.lead.cause if function.lead is not None else None
    named = f" [{cause.misconception}]" if cause is not None else ""
    where = f"{at(file_of(file), line, cell)}:1"
    return f"{where}: {WORD[function.status]}: {function.name}: {sentence(function)}{named}"
