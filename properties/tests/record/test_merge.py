"""Records put together, and held against the plan."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from properties.record.merge import Node, merge
from properties.record.schema import Record, RecordError
from properties.tests.reports import samples


def _planned(record: Record) -> list[Node]:
    return [
        Node(row=f.row, property=p.name, functions=(f.name,))
        for f in record.functions
        for p in f.properties
    ]


def test_pieces_make_the_whole() -> None:
    whole = samples.one()
    pieces = [replace(whole, functions=whole.functions[k::2]) for k in (0, 1)]
    order = [f.row for f in whole.functions]
    merged = merge(pieces, planned=_planned(whole), order=order)
    assert {f.name for f in merged.functions} == {f.name for f in whole.functions}
    assert [f.row for f in merged.functions] == order
    assert merged.complete
    assert merged.verdict == "fail"


def test_a_planned_node_that_was_not_judged_is_an_error_and_said() -> None:
    record = samples.passing()
    planned = _planned(record)
    assert merge([record], planned=planned).verdict == "pass"
    first, second, *_ = record.functions
    alone = {p.name for p in first.properties} - {p.name for p in second.properties}
    lost = next(p for p in first.properties if p.name in alone)
    kept = tuple(p for p in first.properties if p is not lost)
    short = samples.change(record, first.name, lambda f: replace(f, properties=kept))
    merged = merge([short], planned=planned)
    assert merged.verdict == "error"
    assert not merged.complete
    told = f"planned and not judged: {lost.name} of {first.row}"
    assert any(told in note for note in merged.notes)
    gone = merge([replace(record, functions=record.functions[2:])], planned=planned)
    assert gone.verdict == "error"


def test_what_a_missing_function_needs_is_no_gap() -> None:
    record = samples.one()
    missing = samples.function(record, "gplvm_log_likelihood")
    assert missing.status == "missing"
    node = Node(row=missing.row, property="anything", functions=(missing.name,))
    assert merge([record], planned=[node]).complete
    wanted = merge([record], required=frozenset({missing.layer}))
    assert wanted.verdict == "fail"
    assert f"required and missing: {missing.name}" in wanted.notes


def test_records_of_two_runs_are_refused() -> None:
    record = samples.passing()
    with pytest.raises(RecordError, match="seed"):
        merge([record, replace(record, seed=3, functions=())])
    with pytest.raises(RecordError, match="is in two records"):
        merge([record, record])
    with pytest.raises(RecordError, match="at least one"):
        merge([])
