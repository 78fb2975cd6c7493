"""What of a class and of its folders is nobody's submission is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.grading.naming import Student, Submission, find_submissions, remarks
from properties.grading.reading import Refused, read


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    for name in ("ann.py", "bob.rar", "cas.py", "grades/class.html", ".git/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "cas").mkdir()
    out = tmp_path / "cas" / ".." / "grades"
    found = find_submissions(tmp_path, without=out)
    assert [one.label for one in found] == ["ann", "cas", "cas.py"]
    assert list(remarks(tmp_path, found, without=out)) == [
        "left out, nobody is graded for it: bob.rar",
        "perhaps of one student, graded each for itself: cas, cas.py",
    ]


def test_a_student_with_two_submissions_is_named(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"Jane Doe_{number}_assignsubmission_file_").mkdir()
    found = find_submissions(tmp_path)
    twice = [replace_id(one, "7") for one in found]
    assert list(remarks(tmp_path, twice)) == ["7 has 2 submissions: Jane Doe_1, Jane Doe_2"]


def replace_id(one: Submission, number: str) -> Submission:
    students = (Student(name="Jane Doe", id=number),)
    return Submission(label=one.label, students=students, sources=one.sources)


def test_who_is_in_the_metadata_and_not_in_the_export_has_a_row(tmp_path: Path) -> None:
    (tmp_path / "submission_1").mkdir()
    people = "".join(f"submission_{i}:\n  :submitters:\n  - :name: S{i}\n" for i in (1, 2))
    (tmp_path / "submission_metadata.yml").write_text(people, encoding="utf-8")
    found = find_submissions(tmp_path)
    assert [one.students[0].name for one in found] == ["S1", "S2"]
    assert read(found[1].sources).files == {}


def test_what_is_skipped_in_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "layers.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "link.py").symlink_to(tmp_path / "env" / "layers.py")
    assert sorted(read([("ann", tmp_path)]).notes) == [
        "env is left out: by its name, installed packages",
        "link.py is a link: left out",
    ]


def test_a_folder_that_cannot_be_listed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", fails)
    with pytest.raises(Refused, match="Permission denied"):
        read([("ann", tmp_path)])
