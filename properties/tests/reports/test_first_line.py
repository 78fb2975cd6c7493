"""The first wrong line is in every report."""

from __future__ import annotations

import base64
import io

import pytest
from msgspec.structs import replace
from rich.console import Console

from properties.record.listing import Listing
from properties.record.schema import Record
from properties.reports.first_line import entry, first_line
from properties.reports.github import github, github_summary
from properties.reports.gradebooks import classroom, gradescope, prairielearn
from properties.reports.html import html
from properties.reports.junit import junit
from properties.reports.notebook import NotebookReport
from properties.reports.terminal import render_terminal
from properties.tests.reports import samples


@pytest.fixture(scope="module")
def found() -> Listing:
    return samples.lines()


@pytest.fixture
def record(found: Listing) -> Record:
    return replace(samples.one(), listings=(found,))


def test_it_shows_the_line_its_surroundings_the_value_and_the_edit(found: Listing) -> None:
    told = first_line(found)
    line = found.mistakes[0].line
    assert told[0] == f"First wrong line: layers.py:{line}"
    [marked] = [text for text in told if "✘" in text]
    assert marked.split()[0] == str(line)
    assert "dvar = droot / root" in marked
    assert any("should be" in text for text in told)
    assert f"  right with: {found.mistakes[0].better}" in told
    assert len([text for text in told if text[2:6].strip().isdigit()]) > 1


def test_a_wrong_shape_is_told_as_such(found: Listing) -> None:
    first = found.mistakes[0]
    assert first.wanted is not None
    other = replace(first.wanted, shape=(1, 1, 1), data=[[[1.0]]])
    assert "has shape" in entry(replace(first, wanted=other))


def test_what_was_not_found_and_what_disagrees_is_said(found: Listing) -> None:
    none = replace(found, mistakes=(), verdict="it was not found within 2 s")
    assert first_line(none) == ["No line can be named: it was not found within 2 s"]
    assert first_line(replace(found, disagrees="dx is right"))[-1] == "  ! dx is right"


@pytest.mark.parametrize("make", [junit, html, github, github_summary, gradescope, prairielearn])
def test_every_report_has_it(make, record: Record) -> None:  # type: ignore[no-untyped-def]
    assert "First wrong line" in make(record).replace("\\", "")


def test_other_reports_have_it(record: Record) -> None:
    assert "First wrong line" in base64.b64decode(classroom(record)).decode()
    assert "First wrong line" in NotebookReport(record)._repr_html_()
    assert "First wrong line" in repr(NotebookReport(record))


def test_an_annotation_stands_at_the_line(found: Listing, record: Record) -> None:
    assert f",line={found.mistakes[0].line}," in github(record)


def test_a_panel_is_printed_before_its_line_is_known(found: Listing, record: Record) -> None:
    stream = io.StringIO()

    def late(function: object) -> Listing | None:
        before.append(stream.getvalue())
        return found

    before: list[str] = []
    render_terminal(samples.one(), Console(file=stream, width=80), listing_of=late)
    assert "batchnorm_backward ─" in before[-1]
    assert "Fails:" in before[-1]
