"""Who handed in what, from the names of every platform."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.grading.naming import NoSubmissions, Student, find_submissions


def lay(folder: Path, *names: str) -> Path:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("", encoding="utf-8")
    return folder


def students(folder: Path) -> list[str]:
    found = find_submissions(folder)
    return [f"{s.name}|{s.id}|{s.email}" for one in found for s in one.students]


def test_plain_names_are_the_students(tmp_path: Path) -> None:
    lay(tmp_path, "ann.py", "bob/nndl/layers.py", "cas.zip", "dora.ipynb", "notes.txt", ".git/x")
    assert students(tmp_path) == ["ann||", "bob||", "cas||", "dora||"]


def test_two_of_one_plain_name_keep_their_endings(tmp_path: Path) -> None:
    lay(tmp_path, "ann.py", "ann.zip")
    assert students(tmp_path) == ["ann.py||", "ann.zip||"]


def test_canvas_puts_the_files_of_a_student_together(tmp_path: Path) -> None:
    lay(
        tmp_path,
        "doejane_4711_900_layers.py",
        "doejane_4711_901_optim.py",
        "roedick_LATE_4712_902_layers.py",
        "roedick_4712_950_layers-1.py",
    )
    jane, dick = find_submissions(tmp_path)
    assert jane.students == (Student(name="doejane", id="4711"),)
    assert [name for name, _ in jane.sources] == ["layers.py", "optim.py"]
    assert [(name, path.name) for name, path in dick.sources] == [
        ("layers.py", "roedick_4712_950_layers-1.py")
    ]


def test_moodle_names_folders_or_files(tmp_path: Path) -> None:
    lay(
        tmp_path,
        "Jane van Dyk_123_assignsubmission_file_/layers.py",
        "Dick Roe_124_assignsubmission_file_layers.py",
    )
    assert students(tmp_path) == ["Dick Roe|124|", "Jane van Dyk|123|"]
    assert find_submissions(tmp_path)[0].sources[0][0] == "layers.py"


def test_gradescope_reads_its_metadata_and_groups(tmp_path: Path) -> None:
    lay(tmp_path, "submission_1/layers.py", "submission_2/layers.py", "submission_3/layers.py")
    (tmp_path / "submission_metadata.yml").write_text(
        """
submission_1:
  :submitters:
  - :name: Jane Doe
    :sid: '17'
    :email: jane@x.edu
  - :name: Dick Roe
    :sid: '18'
    :email: dick@x.edu
submission_2:
  :submitters:
  - :name: Ann
""",
        encoding="utf-8",
    )
    assert students(tmp_path) == [
        "Jane Doe|17|jane@x.edu",
        "Dick Roe|18|dick@x.edu",
        "Ann||",
        "submission_3||",
    ]


def test_classroom_takes_off_the_assignment_and_reads_a_roster(tmp_path: Path) -> None:
    for name in ("hw2-jane-doe", "hw2-janus"):
        lay(tmp_path, f"{name}/.git/config", f"{name}/layers.py")
    assert students(tmp_path) == ["jane-doe|jane-doe|", "janus|janus|"]
    (tmp_path / "grades.csv").write_text(
        "roster_identifier,github_username,student_repository_name\n"
        "Jane Doe,jane-doe,hw2-jane-doe\n",
        encoding="utf-8",
    )
    assert students(tmp_path) == ["Jane Doe|jane-doe|", "janus|janus|"]


def test_a_name_of_commands_and_escapes_is_made_plain(tmp_path: Path) -> None:
    lay(tmp_path, "\x1b[31m::error::\n.py")
    assert students(tmp_path) == ["::error::||"]


def test_nothing_to_grade_is_said(tmp_path: Path) -> None:
    lay(tmp_path, "readme.txt")
    with pytest.raises(NoSubmissions, match="There is no submission in"):
        find_submissions(tmp_path)


@pytest.mark.parametrize("text", [b"\xff\xfe\x00", b'"' + b"a" * 200_000], ids=["bytes", "field"])
def test_a_roster_that_cannot_be_read_is_said(tmp_path: Path, text: bytes) -> None:
    lay(tmp_path, "one-ann/.git/config", "one-bob/.git/config")
    (tmp_path / "roster.csv").write_bytes(text)
    with pytest.raises(NoSubmissions, match="cannot be read"):
        students(tmp_path)


def test_metadata_of_an_odd_form_gives_the_name_of_the_submission(tmp_path: Path) -> None:
    lay(tmp_path, "submission_1/layers.py")
    (tmp_path / "submission_metadata.yml").write_text("submission_1:\n  :submitters: 5\n")
    assert students(tmp_path) == ["submission_1||"]
