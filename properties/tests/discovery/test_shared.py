"""Inputs by the names of the arguments are those of declared layers."""

from __future__ import annotations

import pytest

from properties.discovery.inputs import parse
from properties.discovery.shared import NOTATIONS, as_shared
from properties.layers import ALL


@pytest.mark.parametrize("text", NOTATIONS)
def test_the_arguments_are_those_of_a_declared_layer(text: str) -> None:
    arguments = list(parse(text))
    assert parse(text) in list(as_shared(arguments))
    declared = [list(parse(told)) for row in ALL for told in row.inputs.values()]
    assert arguments in declared or arguments[-1] == "ln_param"
