"""Every named step of the bundled backwards is right, and nearly all of them are judged."""

from __future__ import annotations

import pytest

from properties.layers import ALL
from properties.steps.debugger import debug
from properties.steps.subjects import variants_of
from properties.steps.values import Report
from properties.tests.slow import mostly_slow

LABELS = [variant for row in ALL for variant in variants_of(row)]


@pytest.mark.parametrize("label", mostly_slow(LABELS, fast=("affine", "batchnorm", "softmax")))
def test_every_step_is_right(label: str) -> None:
    report = debug("bundled", label)
    assert isinstance(report, Report)
    wrong = [step.name for step in report.steps if step.status == "wrong"]
    assert wrong == []
    assert report.first_wrong is None
