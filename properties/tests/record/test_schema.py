"""The schema is one: classes, the JSON Schema that is shipped, and what real runs write."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from properties.record.schema import (
    SCHEMA_FILE,
    Record,
    RecordError,
    dump,
    json_schema,
    plain,
    read,
)
from properties.reports.html import html
from properties.reports.junit import junit
from properties.reports.notebook import NotebookReport
from properties.tests.reports import samples


@pytest.fixture(autouse=True, scope="module")
def real_runs() -> None:
    """Make the samples first: a run draws with Hypothesis, which must not draw within itself."""
    samples.one()


def test_the_shipped_schema_is_that_of_the_classes() -> None:
    shipped, made = json.loads(SCHEMA_FILE.read_text(encoding="utf-8")), json.loads(json_schema())
    assert _in_order(shipped) == _in_order(made), "run: python -m properties.record.schema"


def _in_order(schema: Any) -> Any:
    """The same with alternatives in one order: it is not the same in every version of msgspec."""
    if isinstance(schema, dict):
        made = {key: _in_order(value) for key, value in schema.items()}
        if "anyOf" in made:
            made["anyOf"] = sorted(made["anyOf"], key=json.dumps)
        return made
    return [_in_order(one) for one in schema] if isinstance(schema, list) else schema


@pytest.mark.parametrize("name", samples.ALL)
def test_every_record_fits_it_and_comes_back_as_it_was(name: str) -> None:
    record = samples.small(name)
    text = dump(record)
    assert text.isascii()
    jsonschema.validate(json.loads(text), json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))
    assert plain(read(text)) == plain(record)
    assert read(text.encode()).verdict == record.verdict


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "got list without 'functions'"),
        (b"{}", "got dict without 'functions'"),
        (b'{"functions": [], "schema": 1}', "schema 1; this version reads schema 2"),
        (b'{"functions": [], "schema": 2}', "missing required field"),
    ],
)
def test_a_foreign_file_is_named(bad: bytes, said: str) -> None:
    with pytest.raises(RecordError, match=said):
        read(bad)


def test_an_unknown_or_odd_field_is_named_with_its_place() -> None:
    data = plain(samples.one())
    data["functions"][0]["marks"] = 3
    with pytest.raises(RecordError, match=r"marks.*functions\[0\]"):
        read(data)
    data = plain(samples.one())
    data["functions"][1]["status"] = "perhaps"
    with pytest.raises(RecordError, match=r"functions\[1\].status"):
        read(data)


def test_text_is_made_safe_in_whichever_way_a_record_comes() -> None:
    data = plain(samples.one())
    data["notes"] = ["\x1b[2Jgone\u202e\ud800"]
    assert read(data).notes == ("gone\\ud800",)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(Record.__struct_fields__)), _JSON, min_size=1), _JSON)
def test_odd_values_are_refused_or_shown(odd: dict[str, Any], value: Any) -> None:
    data = plain(samples.one())
    failing = (p for f in data["functions"] for p in f["properties"] if "arrays" in p)
    lead = next(p for p in failing if "got" in p["arrays"])
    lead["inputs"] = {"x": value}
    lead["arrays"]["got"]["data"] = value
    html(read(data))
    junit(read(data))
    repr(NotebookReport(read(data)))
    with pytest.raises(RecordError):
        read(plain(samples.one()) | odd | {"schema": "2"})
