"""JUnit, GitHub, and the command that writes every format."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as XML

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from properties.commands.check import check as nndl_check
from properties.commands.report import report
from properties.commands.writing import FORMATS
from properties.record.schema import dump
from properties.reports.github import github, github_summary
from properties.reports.junit import junit

from . import samples

# Elements and attributes of the JUnit format that Jenkins and GitLab document.
FIELDS = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time", "file", "line"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "skipped": {"message"},
    "system-out": set(),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "error", "skipped", "system-out"},
}


@pytest.mark.parametrize("name", samples.ALL)
def test_junit_has_documented_elements_only(name: str) -> None:
    record = samples.small(name, (30, 30))
    root = XML.fromstring(junit(record).encode())
    assert root.tag == "testsuites"
    for node in root.iter():
        assert set(node.attrib) <= FIELDS[node.tag]
        assert {child.tag for child in node} <= CHILDREN.get(node.tag, set())
    for suite in root:
        assert int(suite.get("tests", "-1")) == len(suite.findall("testcase"))
        assert int(suite.get("failures", "-1")) == len(suite.findall("testcase/failure"))


def test_junit_tells_the_whole_failure() -> None:
    root = XML.fromstring(junit(samples.one()).encode())
    case = root.find(".//testcase[@name='batchnorm_backward']")
    assert case is not None
    failure = case.find("failure")
    assert failure is not None
    assert failure.text is not None
    for part in ("Likely cause", "import numpy as np", "tolerance", "numerical derivative"):
        assert part in failure.text
    missing = root.find(".//testcase[@name='gplvm_log_likelihood']/skipped")
    assert missing is not None


def test_a_run_that_did_not_finish_is_an_error_in_junit() -> None:
    root = XML.fromstring(junit(replace(samples.passing(), complete=False)).encode())
    assert root.get("errors") == "1"


@pytest.mark.parametrize("name", samples.ALL)
def test_annotations_are_lines_of_their_own(name: str) -> None:
    record = samples.small(name, (5, 5))
    lines = github(record).splitlines()
    assert len(lines) <= 10
    for line in lines:
        assert re.fullmatch(r"::error (file=[^,:]+,line=\d+,)?title=[^,:]*::[^\r\n]*", line)
    if record.verdict == "pass":
        assert lines == []


def test_annotations_point_at_the_function() -> None:
    record = samples.change(
        samples.one(), "batchnorm_backward", lambda f: replace(f, file="/repo/nndl/layers.py")
    )
    text = github(record, root="/repo")
    line = samples.function(record, "batchnorm_backward").line
    assert f"::error file=nndl/layers.py,line={line},title=batchnorm_backward" in text
    assert "%0ALikely cause" in text


def test_the_summary_has_the_matrix_and_no_html_of_others() -> None:
    text = github_summary(samples.hostile())
    assert "| **layer** |" in text
    code = re.sub(r"(?s)(`{3,})[^\n]*\n.*?\n\1", "", text)
    assert not re.search(r"(?<!\\)<(?!/?(details|summary)>)", code)
    assert not any(line.startswith("::") for line in text.splitlines())
    assert len(github_summary(samples.many(200, (5, 5))).encode()) < 1_048_576


@pytest.mark.parametrize("form", FORMATS)
def test_the_command_writes_every_format(form: str, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    record.write_text(dump(samples.hostile()), encoding="utf-8")
    target = tmp_path / "out"
    run = CliRunner().invoke(report, [str(record), "--format", form, "-o", str(target)])
    assert run.exit_code == 0, run.output
    assert target.stat().st_size > 100
    shown = CliRunner().invoke(report, [str(record), "--format", form])
    assert shown.exit_code == 0
    assert len(shown.stdout) > 100


def test_the_job_summary_is_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record, summary = tmp_path / "record.json", tmp_path / "summary.md"
    record.write_text(dump(samples.one()), encoding="utf-8")
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    CliRunner().invoke(report, [str(record), "--format", "github"])
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("before\n## ✘ nndl: homework")


def test_the_pieces_of_a_run_make_one_report(tmp_path: Path) -> None:
    whole = samples.one()
    files = []
    for place in (0, 1):
        piece = replace(whole, functions=whole.functions[place::2])
        files.append(tmp_path / f"{place}.json")
        files[-1].write_text(dump(piece), encoding="utf-8")
    shown = CliRunner().invoke(report, [*map(str, files), "--format", "junit"])
    assert shown.exit_code == 0, shown.output
    for function in whole.functions:
        assert f'name="{function.name}"' in shown.stdout
    twice = CliRunner().invoke(report, [str(files[0]), str(files[0])])
    assert twice.exit_code == 2
    assert "is in two records" in twice.output


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"functions": [], "schema": 9}', '{"functions": [], "schema": 2}']
)
def test_an_unusable_record_is_exit_code_2(content: str, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    record.write_text(content, encoding="utf-8")
    run = CliRunner().invoke(report, [str(record)])
    assert run.exit_code == 2
    assert "record.json" in run.output


def test_unusable_files_are_exit_code_2(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    record.write_text(dump(samples.one()), encoding="utf-8")
    no = str(tmp_path / "no" / "file")
    assert CliRunner().invoke(report, [no]).exit_code == 2
    assert CliRunner().invoke(report, [str(record), "--format", "html", "-o", no]).exit_code == 2
    points = ["--format", "gradescope", "--points", no]
    assert CliRunner().invoke(report, [str(record), *points]).exit_code == 2


def test_a_check_offers_every_format() -> None:
    offered = {option for p in nndl_check.params for option in p.opts}
    assert {f"--{form}" for form in FORMATS if form != "terminal"} <= offered
    assert {"--points", "--table", "--json"} <= offered


def test_the_action_and_the_hook_name_options_that_exist() -> None:
    root = Path(__file__).resolve().parents[3]
    if not (root / "action.yml").is_file():
        pytest.skip("not in a checkout")
    action = (root / "action.yml").read_text(encoding="utf-8")
    hook = (root / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    known = {option for p in nndl_check.params for option in p.opts}
    used = set(re.findall(r"(?<=\()--[a-z-]+", action)) | set(re.findall(r"--[a-z]+", hook))
    assert used <= known
    assert {"--json", "--seed", "--profile"} <= known
    # No input stands inside a script, where its text could run.
    assert "${{" not in action.split("out=", 1)[1]
