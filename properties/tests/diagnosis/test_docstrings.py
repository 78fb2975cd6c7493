"""The sentence between a dropout's code and its docstring."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.diagnosis.docstrings import contradiction, says
from properties.implementation import resolve_target
from properties.layers.dropout import DROP, DROPOUT, KEEP
from properties.record.build import build
from properties.spec.demands import Demands

_COURSE = "p: Dropout parameter. We drop each neuron output with probability p."
_LATER = """
    - p: Dropout parameter. We keep each neuron output with probability p.
    NOTE 2: Keep in mind that p is the probability of **keep** a neuron
    output; this might be contrary to some sources, where it is referred to
    as the probability of dropping a neuron output.
"""


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (_COURSE, "drop"),
        (_LATER, "keep"),
        ("p (float): probability that a unit is dropped", "drop"),
        ("p: the probability of a neuron being kept", "keep"),
        ("Each unit is zeroed with probability `p`.", "drop"),
        ("p is the fraction of units to drop", "drop"),
        ("p: keep probability", "keep"),
        ("p is the drop rate.", "drop"),
        ("Units survive with probability p.", "keep"),
        ("Units are kept with probability 1 - p.", ""),
        ("The probability of keeping is (1 − p).", ""),
        ("Drop a unit with probability p and scale the kept ones by 1 / (1 − p).", "drop"),
        ("p is not the probability of keeping.", ""),
        ("We keep units with probability p. We drop units with probability p.", ""),
        ("Performs the forward pass for (inverted) dropout.", ""),
        ("", ""),
    ],
)
def test_what_a_docstring_says(text: str, meaning: str) -> None:
    assert says(text) == meaning


def test_only_opposites_contradict() -> None:
    assert contradiction(_COURSE, DROP) == ""
    assert contradiction(_LATER, KEEP) == ""
    assert contradiction("", KEEP) == ""
    assert contradiction(_COURSE, None) == ""
    assert contradiction(_COURSE, KEEP) == (
        "keeps a unit with probability p; the docstring says that it drops it"
    )
    assert contradiction(_LATER, DROP) == (
        "drops a unit with probability p; the docstring says that it keeps it"
    )


_KEEPS = f'''
import numpy as np


def dropout_forward(x, dropout_param):
    """{_COURSE} <script>alert(1)</script>"""
    p, mask = dropout_param["p"], None
    if dropout_param["mode"] == "test":
        return x, (dropout_param, None)
    rng = np.random.default_rng(dropout_param.get("seed"))
    mask = (rng.random(x.shape) < p) / p if p else np.zeros(x.shape)
    return (x * mask).astype(x.dtype), (dropout_param, mask)


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    return dout if mask is None else dout * mask
'''


def test_the_record_says_it(tmp_path: Path) -> None:
    from properties.checks import all_properties
    from properties.commands.gather import gather
    from properties.implementation import open_implementation
    from properties.judge.suite import Suite

    path = tmp_path / "layers.py"
    path.write_text(_KEEPS, encoding="utf-8")
    target = resolve_target(str(path))
    suite = Suite(
        open_implementation=lambda: open_implementation(
            target, names=list(DROPOUT.functions), in_process=True
        ),
        specs=(DROPOUT,),
        demands=Demands(profile="quick", shrink=False),
    )
    try:
        for declared in all_properties():
            if declared.name == "dropped_fraction":
                suite.judge_one(declared, DROPOUT)
        record = build(gather(suite, target), target, suite.demands, planned=())
    finally:
        suite.close()
    findings = record.functions[0].findings
    assert f"convention: {contradiction(_COURSE, KEEP)}" in findings
    assert not any("script" in finding for finding in findings)
