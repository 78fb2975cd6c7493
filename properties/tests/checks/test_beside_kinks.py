"""Gates and thresholds beside kinks at every magnitude; which subgradients are a convention."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from properties.tests.judging import entry_of, record_of
from properties.tests.slow import mostly_slow, slow

RIGHT = """
import numpy as np
def relu_forward(x):
    return np.where(x > 0, x, 0.0), x
def relu_backward(dout, cache):
    return np.where(cache > 0, dout, 0.0)
def affine_relu_forward(x, w, b):
    z = x.reshape(len(x), -1) @ w + b
    return np.where(z > 0, z, 0.0), (x, w, z)
def affine_relu_backward(dout, cache):
    x, w, z = cache
    dz = np.where(z > 0, dout, 0.0)
    return (dz @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dz, dz.sum(axis=0)
def svm_loss(x, y):
    n = np.arange(len(y))
    margins = x - x[n, y][:, None] + 1.0
    margins[n, y] = 0.0
    dx = np.where(margins > 0, 1.0, 0.0)
    dx[n, y] -= dx.sum(axis=1)
    return np.where(margins > 0, margins, 0.0).sum() / len(y), dx / len(y)
"""

# An affine - batchnorm - ReLU of the bundled parts, with a gate of its own.
COMPOSED = """
import numpy as np
def affine_batchnorm_relu_forward(x, w, b, gamma, beta, bn_param):
    z = x.reshape(len(x), -1) @ w + b
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    mean, var = z.mean(axis=0), z.var(axis=0)
    for name, now in (("running_mean", mean), ("running_var", var)):
        bn_param[name] = momentum * bn_param.get(name, np.zeros_like(now)) + (1 - momentum) * now
    if bn_param["mode"] == "test":
        raise NotImplementedError
    std = np.sqrt(var + eps)
    hat = (z - mean) / std
    out = gamma * hat + beta
    return np.where(out > 0, out, 0.0), (x, w, gamma, hat, std, out)
def affine_batchnorm_relu_backward(dout, cache):
    x, w, gamma, hat, std, out = cache
    d = np.where(out > 0, dout, 0.0)
    dgamma, dbeta, dhat = (d * hat).sum(axis=0), d.sum(axis=0), d * gamma
    dz = (dhat - dhat.mean(axis=0) - hat * (dhat * hat).mean(axis=0)) / std
    return (dz @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dz, dz.sum(axis=0), dgamma, dbeta
"""


def _judge(folder: Path, text: str, only: str) -> dict[str, Any]:
    file = folder / "layers.py"
    file.write_text(text, encoding="utf-8")
    return record_of(file, only=only, profile="standard")


@pytest.mark.parametrize("layer", ["relu", "affine_relu", "svm"])
def test_right_gates_are_right(tmp_path: Path, layer: str) -> None:
    record = _judge(tmp_path, RIGHT, layer)
    assert {f["status"] for f in record["functions"]} == {"pass"}
    assert not [f for f in record["functions"] if any("convention" in x for x in f["findings"])]


THRESHOLDS = [
    ("np.where(x > 0, x", "np.where(x > 1e-300, x", "relu_forward"),
    ("np.where(cache > 0", "np.where(cache > 1e-12", "relu_backward"),
    ("np.where(cache > 0", "np.where(cache > 1e-300", "relu_backward"),
    ("np.where(cache > 0", "np.where(cache > 1e-315", "relu_backward"),
    ("np.where(cache > 0", "np.where(cache > -1e-300", "relu_backward"),
    ("dz = np.where(z > 0", "dz = np.where(z > 1e-12", "affine_relu_backward"),
    ("dz = np.where(z > 0", "dz = np.where(z > -1e-12", "affine_relu_backward"),
    ("dz = np.where(z > 0", "dz = np.where(z > 1e-280", "affine_relu_backward"),
    ("dx = np.where(margins > 0", "dx = np.where(margins > 1e-12", "svm_loss"),
    ("dx = np.where(margins > 0", "dx = np.where(margins > -1e-12", "svm_loss"),
    ("d = np.where(out > 0", "d = np.where(out > 1e-12", "affine_batchnorm_relu_backward"),
    ("d = np.where(out > 0", "d = np.where(out > -1e-280", "affine_batchnorm_relu_backward"),
]
QUICK = (THRESHOLDS[3], THRESHOLDS[5], THRESHOLDS[8])


@pytest.mark.parametrize(("right", "wrong", "function"), mostly_slow(THRESHOLDS, fast=QUICK))
def test_a_threshold_that_only_tiny_values_show_is_found(
    tmp_path: Path, right: str, wrong: str, function: str
) -> None:
    text = COMPOSED if "batchnorm" in function else RIGHT
    assert right in text
    record = _judge(tmp_path, text.replace(right, wrong), function)
    assert entry_of(record, function)["status"] == "fail"


@pytest.mark.parametrize(
    ("right", "other", "function", "sentence"),
    [
        ("cache > 0, dout", "cache >= 0, dout", "relu_backward", "another slope than 0 at x = 0"),
        (
            "np.where(cache > 0, dout, 0.0)",
            "dout * (0.5 * (np.sign(cache) + 1))",
            "relu_backward",
            "another slope than 0 at x = 0",
        ),
        (
            "dx = np.where(margins > 0, 1.0, 0.0)",
            "dx = np.where(margins >= 0, 1.0, 0.0); dx[n, y] = 0.0",
            "svm_loss",
            "counts a margin of exactly zero",
        ),
    ],
)
def test_another_subgradient_is_a_convention_and_named(
    tmp_path: Path, right: str, other: str, function: str, sentence: str
) -> None:
    assert right in RIGHT
    entry = entry_of(_judge(tmp_path, RIGHT.replace(right, other), function), function)
    assert entry["status"] == "pass"
    assert [found for found in entry["findings"] if sentence in found and "convention" in found]


@slow
@pytest.mark.parametrize("gate", ["z > 0", "z >= 0"])
def test_either_gate_of_a_composed_layer_is_right(tmp_path: Path, gate: str) -> None:
    text = RIGHT.replace("dz = np.where(z > 0", f"dz = np.where({gate}")
    entry = entry_of(_judge(tmp_path, text, "affine_relu"), "affine_relu_backward")
    assert entry["status"] == "pass"


def test_a_gate_outside_the_one_sided_derivatives_is_wrong(tmp_path: Path) -> None:
    text = RIGHT.replace(
        "dz = np.where(z > 0, dout, 0.0)", "dz = np.where(z > 0, dout, np.where(z < 0, 0.0, -dout))"
    )
    record = _judge(tmp_path, text, "affine_relu")
    assert entry_of(record, "affine_relu_backward")["status"] == "fail"
