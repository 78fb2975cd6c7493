"""Everything that is written of a batch, each file whole or not at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from ..record.files import write_whole
from ..reports.points import Weights
from .gradebook import Book, book, canvas_csv, grades_csv, gradescope_csv
from .naming import Submission
from .values import Result


def write_all(
    out: Path,
    assignment: str,
    submissions: Sequence[Submission],
    results: Sequence[Result],
    weights: Weights,
    *,
    asked: Collection[str],
) -> Book:
    """Write grade books, records, and pages."""
    made = book(submissions, results, weights, asked=asked)
    write_whole(out / "grades.csv", grades_csv(made))
    write_whole(out / "canvas.csv", canvas_csv(made, assignment))
    write_whole(out / "gradescope.csv", gradescope_csv(made))
    return made
