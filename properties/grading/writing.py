"""Everything that is written of a batch, each file whole or not at all."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ..record.files import write_whole
from ..record.schema import Record, dump
from ..record.text import one_line
from ..reports.class_page import Class, Mistake, Row, class_page
from ..reports.points import Weights
from ..reports.student_page import for_student, student_page
from .gradebook import Asked, Book, Line, book, canvas_csv, grades_csv, gradescope_csv
from .naming import Submission
from .values import Options, Result, suite_version

_UNKNOWN = "no known cause"


def write_all(
    out: Path,
    assignment: str,
    submissions: Sequence[Submission],
    results: Sequence[Result],
    weights: Weights,
    options: Options,
    asked: Asked,
    remarks: Sequence[str] = (),
) -> Book:
    """Write grade books, records, and pages; what is there of others is removed.

    ``records`` is the teacher's, whole and with the seed; ``students`` holds what each may see.
    """
    made = book(submissions, results, weights, asked)
    write_whole(out / "grades.csv", grades_csv(made))
    write_whole(out / "canvas.csv", canvas_csv(made, assignment))
    write_whole(out / "gradescope.csv", gradescope_csv(made))
    (out / "records").mkdir(mode=0o700, exist_ok=True)  # the seed is in them
    (out / "students").mkdir(exist_ok=True)
    title = one_line(assignment, limit=120)
    rows = []
    written: set[Path] = set()
    for slug, line in zip(_slugs(submissions), made.lines, strict=True):
        written |= _write_student(out, title, slug, line, weights)
        rows.append(_row(line, f"students/{slug}.html"))
    # A page of a submission that is gone, or that has no verdict any more, would still say "right".
    for folder in ("records", "students"):
        for file in (out / folder).iterdir():
            if file.suffix in (".json", ".html") and file not in written:
                file.unlink()
    tiers = sorted({r.record.isolation for r in results if r.record is not None})
    facts = (
        f"profile {options.profile} · nndl {suite_version()}"
        + f" · isolation {', '.join(tiers) or 'unknown'}, {options.memory:,} MiB for the code"
        + (" · strict" if options.strict else "")
        + (f" · only {', '.join(options.only)}" if options.only else ""),
        *remarks,
        *nobody(made),
    )
    shown = Class(
        title=title, functions=made.functions, most=made.most, rows=tuple(rows), facts=facts
    )
    write_whole(out / "class.html", class_page(shown))
    return made


def nobody(made: Book) -> Iterator[str]:
    """What was asked for and is in no submission: a name that is misspelt, for one."""
    if made.nobody:
        yield f"asked for, and nobody has it: {', '.join(made.nobody)}"


def _write_student(out: Path, title: str, slug: str, line: Line, weights: Weights) -> set[Path]:
    """Write what there is of one submission; gives the files."""
    result = line.result
    record = result.record
    name = ", ".join(student.name for student in line.submission.students)
    page = student_page(
        title, name, record, line.grades, weights, reason=result.reason, notes=_notes(result)
    )
    files = {out / "students" / f"{slug}.html": page}
    if record is not None:
        files[out / "records" / f"{slug}.json"] = dump(record)
        cut = for_student(record, line.grades, weights)
        files[out / "students" / f"{slug}.json"] = dump(cut)
    for file, text in files.items():
        write_whole(file, text)
    return set(files)


def _row(line: Line, page: str) -> Row:
    record = line.result.record
    counted = {grade.name for grade in line.grades}
    return Row(
        name=", ".join(student.name for student in line.submission.students),
        id=" ".join(f"{student.id} {student.email}" for student in line.submission.students),
        state=line.state,
        points=line.points,
        seconds=line.result.seconds,
        page=page,
        statuses=_statuses(record) if record is not None else {},
        mistakes=tuple(_mistakes(record, counted)) if record is not None else (),
        reason=line.result.reason or ("no verdict" if line.result.status != "judged" else ""),
        notes=_notes(line.result),
    )


def _notes(result: Result) -> tuple[str, ...]:
    """What was left out of a submission, and what is said of all its functions: of their file."""
    functions = result.record.functions if result.record is not None else ()
    said = [set(f.findings) for f in functions if f.status != "missing"]
    common = set[str]().union(*said[:1]).intersection(*said[1:]) if len(said) > 1 else ()
    start = "robustness: "
    of_all = sorted(text.removeprefix(start) for text in common if text.startswith(start))
    return (*result.notes, *of_all)


def _statuses(record: Record) -> dict[str, str]:
    """The status of each function; of one that only has a name of the contract there is none."""
    own = {f.name: f.status for f in record.functions if not f.namesake}
    return {f.name: "" for f in record.functions} | own


def _mistakes(record: Record, counted: Collection[str]) -> Iterator[Mistake]:
    """What is wrong with each function, by the failure that says most."""
    for function in record.functions:
        lead = function.lead
        if function.name not in counted or lead is None:
            continue
        if lead.cause is not None:
            name, sentence = lead.cause.misconception or "", lead.cause.sentence
        else:
            name, sentence = _UNKNOWN, ""
        yield Mistake(function=function.name, name=name, sentence=sentence)


def _slugs(submissions: Sequence[Submission]) -> list[str]:
    """A name for the files of each submission: plain, and no two the same, in any case."""
    made: list[str] = []
    taken: set[str] = set()
    for submission in submissions:
        text = unicodedata.normalize("NFKD", submission.label)
        plain = re.sub(r"[^A-Za-z0-9.-]+", "_", text).strip("._-")[:60]
        if plain != submission.label:
            label = submission.label.encode("utf-8", "surrogatepass")
            plain = f"{plain or 'x'}_{hashlib.sha256(label).hexdigest()[:8]}"
        slug, number = plain, 1
        while slug.casefold() in taken:
            number += 1
            slug = f"{plain}_{number}"
        taken.add(slug.casefold())
        made.append(slug)
    return made
