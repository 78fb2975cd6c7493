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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..record.text import one_line

_CANVAS = re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<user>\d+)_(?P<number>\d+)_(?P<file>.+)\Z")
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_file_?(?P<file>.*)\Z")
_GRADESCOPE = re.compile(r"submission_(?P<number>\d+)\Z")
_AGAIN = re.compile(r"-\d+(?=(\.[^.]+)?\Z)")
_METADATA = "submission_metadata.yml"
_SHOWN = 12  # names in one remark


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
    entries = _entries(folder, without)
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
        found = _classroom(entries, repositories)
    else:
        found = _plain(entries)
    if not found:
        raise NoSubmissions(
            f"There is no submission in {folder}. Wanted a folder of folders, Python files, "
            "notebooks or zips, one a student, or what a learning platform exports."
        )
    return sorted(found, key=lambda submission: submission.label)


def _entries(folder: Path, without: Path | None) -> list[Path]:
    hidden = os.path.realpath(without) if without is not None else None
    return [
        Path(entry.path)
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name)
        if not entry.name.startswith((".", "__")) and os.path.realpath(entry.path) != hidden
    ]


def remarks(
    folder: Path, submissions: Sequence[Submission], *, without: Path | None = None
) -> Iterator[str]:
    """What a teacher should know of who handed in what: what is left out, who is there twice."""
    taken = {path for one in submissions for _, path in one.sources}
    known = {_METADATA} if (folder / _METADATA).is_file() else set()
    rest = [e.name for e in _entries(folder, without) if e not in taken and e.name not in known]
    if rest:
        yield f"left out, nobody is graded for it: {_listed(rest)}"
    of: dict[str, list[str]] = {}
    for one in submissions:
        for student in one.students:
            who = student.id or student.email or student.name
            of.setdefault(who, []).append(one.label)
    for who, labels in of.items():
        if len(labels) > 1:
            yield f"{one_line(who, limit=80)} has {len(labels)} submissions: {_listed(labels)}"
    names = [os.path.splitext(one.label) for one in submissions if len(one.sources) == 1]
    stems = [stem.casefold() for stem, _ in names]
    for stem in dict.fromkeys(s for s in stems if stems.count(s) > 1):
        same = [a + b for a, b in names if a.casefold() == stem]
        yield f"perhaps of one student, graded each for itself: {_listed(same)}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(one_line(name, limit=80) for name in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


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
    import yaml  # of the extra "grade", which no other command needs

    try:
        told: Any = yaml.safe_load((folder / _METADATA).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeError) as error:
        raise NoSubmissions(f"{_METADATA} is not YAML: {one_line(error)}") from error
    told = told if isinstance(told, dict) else {}
    there = {e.stem if e.suffix == ".zip" else e.name: e for e in entries}
    told = {str(name): about for name, about in told.items()}
    for name in sorted({*there, *told}):
        if not _GRADESCOPE.match(name):
            continue
        entry, about = there.get(name), told.get(name)
        about = about if isinstance(about, dict) else {}
        people = about.get(":submitters")
        people = [p for p in people if isinstance(p, dict)] if isinstance(people, list) else []
        students = tuple(
            Student(
                name=one_line(p.get(":name") or name, limit=120),
                id=one_line(p.get(":sid") or "", limit=60),
                email=one_line(p.get(":email") or "", limit=120),
            )
            for p in people
        )
        yield Submission(
            label=entry.name if entry is not None else name,
            students=students or (Student(name=name),),
            sources=((entry.name, entry),) if entry is not None else (),
        )


def _classroom(entries: list[Path], repositories: list[Path]) -> list[Submission]:
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
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeError, csv.Error) as error:
        raise NoSubmissions(
            f"{one_line(file.name)} cannot be read as a roster ({one_line(error)}); wanted a CSV "
            "in UTF-8, or none beside the repositories"
        ) from error
    for row in rows:
        repository, user = row.get("student_repository_name"), row.get("github_username")
        if repository and user:
            name = row.get("roster_identifier") or user
            yield repository, Student(name=one_line(name, limit=120), id=one_line(user))
