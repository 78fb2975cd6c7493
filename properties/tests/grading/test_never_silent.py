"""What is planned and ends unjudged is said, and earns nothing: a class as an attacker sees it."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner
from distributed import Client
from distributed.scheduler import KilledWorker
from msgspec.structs import replace

from properties.commands.beside import beside
from properties.commands.check import check
from properties.commands.undeclared import Undeclared
from properties.grading import canaries, judging
from properties.grading.batch import Void, _Work
from properties.grading.command import _asked, grade
from properties.grading.gradebook import Asked, book, canvas_csv
from properties.grading.kept import Kept
from properties.grading.naming import Student, Submission, find_submissions
from properties.grading.values import NOTHING, Contents, Options, Order, Result, key_of
from properties.grading.worker import Answer
from properties.grading.writing import _slugs, write_all
from properties.implementation import NotIsolated, NotStarted, resolve_target
from properties.implementation.turn import OVER
from properties.record.schema import Function, Record
from properties.reports.points import Weights, grades, read_weights
from properties.reports.student_page import for_student, student_page
from properties.spec.demands import Demands

RELU = Asked(layers={"relu_forward": "relu", "relu_backward": "relu"})


def function(name: str, status: str = "pass", **more: object) -> Function:
    layer = name.partition("_")[0]
    given = {"layer": layer, "row": layer, "status": status, **more}
    return msgspec.convert({"name": name, **given}, Function)


def record(*functions: Function, complete: bool = True) -> Record:
    verdict = "pass" if complete else "error"
    return replace(NOTHING, functions=functions, complete=complete, verdict=verdict)


def judged(*functions: Function) -> Result:
    return Result(status="judged", record=record(*functions))


def submission(name: str) -> Submission:
    return Submission(label=name, students=(Student(name=name),), sources=())


def of(results: list[Result], points: str = "", asked: Asked = RELU) -> dict[str, tuple[str, str]]:
    """State, and points of all, of each."""
    names = [submission(f"s{place}") for place in range(len(results))]
    made = book(names, results, read_weights(points), asked)
    return {
        line.submission.label: (line.state, f"{line.points:g}/{made.total:g}")
        for line in made.lines
    }


FOUND = "relu_backward of relu_forward, inputs x: (N, D), k: (N, D) (from the code)"
NAMESAKE = function("relu_backward", layer="relu_backward", found=FOUND, namesake=True)


def test_a_namesake_that_is_right_for_its_own_forward_earns_nothing() -> None:
    """A contract name with other arguments and a backward of its own trivial forward."""
    honest = judged(function("relu_forward"), function("relu_backward"))
    for points in ("", "[points]\nrelu = 2\n", "[points]\nrelu_forward = 1\nrelu_backward = 1\n"):
        both = of([honest, judged(NAMESAKE)], points)
        assert both == {"s0": ("right", "2/2"), "s1": ("wrong", "0/2")}
    lines = grades(record(NAMESAKE), Weights())
    assert [grade.passed for grade in lines] == [False]
    page = student_page("hw", "Ann", record(NAMESAKE), lines, Weights())
    assert "right" not in page.partition("<main>")[2]


def test_a_namesake_does_not_stand_for_a_contract_function_that_broke() -> None:
    broke = function("relu_backward", "error")
    assert of([judged(function("relu_forward"), broke, NAMESAKE)])["s0"] == ("wrong", "1/2")
    assert of([judged(function("relu_forward"), NAMESAKE, broke)])["s0"] == ("wrong", "1/2")


def test_a_function_with_the_name_of_a_layer_does_not_take_its_points() -> None:
    own = function("relu", layer="relu", found="relu, a loss", namesake=True)
    points = "[points]\nrelu = 2\n"
    missing = (function("relu_forward", "missing"), function("relu_backward", "missing"))
    assert of([judged(own, *missing)], points)["s0"] == ("wrong", "0/2")
    assert of([judged(own)], points)["s0"] == ("wrong", "0/2")
    assert sum(grade.points for grade in grades(record(own), read_weights(points))) == 0


def test_a_record_says_which_of_what_it_found_are_namesakes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from properties.commands import beside as module

    found = (
        function("relu_backward", layer="relu_backward", found=FOUND),
        function("squash_backward", layer="squash_backward", found="of squash_forward"),
    )
    monkeypatch.setattr(module, "_entries", lambda *_: found)
    own = record(function("relu_forward", "error"), function("relu_backward", "error"))
    undeclared_here = Undeclared(resolve_target("bundled"))
    made = beside(own, undeclared_here, Demands(), required=frozenset())
    told = {f.name: f.namesake for f in made.functions if f.found}
    assert told == {"relu_backward": True, "squash_backward": False}


def test_nothing_that_counts_is_not_right() -> None:
    other = judged(function("squash_backward", layer="squash_backward", found="of squash_forward"))
    assert of([other]) == {"s0": ("wrong", "0/0")}
    assert of([Result(status="judged")])["s0"] == ("wrong", "0/0")


def test_what_is_required_counts_though_nobody_has_it() -> None:
    asked = Asked(layers=RELU.layers, required=frozenset({"relu_backward"}))
    only_forward = judged(function("relu_forward"), function("relu_backward", "missing"))
    assert of([only_forward]) == {"s0": ("right", "1/1")}
    assert of([only_forward], asked=asked) == {"s0": ("wrong", "1/2")}
    points = "[points]\nrelu_forward = 1\n"
    assert of([only_forward], points, asked) == {"s0": ("wrong", "1/1")}


def test_all_have_the_same_points_for_the_same_function() -> None:
    whole = judged(function("relu_forward"), function("relu_backward"))
    half = judged(function("relu_forward"))  # the other was taken out of the record
    both = of([whole, half], "[points]\nrelu = 4\n")
    assert both == {"s0": ("right", "4/4"), "s1": ("wrong", "2/4")}


@pytest.mark.parametrize("status", ["fail", "error", "missing", "inconclusive", "skipped"])
def test_only_a_pass_earns_points(status: str) -> None:
    whole = judged(function("relu_forward"), function("relu_backward"))
    both = of([judged(function("relu_forward", status), function("relu_backward")), whole])
    assert both["s0"][0] == "wrong"
    text = grades(record(function("relu_forward", status)), Weights())[0].text
    assert not text.startswith("Right")


@pytest.mark.parametrize("status", ["timeout", "lost", "refused", "unusable"])
def test_what_has_no_verdict_earns_nothing_whatever_its_record_says(status: str) -> None:
    right = record(function("relu_forward"), function("relu_backward"))
    result = Result(status=status, reason="why", record=right)  # type: ignore[arg-type]
    assert of([result])["s0"] == (status, "0/2")


def test_no_grade_is_imported_for_what_could_not_be_judged() -> None:
    results = [Result(status="lost", reason="died"), Result(status="unusable", reason="empty")]
    made = book([submission("ann"), submission("bob")], results, Weights(), RELU)
    ann, bob = (line.split(",")[-1] for line in canvas_csv(made, "hw").splitlines()[2:])
    assert (ann, bob) == ("", "0")


def test_names_that_nobody_has_are_said() -> None:
    points = read_weights('[points]\nrelu = 2\nrelu_backwrad = 2\n[visibility]\nreul = "hidden"\n')
    made = book([submission("ann")], [judged(function("relu_forward"))], points, RELU)
    assert made.nobody == ("relu_backward", "relu_backwrad", "reul")
    assert made.total == 4


def test_a_run_that_is_not_whole_is_judged_again(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.put("k", Result(status="judged", record=record(function("relu_forward"), complete=False)))
    assert kept.get("k") is None
    kept.put("k", Result(status="judged"))
    assert kept.get("k") is None


def test_results_without_last_canaries_are_not_trusted_for_ever(tmp_path: Path) -> None:
    Kept(tmp_path).put("k", judged(function("relu_forward")))
    kept = Kept(tmp_path)  # the command was killed, and begins again
    assert kept.unchecked == ("k",)
    kept.check(good=False)
    assert kept.get("k") is None
    kept.put("k", judged(function("relu_forward")))
    kept.check(good=True)
    assert not kept.unchecked
    assert kept.get("k") is not None


@pytest.mark.parametrize("error", [NotIsolated("no tier"), NotStarted("no process")])
def test_what_the_machine_cannot_do_is_not_laid_at_the_student(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    (tmp_path / judging.FOLDER).mkdir()
    (tmp_path / judging.FOLDER / "layers.py").write_text("x = 1\n", encoding="utf-8")

    def fails(*_: object, **__: object) -> Record:
        raise error

    monkeypatch.setattr(judging, "judge_target", fails)
    result = judging.judge_submission(tmp_path, Options())
    assert result.status == "lost"
    assert not result.final


def test_a_page_of_an_earlier_run_does_not_stay(tmp_path: Path) -> None:
    ann, bob = submission("ann"), submission("bob")
    right = judged(function("relu_forward"), function("relu_backward"))
    write_all(tmp_path, "hw", [ann, bob], [right, right], Weights(), Options(), RELU)
    assert (tmp_path / "students" / "ann.json").exists()
    refused = Result(status="refused", reason="a bomb")
    write_all(tmp_path, "hw", [ann], [refused], Weights(), Options(), RELU)
    left = {file.relative_to(tmp_path).as_posix() for file in tmp_path.glob("*/*.*")}
    assert left == {"students/ann.html"}
    assert "a bomb" in (tmp_path / "students" / "ann.html").read_text(encoding="utf-8")


def test_two_submissions_never_share_a_page() -> None:
    labels = ["ann", "ann", "Ann", "ann_2", "Zoë", "Zoë"]
    slugs = _slugs([submission(label) for label in labels])
    assert len({slug.casefold() for slug in slugs}) == len(labels)


def test_a_student_is_not_told_pass_of_nothing() -> None:
    hidden = read_weights('[visibility]\nrelu_forward = "hidden"\n')
    lines = grades(record(function("relu_forward", "fail")), hidden)
    assert for_student(record(function("relu_forward", "fail")), lines, hidden).verdict == "fail"
    whole = record(function("relu_forward"), complete=False)
    assert for_student(whole, grades(whole, Weights()), Weights()).verdict == "error"


def test_what_is_required_must_be_among_what_is_judged() -> None:
    with pytest.raises(click.UsageError, match="not judged with this --only"):
        _asked(("affine",), ("relu",), None)


def test_a_right_canary_without_a_verdict_is_none() -> None:
    def empty(*_: object) -> Result:
        return judged()

    said = canaries.judge_right(Order(options=Options()), empty)
    assert said.startswith("the right canary got a wrong verdict: affine_forward is None")


def test_canaries_are_of_the_suite_where_only_rows_of_the_teacher_are_asked_for() -> None:
    assert canaries._bundled(("prelu",)) == ("affine", "relu")
    assert canaries._bundled(("prelu", "svm")) == ("svm",)
    assert canaries._bundled(()) == ()


def test_the_right_canary_has_what_the_batch_can_hold() -> None:
    seen = canaries.Mentioned()
    assert seen.rows == ("affine", "relu")
    seen.see(Contents(files={"a.py": b"def svm_loss(x, y): ...", "b.py": b"dropout_backward = 1"}))
    assert seen.rows == ("dropout", "svm")
    order = Order(options=Options(dropout_p="keep"), rows=seen.rows)
    assert canaries.of_bundled(order) == Options(only=("dropout", "svm"))
    assert canaries._bundled(("svm_loss", "affine"), seen.rows) == ("svm",)
    assert canaries._bundled(("affine",), seen.rows) == ("affine", "relu")


def test_a_check_refuses_to_require_what_it_does_not_judge() -> None:
    said = CliRunner().invoke(check, ["bundled", "--only", "affine", "--require", "relu"])
    assert said.exit_code == 2
    assert "not judged with this --only" in said.output


def test_functions_that_the_clock_left_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = record(function("relu_forward"), function("relu_backward", "error", detail=OVER))
    monkeypatch.setattr(judging, "judge_target", lambda *_, **__: late)
    result = judging._judged("submission", Options())
    assert result.reason.endswith("not judged are relu_backward")
    [line] = book([submission("ann")], [result], Weights(), RELU).lines
    assert line.late


class Future:
    """What a worker answers, or how it ends."""

    def __init__(self, answer: Answer | Exception) -> None:
        self.answer = answer

    def result(self) -> bytes:
        """The answer."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return msgspec.json.encode(self.answer)


