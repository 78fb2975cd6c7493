"""A whole class through the command, on processes of dask."""

from __future__ import annotations

import csv
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from properties.benchmarks import grading
from properties.grading import canaries
from properties.grading.batch import Void, _Work
from properties.grading.gradebook import Asked, _csv, book, canvas_csv, grades_csv, gradescope_csv
from properties.grading.kept import InUse, Kept
from properties.grading.naming import Student, Submission
from properties.grading.values import Contents, Options, Order, Result, key_of
from properties.record.schema import read
from properties.reports.points import Weights, read_weights
from properties.tests.command_line import nndl
from properties.tests.judging import record_of
from properties.tests.slow import slow

pytestmark = pytest.mark.xdist_group("batch")  # one class is graded for several tests
RIGHT = canaries.WRONG.replace("cache >= -1", "cache > 0").replace("mean(axis=0)", "sum(axis=0)")
FEW = ["--only", "affine,relu,dropout"]  # enough for what becomes of a submission
POINTS = 'feedback = "hint"\n[points]\naffine = 4\nrelu = 2\n[visibility]\nrelu = "hidden"\n'


def rows(file: Path) -> dict[str, dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return {row["student"]: row for row in csv.DictReader(stream)}


@slow
def test_a_class_is_graded_once_and_goes_on(tmp_path: Path) -> None:
    home, out = tmp_path / "class", tmp_path / "out"
    (home / "bob").mkdir(parents=True)
    (home / "ann.py").write_text(RIGHT, encoding="utf-8")
    (home / "bob" / "layers.py").write_text(canaries.WRONG, encoding="utf-8")
    (home / "dora.py").write_text("x = 1\n", encoding="utf-8")
    with zipfile.ZipFile(home / "eve.zip", "w") as archive:
        archive.writestr("../out.py", RIGHT)
    (tmp_path / "points.toml").write_text(POINTS, encoding="utf-8")
    arguments = ["grade", str(home), "--out", str(out), "--profile", "quick", "--workers", "1"]
    arguments += ["--only", "affine,relu", "--points", str(tmp_path / "points.toml")]
    first = nndl(*arguments)
    assert first.code == 1, first.out + first.err  # the zip was not read
    assert "3 judged now" in first.out
    graded = rows(out / "grades.csv")
    assert [graded[name]["state"] for name in ("ann", "bob", "dora", "eve")] == [
        *("right", "wrong", "unusable", "refused")
    ]
    assert [graded[name]["points"] for name in ("ann", "bob", "dora", "eve")] == list("6300")
    seed = int((out / "seed").read_text())
    whole = json.loads((out / "records" / "bob.json").read_bytes())
    assert whole["seed"] == seed
    cut = json.loads((out / "students" / "bob.json").read_bytes())
    assert cut["seed"] == 0
    assert {f["name"] for f in cut["functions"]} == {"affine_forward", "affine_backward"}
    assert str(seed) not in (out / "students" / "bob.html").read_text(encoding="utf-8")
    assert "relu" not in (out / "students" / "bob.html").read_text(encoding="utf-8")
    assert "db" in (out / "class.html").read_text(encoding="utf-8")

    (home / "fay.py").write_text(RIGHT + "\n# another\n", encoding="utf-8")
    second = nndl(*arguments)
    assert "1 judged now" in second.out, second.out + second.err
    assert rows(out / "grades.csv")["fay"]["points"] == "6"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ann.py").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "file").touch()
    done = nndl("grade", str(tmp_path / "class"), "--out", str(tmp_path / "file" / "out"))
    assert done.code == 3
    assert "cannot be written: Not a directory" in done.err
    assert "Traceback" not in done.err


def test_a_scheduler_that_is_gone_is_said_and_nothing_is_forgotten(tmp_path: Path) -> None:
    class Gone:
        def run(self, *asked: object) -> None:
            raise RuntimeError("ConnectionPool is closed")

    gone: Any = Gone()
    kept = Kept(tmp_path)
    kept.put("key", Result(status="judged"))
    with pytest.raises(Void, match="the same command goes on"):
        _Work(gone, Order(options=Options()), kept).judge_last(everywhere=False)
    assert kept.unchecked == ("key",)
    assert (tmp_path / "results" / "key.json").exists()


@slow
def test_nothing_of_the_folder_that_it_is_run_in_is_imported(tmp_path: Path) -> None:
    home = tmp_path / "class"
    home.mkdir()
    evil = f"open({str(tmp_path / 'ran')!r}, 'a').write(__name__)\n"
    for name in ("numpy", "msgspec", "random", "tempfile"):
        (home / f"{name}.py").write_text(evil, encoding="utf-8")
    told = ["--profile", "quick", "--only", "relu", "--isolation", "require", "--workers", "1"]
    done = nndl("grade", ".", "--out", str(tmp_path / "out"), *told, cwd=home)
    assert done.code == 0, done.out + done.err
    assert set(rows(tmp_path / "out" / "grades.csv")) == {"numpy", "msgspec", "random", "tempfile"}
    assert not (tmp_path / "ran").exists()


@pytest.fixture(scope="module")
def graded() -> Iterator[grading.Graded]:
    with grading.graded(10, seed=1, more=FEW) as made:
        yield made


@slow
def test_kills_at_random_moments_lose_nothing_and_change_nothing(graded: grading.Graded) -> None:
    assert grading.kill(graded, 4, seed=1, least=2.0, most=6.0) == 0


@slow
def test_workers_started_by_hand_give_the_same_grades(graded: grading.Graded) -> None:
    assert grading.cluster(graded, workers=2) == 0


@slow
def test_verdicts_are_those_of_check_alone(graded: grading.Graded) -> None:
    assert grading.alone(graded) == 0


@slow
def test_a_canary_that_is_judged_wrongly_makes_the_batch_void(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "class"
    home.mkdir()
    (home / "ann.py").write_text(RIGHT, encoding="utf-8")
    # A worker whose interpreter starts with a judge that takes everything for right.
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "if 'grading.server' in ' '.join(sys.argv + sys.orig_argv):\n"
        "    import threading, time\n"
        "    def spoil():\n"
        "        name = 'properties.grading.canaries'\n"
        "        while not hasattr(sys.modules.get(name), 'judge_wrong'): time.sleep(0.01)\n"
        "        sys.modules[name].WANTED['affine_forward'] = 'fail'\n"
        "    threading.Thread(target=spoil, daemon=True).start()\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    only = ["--only", "affine,relu", "--profile", "quick", "--workers", "1"]
    said = nndl("grade", str(home), "--out", str(tmp_path / "out"), *only)
    assert said.code == 3, said.out + said.err
    assert "the wrong canary got a wrong verdict: affine_forward is pass" in said.err
    assert not (tmp_path / "out" / "grades.csv").exists()


def test_a_key_follows_from_files_and_options() -> None:
    one = Contents(files={"a.py": b"1", "b.py": b"2"})
    same = Contents(files={"b.py": b"2", "a.py": b"1"}, notes=("another note",))
    other = Contents(files={"a.py": b"12", "b.py": b""})
    options = Options(seed=1)
    assert key_of(one, options) == key_of(same, options)
    assert len({key_of(one, options), key_of(other, options), key_of(one, Options(seed=2))}) == 3


def test_results_are_kept_whole_and_a_folder_has_one_command(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    result = Result(status="unusable", reason="nothing in it")
    kept.put("k", result)
    assert kept.get("k") == result
    (tmp_path / "results" / "k.json").write_bytes(b'{"status": "judg')
    assert kept.get("k") is None
    assert kept.seed() == kept.seed()
    with kept.locked(), pytest.raises(InUse), Kept(tmp_path).locked():
        pass


def test_grade_books_have_the_same_columns_for_everybody(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(canaries.WRONG, encoding="utf-8")
    record = read(record_of(tmp_path / "layers.py", only="affine,relu"))
    group = (Student(name="=Ann Lee", id="7", email="ann@x.edu"), Student(name="Bob"))
    submissions = [
        Submission(label="a", students=group, sources=()),
        Submission(label="b", students=(Student(name="Cas"),), sources=()),
    ]
    results = [Result(status="judged", record=record), Result(status="timeout", reason="slow")]
    layers = {f"{row}_{way}": row for row in ("affine", "relu") for way in ("forward", "backward")}
    made = book(submissions, results, Weights(), Asked(layers=layers))
    assert made.functions == tuple(layers)
    assert [line.points for line in made.lines] == [2.0, 0.0]
    assert made.lines[1].grades[0].text == "Not judged: slow"
    lines = grades_csv(made).splitlines()
    assert lines[1] == "'=Ann Lee,7,ann@x.edu,a,wrong,2,4,1,0,1,0"
    assert lines[3] == "Cas,,,b,timeout,0,4,0,0,0,0"
    canvas = canvas_csv(made, "homework 2").splitlines()
    assert canvas[0] == "Student,ID,SIS User ID,SIS Login ID,Section,homework 2"
    assert canvas[1].split(",")[-1] == "4"
    assert gradescope_csv(made).splitlines()[3].startswith("Cas,,,,0,4,Ungraded")
    few = book(submissions, results, read_weights("[points]\nrelu = 3\n"), Asked(layers=layers))
    assert few.most == {"relu_forward": 1.5, "relu_backward": 1.5}


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_no_cell_is_a_formula_where_a_semicolon_parts_them(sign: str) -> None:
    assert _csv([[f"Ann; {sign}1", f"{sign}1"]]) == f"Ann; '{sign}1,'{sign}1\n"


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_nobody_else_reads_what_has_the_seed(tmp_path: Path) -> None:
    Kept(tmp_path / "out")
    assert (tmp_path / "out" / "results").stat().st_mode & 0o077 == 0
