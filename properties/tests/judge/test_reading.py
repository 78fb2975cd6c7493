"""Which reading is taken, and what is not there, found out before anything is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.benchmarks.power import spec_of
from properties.implementation import open_implementation, resolve_target
from properties.judge.subject import Subject, prepare
from properties.spec.demands import Demands

GROUPNORM = """
import numpy as np

def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    N, C, H, W = x.shape
    eps = gn_param.get('eps', 1e-5)
    groups = x.reshape(N, G, C // G, H, W)
    mean = groups.mean(axis=(2, 3, 4), keepdims=True)
    var = groups.var(axis=(2, 3, 4), keepdims=True)
    xhat = ((groups - mean) / np.sqrt(var + eps)).reshape(N, C, H, W)
    return gamma * xhat + beta, None

def spatial_groupnorm_backward(dout, cache):
    return dout, dout, dout
"""
BATCHNORM = """
def batchnorm_forward(x, gamma, beta, bn_param):
    return x, None

def batchnorm_backward(dout, cache):
    return dout, dout, dout
"""


def _prepared(folder: Path, row: str, text: str) -> Subject:
    path = folder / "layers.py"
    path.write_text(text, encoding="utf-8")
    spec = spec_of(row)
    with open_implementation(
        resolve_target(str(path)), names=list(spec.functions), in_process=True
    ) as implementation:
        return prepare(spec, implementation, Demands(profile="quick"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("x.reshape(N, G, C // G, H, W)", "x.reshape(N, C // G, G, H, W)"),
        ("np.sqrt(var + eps)", "(var + eps)"),
    ],
)
def test_a_wrong_forward_is_called_with_the_shapes_that_it_takes(
    old: str, new: str, tmp_path: Path
) -> None:
    subject = _prepared(tmp_path, "spatial_groupnorm", GROUPNORM.replace(old, new, 1))
    assert subject.reading is not None
    assert subject.reading.name == "(1, C, 1, 1)"


def test_what_is_not_there_is_no_skeleton(tmp_path: Path) -> None:
    subject = _prepared(tmp_path, "batchnorm_alt", BATCHNORM)
    assert subject.faults["batchnorm_backward_alt"].message == "there is no such function"