def test_workers_that_die_twice_give_no_verdict(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    work = _Work(None, Order(options=Options()), kept)  # type: ignore[arg-type]
    died = work._take("k", Future(KilledWorker("k", None, 1)))  # type: ignore[arg-type]
    broke = work._take("k", Future(RuntimeError("no memory")))
    assert (died.status, broke.status) == ("lost", "lost")
    assert kept.get("k") is None
    good = judged(function("relu_forward"))
    with pytest.raises(Void, match="a canary died"):
        work._take("k", Future(Answer(good, "host:1", "a canary died")))
    assert kept.get("k") is None


def test_what_is_changed_while_a_class_is_graded_is_judged_again(tmp_path: Path) -> None:
    (tmp_path / "ann.py").write_text("x = 2\n", encoding="utf-8")
    found = find_submissions(tmp_path)
    old = key_of(Contents(files={"ann.py": b"x = 1\n"}), Options())
    with Client(processes=False, n_workers=0, dashboard_address=":0") as client:
        work = _Work(client, Order(options=Options()), Kept(tmp_path / "out"))
        told = dict(work.run(found, {old: [0]}))
    assert told[old].status == "lost"
    assert "changed while" in told[old].reason


def test_without_dask_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "class").mkdir()
    monkeypatch.setitem(sys.modules, "properties.grading.batch", None)
    asked = [str(tmp_path / "class"), "--out", str(tmp_path / "out")]
    said = CliRunner().invoke(grade, asked)
    assert said.exit_code == 2
    assert "pip install 'nndl[grade]'" in said.output


