"""What was not judged is said in every report that speaks of a whole run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from properties.record.schema import Record
from properties.reports.github import github_summary
from properties.reports.html import html
from properties.reports.junit import junit
from properties.reports.notebook import NotebookReport

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
