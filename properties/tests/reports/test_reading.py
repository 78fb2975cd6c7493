"""The record is read with patience: what is absent or odd is left out, never an exception."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from properties.reports import RecordError, html, junit, read
from properties.reports.arrays import decode
from properties.reports.matrix import matrix
from properties.reports.notebook import NotebookReport

from . import samples


@pytest.mark.parametrize("bad", [None, [], 3, {}, {"functions": 3}, {"functions": [], "schema": 2}])
def test_what_is_no_record_is_named(bad: Any) -> None:
    with pytest.raises(RecordError, match="got"):
        read(bad)


def test_reading_twice_changes_nothing() -> None:
    report = read(samples.one_failure())
    assert read(report) is report


def test_arrays_decode() -> None:
    array = decode({"dtype": "float64", "shape": [2, 2], "data": [["nan", "inf"], ["-inf", 1]]})
    assert array is not None
    assert array.values is not None
    np.testing.assert_array_equal(array.values, [[np.nan, np.inf], [-np.inf, 1.0]])
    empty = decode({"dtype": "float64", "shape": [0, 3], "data": []})
    assert empty is not None
    assert empty.values is not None
    assert empty.values.shape == (0, 3)
    cut = decode({"dtype": "float32", "shape": [9, 9], "data": None, "corner": [[1.0]]})
    assert cut is not None
    assert cut.values is None
    assert cut.label == "9×9 float32"
    assert decode({"dtype": "O", "shape": [2], "data": [[1], [2, 3]]}) is not None


def test_a_lenient_failure_is_noted_and_a_strict_one_counts() -> None:
    record = samples.one_failure()
    dropout = next(f for f in read(record).functions if f.name == "dropout_forward")
    assert [p.name for p in dropout.noted] == ["dropout_p_reading"]
    for function in record["functions"]:
        if function["name"] == "dropout_forward":
            function["status"] = "fail"
    record["strict"] = True
    dropout = next(f for f in read(record).functions if f.name == "dropout_forward")
    assert [p.name for p in dropout.failures] == ["dropout_p_reading"]


def test_the_matrix_shows_the_worst_of_a_layer() -> None:
    found = matrix(read(samples.one_failure()))
    column = next(c for c in found.columns if c.name == "backward_matches_reference")
    assert found.cell("batchnorm", column) == "fail"
    assert found.cell("relu", column) == "inconclusive"
    assert found.cell("gplvm", column) == "none"
    assert found.layer["batchnorm"] == "fail"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
_KEYS = sorted(set(samples.failing_property()) | {"traceback", "inconclusive", "title"})


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(_KEYS), _JSON, min_size=1, max_size=4))
def test_odd_values_break_no_report(odd: dict[str, Any]) -> None:
    record = copy.deepcopy(samples.one_failure())
    for function in record["functions"]:
        if function["name"] == "batchnorm_backward":
            function["properties"][0] |= odd
    html(record)
    junit(record)
    repr(NotebookReport(record))


@pytest.mark.parametrize("name", samples.ALL)
def test_samples_are_json(name: str) -> None:
    if name != "many":
        json.dumps(samples.ALL[name](), allow_nan=False)
