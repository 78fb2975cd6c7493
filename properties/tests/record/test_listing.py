"""The lines that the step debugger speaks about are a part of the record, and shown with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from properties.commands.report import report
from properties.record.listing import Listing, Listings, read_listings
from properties.record.schema import RecordError, dump, plain, read
from properties.record.steps import listings
from properties.tests.reports import samples


@pytest.fixture
def found() -> Listing:
    return samples.lines()


def test_it_comes_back_as_it_was(found: Listing) -> None:
    assert read_listings(json.loads(dump(found))) == (found,)
    both = Listings(schema=1, reports=(found, found))
    assert read_listings(plain(both)) == (found, found)
    record = replace(samples.one(), listings=(found,))
    assert read(dump(record)).listings == (found,)
    with pytest.raises(RecordError, match=r"steps\[0\]"):
        read_listings(plain(found) | {"steps": [{"line": "3"}]})


def test_several_reports_are_written_as_a_list() -> None:
    assert isinstance(listings([]), Listings)


@pytest.mark.parametrize("form", ["terminal", "html"])
def test_a_report_shows_the_lines_with_their_function(
    form: str, found: Listing, tmp_path: Path
) -> None:
    record, lines = tmp_path / "record.json", tmp_path / "lines.json"
    record.write_text(dump(samples.one()), encoding="utf-8")
    lines.write_text(dump(found), encoding="utf-8")
    shown = CliRunner().invoke(report, [str(record), str(lines), "--format", form])
    assert shown.exit_code == 0, shown.output
    assert "First wrong line: layers.py:" in shown.stdout
    assert "dvar = droot / root" in shown.stdout


def test_lines_alone_are_no_record(found: Listing, tmp_path: Path) -> None:
    lines = tmp_path / "lines.json"
    lines.write_text(dump(found), encoding="utf-8")
    shown = CliRunner().invoke(report, [str(lines)])
    assert shown.exit_code == 2
    assert "nndl check --json FILE" in shown.output
