"""Who handed in what: from the names that learning platforms give to what they export.

===================  ============================================================================
plain                ``ann.py``, ``ann.zip``, ``ann/``: the name is the student
Canvas               ``LASTFIRST_[LATE_]USER_SUBMISSION_FILE``, a number after ``-`` being a
                     resubmission; files of one student belong together
Moodle               ``FULL NAME_NUMBER_assignsubmission_file[_FILE]``, a folder or a file
Gradescope           ``submission_NUMBER/`` beside ``submission_metadata.yml``
GitHub Classroom     ``ASSIGNMENT-USERNAME/`` with ``.git`` in each; where a CSV has the columns
                     github_username and student_repository_name, it gives the names
===================  ============================================================================
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..record.text import one_line

_CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<user>\d+)_(?P<number>\d+)_(?P<file>.+)\Z")
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_file_?(?P<file>.*)\Z")
_GRADESCOPE = re.compile(r"submission_(?P<number>\d+)\Z")
_AGAIN = re.compile(r"-\d+(?=(\.[^.]+)?\Z)")
_METADATA = "submission_metadata.yml"


@dataclass(frozen=True, kw_only=True)
class Student:
    """A line of the grade book; ``id`` and ``email`` where the names give them."""

    name: str
    id: str = ""
    email: str = ""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What one student, or a group, handed in: files with the names that they gave them."""

    label: str
    students: tuple[Student, ...]
    sources: tuple[tuple[str, Path], ...]


class NoSubmissions(Exception):
    """There is nothing to grade; the message says what was looked for."""


def find_submissions(folder: Path, *, without: Path | None = None) -> list[Submission]:
    """The submissions in a folder, by the names that one platform gives, or by plain names.

    Parameters
    ----------
    without
        A folder in it that holds results.

    Raises
    ------
    NoSubmissions
        The folder holds none.
    """
    entries = [
        Path(entry.path)
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name)
        if not entry.name.startswith((".", "__")) and Path(entry.path) != without
    ]
    if (folder / _METADATA).is_file():
        found = list(_gradescope(folder, entries))
    elif moodle := [(e, m) for e in entries if (m := _MOODLE.match(e.name))]:
        found = _together((m["name"], m["number"], m["file"] or e.name, e, "") for e, m in moodle)
        found += _plain([e for e in entries if not _MOODLE.match(e.name)])
    elif canvas := [(e, m) for e in entries if e.is_file() and (m := _CANVAS.match(e.name))]:
        found = _together(
            (m["name"], m["user"], _AGAIN.sub("", m["file"]), e, m["number"]) for e, m in canvas
        )
        found += _plain([e for e in entries if not (e.is_file() and _CANVAS.match(e.name))])
    elif (repositories := [e for e in entries if (e / ".git").exists()]) and len(repositories) > 1:
        found = _classroom(folder, entries, repositories)
    else:
        found = _plain(entries)
    if not found:
        raise NoSubmissions(
            f"There is no submission in {folder}. Wanted a folder of folders, Python files, "
            "notebooks or zips, one a student, or what a learning platform exports."
        )
    return sorted(found, key=lambda submission: submission.label)


def _plain(entries: list[Path]) -> list[Submission]:
    wanted = [e for e in entries if e.is_dir() or e.suffix.lower() in (".py", ".ipynb", ".zip")]
    names = [e.name if e.is_dir() else e.stem for e in wanted]
    return [
        # ann.py beside ann.zip: nobody knows which of them counts, so both are judged and named.
        _one(e.name if names.count(name) > 1 else name, e)
        for e, name in zip(wanted, names, strict=True)
    ]


def _one(name: str, entry: Path, **more: str) -> Submission:
    student = Student(name=one_line(name, limit=120), **more)
    return Submission(label=name, students=(student,), sources=((entry.name, entry),))


def _together(found: Iterator[tuple[str, str, str, Path, str]]) -> list[Submission]:
    """Files of one student become one submission; of a file handed in again the last counts."""
    groups: dict[tuple[str, str], dict[str, tuple[int, Path]]] = {}
    for name, number, file, entry, submission in found:
        order = int(submission or 0)
        files = groups.setdefault((name, number), {})
        if file not in files or order >= files[file][0]:
            files[file] = (order, entry)
    return [
        Submission(
            label=f"{name}_{number}",
            students=(Student(name=one_line(name, limit=120), id=number),),
            sources=tuple((file, entry) for file, (_, entry) in files.items()),
        )
        for (name, number), files in groups.items()
    ]


def _gradescope(folder: Path, entries: list[Path]) -> Iterator[Submission]:
    import yaml  # comes with dask, which the command needs anyway

    try:
        told: Any = yaml.safe_load((folder / _METADATA).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeError) as error:
        raise NoSubmissions(f"{_METADATA} is not YAML: {one_line(error)}") from error
    told = told if isinstance(told, dict) else {}
    for entry in entries:
        if not _GRADESCOPE.match(entry.stem if entry.suffix == ".zip" else entry.name):
            continue
        about = told.get(entry.stem if entry.suffix == ".zip" else entry.name)
        about = about if isinstance(about, dict) else {}
        people = [p for p in about.get(":submitters") or () if isinstance(p, dict)]
        students = tuple(
            Student(
                name=one_line(p.get(":name") or entry.name, limit=120),
                id=one_line(p.get(":sid") or "", limit=60),
                email=one_line(p.get(":email") or "", limit=120),
            )
            for p in people
        )
        yield Submission(
            label=entry.name,
            students=students or (Student(name=entry.name),),
            sources=((entry.name, entry),),
        )


def _classroom(folder: Path, entries: list[Path], repositories: list[Path]) -> list[Submission]:
    rosters = [e for e in entries if e.suffix.lower() == ".csv"]
    known = {name: who for roster in rosters for name, who in _roster(roster)}
    prefix = _assignment([e.name for e in repositories])
    submissions = []
    for entry in repositories:
        user = one_line(entry.name.removeprefix(prefix) or entry.name, limit=120)
        who = known.get(entry.name) or Student(name=user, id=user)
        sources = ((entry.name, entry),)
        submissions.append(Submission(label=entry.name, students=(who,), sources=sources))
    return submissions


def _assignment(names: list[str]) -> str:
    """The longest beginning up to a hyphen that all names share."""
    parts = names[0].split("-")
    starts = ["-".join(parts[:count]) + "-" for count in range(len(parts) - 1, 0, -1)]
    return next((s for s in starts if all(name.startswith(s) for name in names)), "")


def _roster(file: Path) -> Iterator[tuple[str, Student]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            repository, user = row.get("student_repository_name"), row.get("github_username")
            if repository and user:
                name = row.get("roster_identifier") or user
                yield repository, Student(name=one_line(name, limit=120), id=one_line(user))
