"""The grade book: a row a student, a column a function; in the forms that platforms take."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..record.text import one_line
from ..reports.points import Grade, Weights, grades, shares
from .naming import Student, Submission
from .values import NOTHING, Result

# A cell that begins like this is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_PARTED = re.compile(r"(;[\"\s]*)([=+\-@＝＋－＠])")


@dataclass(frozen=True, kw_only=True)
class Line:
    """What one submission earned."""

    submission: Submission
    result: Result
    grades: tuple[Grade, ...]

    @property
    def points(self) -> float:
        """All points together."""
        return sum(grade.points for grade in self.grades)

    @property
    def most(self) -> float:
        """What could have been earned."""
        return sum(grade.most for grade in self.grades)

    @property
    def told(self) -> bool:
        """Whether there is a verdict; that nothing in it can be judged is one."""
        return self.result.status in ("judged", "unusable")

    @property
    def late(self) -> bool:
        """Whether the clock of the run came before all was judged."""
        return self.result.status == "judged" and bool(self.result.reason)

    @property
    def state(self) -> str:
        """In a word: right, wrong, or why there is no verdict."""
        if self.result.status != "judged":
            return self.result.status
        return "right" if self.grades and all(grade.passed for grade in self.grades) else "wrong"


@dataclass(frozen=True, kw_only=True)
class Book:
    """The lines of a class, and the functions that count with their points.

    ``nobody`` are names that were asked for, or given points, and that nobody's record has.
    """

    lines: tuple[Line, ...]
    functions: tuple[str, ...]
    most: dict[str, float]
    nobody: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        """The points of everything."""
        return sum(self.most.values())


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The functions that a class was asked for.

    ``layers`` gives the layer of each. ``named`` were asked for by name, of function or layer;
    ``required`` must be there.
    """

    layers: Mapping[str, str]
    named: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()


def book(
    submissions: Sequence[Submission],
    results: Sequence[Result],
    weights: Weights,
    asked: Asked,
) -> Book:
    """Grade a class: every student has the same columns, with the same points.

    With points given, the columns are what they name. Otherwise each function that was asked for
    gives one, where any student has it: what somebody derives beside them earns nothing. What is
    required is a column in any case.
    """
    records = [result.record for result in results if result.record is not None]
    there = {f.name for r in records for f in r.functions if f.status != "missing"}
    most = shares(weights, asked.layers)
    if not weights.points:
        most = {name: points for name, points in most.items() if name in there | asked.required}
    most = dict.fromkeys((name for name in asked.required if name not in most), 0.0) | most
    order = {name: place for place, name in enumerate(asked.layers)}
    most = dict(sorted(most.items(), key=lambda item: order.get(item[0], len(order))))
    lines = []
    for submission, result in zip(submissions, results, strict=True):
        record = result.record if result.record is not None else NOTHING
        given = grades(record, weights, most=most, layers=asked.layers)
        if result.status != "judged":
            given = tuple(replace(grade, points=0.0, text=_why(result)) for grade in given)
        lines.append(Line(submission=submission, result=result, grades=given))
    named = asked.named | asked.required | set(most) | set(weights.visibility)
    known = there | {asked.layers[name] for name in there if name in asked.layers}
    return Book(
        lines=tuple(lines),
        functions=tuple(most),
        most=most,
        nobody=tuple(sorted(named - known)) if records else (),
    )


def _why(result: Result) -> str:
    return f"Not judged: {result.reason}" if result.reason else "Not judged."


def rows(of: Book) -> Iterable[tuple[Student, Line]]:
    """A row for each student: all of a group have the same line."""
    return ((student, line) for line in of.lines for student in line.submission.students)


def grades_csv(of: Book) -> str:
    """Student, id, email, submission, state, points, then a column for each function."""
    head = ["student", "id", "email", "submission", "state", "points", "of", *of.functions]
    return _csv([head, *(_row(of, student, line) for student, line in rows(of))])


def _row(of: Book, student: Student, line: Line) -> list[str]:
    earned = {grade.name: grade.points for grade in line.grades}
    return [
        student.name,
        student.id,
        student.email,
        one_line(line.submission.label, limit=120),
        line.state,
        _number(line.points),
        _number(of.total),
        *(_number(earned.get(name, 0.0)) for name in of.functions),
    ]


def canvas_csv(of: Book, assignment: str) -> str:
    """The form that Canvas imports: Student, ID, SIS User ID, SIS Login ID, Section, assignment.

    Canvas finds a student by ID, the number in the names of its export. Without a verdict there
    is no grade to import.
    """
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment]
    top = ["    Points Possible", "", "", "", "", _number(of.total)]
    body = [
        [student.name, student.id, "", student.email, "", _number(line.points) if line.told else ""]
        for student, line in rows(of)
    ]
    return _csv([head, top, *body])


def gradescope_csv(of: Book) -> str:
    """The form of Gradescope's own grade books: names, SID, Email, Total Score, Max Points."""
    head = ["First Name", "Last Name", "SID", "Email", "Total Score", "Max Points", "Status"]
    columns = [f"{name} ({_number(of.most[name])} pts)" for name in of.functions]
    body = []
    for student, line in rows(of):
        first, _, last = student.name.partition(" ")
        earned = {grade.name: grade.points for grade in line.grades}
        graded = "Graded" if line.told else "Ungraded"
        body.append(
            [
                first,
                last,
                student.id,
                student.email,
                _number(line.points),
                _number(of.total),
                graded,
            ]
            + [_number(earned.get(name, 0.0)) for name in of.functions]
        )
    return _csv([head + columns, *body])


def _csv(table: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([_harmless(cell) for cell in row] for row in table)
    return stream.getvalue()


def _harmless(cell: str) -> str:
    """The same text as no spreadsheet takes for a formula, one that parts cells at ``;`` neither.

    >>> _harmless("=1+1"), _harmless("Ann;=1+1"), _harmless("Ann")
    ("'=1+1", "Ann;'=1+1", 'Ann')
    """
    return _PARTED.sub(r"\1'\2", f"'{cell}" if cell.startswith(_FORMULA) else cell)


def _number(value: float) -> str:
    """
    >>> _number(2.0), _number(1 / 3)
    ('2', '0.3333')
    """
    return f"{value:.4f}".rstrip("0").rstrip(".")
