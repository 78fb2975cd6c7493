"""What was not judged is said in every report that speaks of a whole run."""

from __future__ import annotations

import json
from collections.abc import Callable
from xml.etree import ElementTree as XML

import pytest
from msgspec.structs import replace

from properties.record.schema import Record
from properties.reports.concise import concise
from properties.reports.github import github_summary
from properties.reports.html import html
from properties.reports.junit import junit
from properties.reports.notebook import NotebookReport
from properties.reports.sarif import sarif

from . import samples

REPORTS: dict[str, Callable[[Record], str]] = {
    "html": html,
    "junit": junit,
    "github": lambda record: github_summary(record).replace("\\", ""),
    "terminal": lambda record: repr(NotebookReport(record)),
    "notebook": lambda record: NotebookReport(record)._repr_html_(),
}


@pytest.mark.parametrize("name", REPORTS)
def test_it_names_what_was_not_judged_and_why(name: str) -> None:
    text = REPORTS[name](samples.explained())
    assert "own_backward" in text
    assert "no forward" in text
    assert "own_backward" not in REPORTS[name](samples.one())


def test_in_a_strict_run_it_is_an_error() -> None:
    record = samples.explained()
    strict = replace(record, strict=True)
    assert ": error: not judged: own_backward" in concise(strict)
    assert ": note: not judged: own_backward" in concise(record)
    for one, level in ((strict, "error"), (record, "note")):
        (run,) = json.loads(sarif(one))["runs"]
        told = run["invocations"][0]["toolExecutionNotifications"]
        assert [n["level"] for n in told if "own_backward" in n["message"]["text"]] == [level]
    assert XML.fromstring(junit(strict)).get("errors") == "1"
    assert XML.fromstring(junit(record)).get("errors") == "0"
    said = replace(record.not_judged[0], reason="skipped, as the project says: in C")
    left_out = replace(strict, not_judged=(said,))
    assert ": error: not judged" not in concise(left_out)


def test_a_reason_that_quotes_an_array_is_cut() -> None:
    record = samples.explained()
    (one,) = record.not_judged
    long = replace(one, reason=f"forward raises ValueError: got {'[1, 2, 3], ' * 90}")
    told = repr(NotebookReport(replace(record, not_judged=(long,))))
    assert "forward raises ValueError: got [1, 2, 3]" in told
    assert told.count("[1, 2, 3]") < 20
