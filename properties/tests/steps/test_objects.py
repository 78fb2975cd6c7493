"""Layers that are classes, and long loops."""

from __future__ import annotations

from pathlib import Path

import pytest

from properties.steps import Report, StepsError, debug
from properties.steps.rewrite.session import InProcess

LINEAR = """
import numpy as np

class Linear:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.1
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0)
        dx = grad @ self.W.T
        return dx

class Scale:
    def __init__(self):
        self.params = {"g": np.ones(3)}
        self.grads = {}

    def forward(self, x):
        t = np.tanh(x)
        self.cache = x, t
        return self.params["g"] * t

    def backward(self, dout):
        x, t = self.cache
        self.grads["g"] = (dout * t).sum(0)
        dt = dout * self.params["g"]
        return dt * (1 - t ** 2)

class Gate:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask
"""
INPUTS = {"Linear": "x: (N, D), n_in: D, n_out: M", "Scale": "x: (N, 3)", "Gate": "x: (N, D)"}


def judged(tmp_path: Path, text: str, name: str, inputs: str | None = "") -> Report:
    path = tmp_path / "layers.py"
    path.write_text(text, encoding="utf-8")
    return debug(
        str(path),
        forward=f"{name}.forward",
        backward=f"{name}.backward",
        inputs=INPUTS[name] if inputs == "" else inputs,
        make_runner=InProcess,
    )


@pytest.mark.parametrize("name", list(INPUTS))
def test_right_classes(tmp_path: Path, name: str) -> None:
    report = judged(tmp_path, LINEAR, name)
    assert report.outcome == "right", report.verdict
    assert {g.node for g in report.gradients} == {
        "Linear": {"x", "W", "b"},
        "Scale": {"x", "g"},
        "Gate": {"x"},
    }[name]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("Linear", "self.db = grad.sum(axis=0)", "self.db = grad.mean(axis=0)"),
        ("Linear", "self.dW = self.x.T @ grad", "self.dW = 2 * self.x.T @ grad"),
        ("Scale", "dt = dout * self.params", "dt = dout / self.params"),
        ("Scale", "(dout * t).sum(0)", "(dout * x).sum(0)"),
        ("Gate", "return dout * self.mask", "return dout * ~self.mask"),
    ],
)
def test_wrong_lines_of_classes(tmp_path: Path, name: str, old: str, new: str) -> None:
    text = LINEAR.replace(old, new)
    assert text != LINEAR
    report = judged(tmp_path, text, name)
    assert report.outcome == "wrong"
    assert report.first_wrong is not None, report.verdict
    assert new in text.splitlines()[report.first_wrong.line - 1]


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ("x: (N, D)", "says nothing of n_in"),
        ("x: (N, D), n_in: D, n_out: M, y: (N,)", "names y"),
    ],
)
def test_inputs_of_a_class(tmp_path: Path, inputs: str | None, said: str) -> None:
    with pytest.raises(StepsError, match=said):
        judged(tmp_path, LINEAR, "Linear", inputs)


def test_the_code_tells_what_the_inputs_are(tmp_path: Path) -> None:
    report = judged(tmp_path, LINEAR, "Linear", None)
    assert report.outcome == "right", report.verdict
    assert any("from the code" in note for note in report.notes)


LOOPS = """
import numpy as np

def forward(x, w):
    n, length = x.shape
    out = np.zeros((n, length - w.size + 1))
    for i in range(n):
        for j in range(out.shape[1]):
            part = x[i, j : j + w.size]
            out[i, j] = part @ w
    return out, (x, w)

def backward(dout, cache):
    x, w = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(dout.shape[0]):
        for j in range(dout.shape[1]):
            dw += dout[i, j] * x[i, j : j + w.size]
            dx[i, j : j + w.size] += dout[i, j] * w
    return dx, dw
"""


def test_loops_are_judged(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    asked = {"forward": "forward", "backward": "backward", "inputs": "x: (3, 7), w: (4,)"}
    path.write_text(LOOPS, encoding="utf-8")
    assert debug(str(path), make_runner=InProcess, **asked).outcome == "right"  # type: ignore[arg-type]
    path.write_text(LOOPS.replace("dw += dout", "dw = dw + 2 * dout"), encoding="utf-8")
    report = debug(str(path), make_runner=InProcess, **asked)  # type: ignore[arg-type]
    assert report.first_wrong is not None
    assert report.first_wrong.line == 18
