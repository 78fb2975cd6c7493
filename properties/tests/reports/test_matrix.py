"""The matrix shows the worst of each layer."""

from __future__ import annotations

from msgspec.structs import replace

from properties.record.schema import Function
from properties.reports.matrix import Column, Matrix, matrix

from . import samples


def _column(found: Matrix, name: str) -> Column:
    return next(c for c in found.columns if c.name == name)


def test_it_shows_the_worst_of_a_layer() -> None:
    def unclear(function: Function) -> Function:
        first, *rest = function.properties
        return replace(function, properties=(replace(first, status="inconclusive"), *rest))

    record = samples.change(samples.one(), "softmax_loss", unclear)
    found = matrix(record)
    first = samples.function(record, "softmax_loss").properties[0]
    column = _column(found, "backward_matches_reference")
    assert found.cell("batchnorm", column) == "fail"
    assert found.cell("affine", column) == "pass"
    assert found.cell("gplvm", column) == "none"
    assert "gplvm" not in found.rows
    assert found.cell("softmax", _column(found, first.name)) == "inconclusive"
    assert found.layer["batchnorm"] == "fail"
    assert found.layer["gplvm"] == "missing"


def test_what_does_not_count_is_noted() -> None:
    found = matrix(samples.one())
    assert found.cell("dropout", _column(found, "bad_input")) == "noted"