def test_a_submission_cannot_have_its_mistakes_skipped(tmp_path: Path) -> None:
    home = tmp_path / judging.FOLDER
    home.mkdir()
    wrong = "import numpy as np\n\n\ndef f(x):\n    return np.sin(x)\n"
    wrong += "\n\ndef f_prime(x):\n    return x\n"
    (home / "own.py").write_text(wrong, encoding="utf-8")
    (home / "nndl.toml").write_text('[skip]\nf_prime = "it is right"\n', encoding="utf-8")
    record = judging.judge_submission(tmp_path, Options(profile="quick")).record
    assert record is not None
    assert [(f.name, f.status) for f in record.functions if f.status != "missing"] == [
        ("f_prime", "fail")
    ]
    assert any("nndl.toml is not read" in note for note in record.notes)


def test_points_of_a_misspelt_layer_are_said_before_the_class_is_judged(tmp_path: Path) -> None:
    points = tmp_path / "points.toml"
    points.write_text('[points]\naffin = 3\n"Net.backward" = 1\n', encoding="utf-8")
    asked = ["--points", str(points), "--autograder", "gradescope", "-o", str(tmp_path / "a.zip")]
    said = CliRunner().invoke(grade, asked).output
    assert "no layer or function 'affin'; did you mean affine?" in said
    assert "Net" not in said


def test_a_zip_of_a_class_is_to_be_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr("ann.py", "")
    said = CliRunner().invoke(grade, [str(tmp_path / "class.zip"), "--out", str(tmp_path / "o")])
    assert said.exit_code == 2
    assert "is a zip: unpack it, and name the folder" in said.output


def test_the_class_page_says_how_a_file_was_read(tmp_path: Path) -> None:
    loaded, own = "robustness: only its definitions were used", "robustness: dx is a view"
    there = [
        function("relu_forward", findings=[loaded]),
        function("relu_backward", findings=[loaded, own]),
        function("affine_forward", "missing"),
    ]
    write_all(tmp_path, "hw", [submission("ida")], [judged(*there)], Weights(), Options(), RELU)
    for page in (tmp_path / "class.html", next((tmp_path / "students").glob("*.html"))):
        assert "only its definitions were used" in page.read_text(encoding="utf-8")
    assert "dx is a view" not in (tmp_path / "class.html").read_text(encoding="utf-8")
