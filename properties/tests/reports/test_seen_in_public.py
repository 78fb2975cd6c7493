"""Where somebody else made the mistake: said beside the evidence, as plain and escaped text."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as XML

import jsonschema
import pytest

from properties.diagnosis.finding import seen_in_public
from properties.layers.sources import SOURCES
from properties.record.schema import SCHEMA_FILE, Record, dump, read
from properties.reports.html import html
from properties.reports.junit import junit
from properties.reports.sarif import sarif
from properties.reports.terminal import panel_text
from properties.spec.misconception import Misconceptions

from . import samples

GOLDEN = Path(__file__).parent / "golden" / "wrong.json"
ADDRESS = SOURCES["mlpack1327"]
SAID = f"Seen in public, in a neighbouring form: {ADDRESS}"


def _record(address: str) -> Record:
    text = GOLDEN.read_text(encoding="utf-8")
    return read(text.replace(ADDRESS, json.dumps(address)[1:-1]))


def test_a_run_says_it() -> None:
    lead = next(f for f in samples.one().functions if f.name == "batchnorm_backward").lead
    assert lead is not None
    assert lead.cause is not None
    assert (lead.cause.seen_in_public, lead.cause.neighbouring) == (ADDRESS, True)


@pytest.mark.parametrize(
    ("bracket", "wanted"),
    [
        ("", {}),
        (" [~wjb7]", {"seen_in_public": SOURCES["wjb7"], "neighbouring": True}),
        (" [~wjb7 mlfs35]", {"seen_in_public": SOURCES["mlfs35"], "neighbouring": False}),
    ],
)
def test_the_mistake_itself_comes_before_a_neighbour(bracket: str, wanted: object) -> None:
    (entry,) = Misconceptions("adam", f"adam, m\n  off\n    = m\n    It is off.{bracket}\n")
    assert seen_in_public(entry) == wanted


def test_the_reports_say_it() -> None:
    record = _record(ADDRESS)
    function = next(f for f in record.functions if f.name == "batchnorm_backward")
    assert SAID in panel_text(record, function)
    assert SAID in html(record)
    assert SAID in junit(record)
    (run,) = json.loads(sarif(record))["runs"]
    (rule,) = (one for one in run["tool"]["driver"]["rules"] if "helpUri" in one)
    assert rule["helpUri"] == ADDRESS
    assert all(text.endswith(SAID) for text in rule["help"].values())


def test_an_address_is_no_way_into_a_page() -> None:
    hostile = 'https://a.example/"><script>alert(1)</script>'
    record = _record(hostile)
    page = html(record)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    XML.fromstring(junit(record).encode())


def test_the_schema_knows_it_and_does_without() -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    record = _record("")
    assert "Seen in public" not in html(record)
    for one in (record, _record(ADDRESS)):
        jsonschema.validate(json.loads(dump(one)), schema)
