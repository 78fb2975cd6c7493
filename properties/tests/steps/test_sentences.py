"""What is said of single lines agrees with the verdict and with the marks of other lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from properties.layers import EVERY
from properties.steps import Report, debug_all
from properties.steps.debugger import debug_subject
from properties.steps.evidence.explain import _as_factor
from properties.steps.rewrite.session import InProcess
from properties.steps.rewrite.source import open_project
from properties.steps.subjects import of_row, rows_named
from properties.steps.values import StepsError

MEANS = """import numpy as np


def linear_forward(A, W, b):
    return np.dot(W, A) + b, (A, W, b)


def linear_backward(dZ, cache):
    A, W, b = cache
    m = A.shape[1]
    dW = 1.0 / m * np.dot(dZ, A.T)
    db = 1.0 / m * np.sum(dZ, axis=1, keepdims=True)
    dA = np.dot(W.T, dZ)
    return dA, dW, db
"""
ATTENTION = '''import numpy as np


def attention_forward(q, k, v, mask):
    """q: (B, T, D), k: (B, T, D), v: (B, T, D), mask: (T, T)"""
    d = q.shape[-1]
    scores = np.einsum("btd,bsd->bts", q, k) / np.sqrt(d)
    scores = np.where(mask > 0, scores, -1e9)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    out = np.einsum("bts,bsd->btd", p, v)
    return out, (q, k, v, mask, p)


def attention_backward(dout, cache):
    q, k, v, mask, p = cache
    d = q.shape[-1]
    dv = np.einsum("bts,btd->bsd", p, dout)
    dp = np.einsum("btd,bsd->bts", dout, v)
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True))
    ds = np.where(mask > 0, ds, 0.0)
    dq = np.einsum("bts,bsd->btd", ds, k) / np.sqrt(d)
    dk = np.einsum("bts,bsd->btd", ds, q) / np.sqrt(d)
    return dq, dk, dv
'''


def told(folder: Path, source: str) -> Report:
    path = folder / "one.py"
    path.write_text(source, encoding="utf-8")
    (report,) = debug_all(str(path), make_runner=InProcess)
    assert isinstance(report, Report)
    return report


def test_a_convention_is_what_is_said_of_its_lines(tmp_path: Path) -> None:
    report = told(tmp_path, MEANS)
    assert report.outcome == "right"
    said = [step.reason for step in report.steps if step.status == "not judged"]
    assert said
    assert all("a convention" in reason for reason in said)
    assert not any("mistake" in step.reason for step in report.steps)


@pytest.mark.slow
def test_no_line_that_is_shown_as_right_is_said_not_to_be_judged(tmp_path: Path) -> None:
    report = told(tmp_path, ATTENTION)
    assert report.verdict.startswith("line 23: dk is the first wrong step"), report.verdict
    assert "line 20 feeds" not in report.verdict
    assert "right" in {step.status for step in report.steps if step.line == 20}


def test_a_factor_keeps_its_brackets() -> None:
    assert _as_factor("var + 0.001") == "(var + 0.001)"
    assert _as_factor("np.exp(x + 1)") == "np.exp(x + 1)"


TWO = """
import numpy as np
def f(x):
    return x ** 2
def f_grad(x):
    return 2 * x
class Squash:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y
    def backward(self, grad):
        return grad * (1 - self.y)
"""


@pytest.mark.parametrize(
    ("word", "outcome"), [("f_grad", "right"), ("Squash", "wrong"), ("Squash.backward", "wrong")]
)
def test_what_nobody_declared_is_named_as_it_is_called(
    tmp_path: Path, word: str, outcome: str
) -> None:
    path = tmp_path / "two.py"
    path.write_text(TWO, encoding="utf-8")
    (report,) = debug_all(str(path), word=word, make_runner=InProcess, seconds=0.0)
    assert isinstance(report, Report)
    assert report.outcome == outcome


def test_a_misspelt_word_says_what_there_is(tmp_path: Path) -> None:
    path = tmp_path / "two.py"
    path.write_text(TWO, encoding="utf-8")
    with pytest.raises(StepsError, match=r"did you mean f_grad\?; the target derives Sq"):
        list(debug_all(str(path), word="f_gard", make_runner=InProcess))


SATURATED = """
import numpy as np
def forward(X, W1, W2):
    Z1 = W1 @ X
    A1 = np.maximum(0, Z1)
    Z2 = 30 * W2 @ A1
    A2 = 1 / (1 + np.exp(-Z2))
    return A2, (Z1, A1, W2, A2)
def cost(A2, Y):
    m = Y.shape[1]
    return -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
def backward(X, Y, cache):
    m = X.shape[1]
    Z1, A1, W2, A2 = cache
    dZ2 = A2 - Y
    dW2 = 30 / m * dZ2 @ A1.T
    dA1 = 30 * W2.T @ dZ2
    dZ1 = dA1 * (A1 >= 0)
    dW1 = 1 / m * dZ1 @ X.T
    return {"dW1": dW1, "dW2": dW2}
"""


def test_a_case_of_no_finite_cost_blames_no_line(tmp_path: Path) -> None:
    report = told(tmp_path, SATURATED)
    assert report.verdict.startswith("line 18: dZ1 is the first wrong step"), report.verdict


BEARING = """
import numpy as np
def h(x, landmark):
    \"\"\"x: (3,), landmark: (2,)\"\"\"
    dx = landmark[0] - x[0]
    dy = landmark[1] - x[1]
    r = np.sqrt(dx ** 2 + dy ** 2)
    return np.array([r, np.arctan2(dy, dx) - x[2]])
def H_jacobian(x, landmark):
    dx = landmark[0] - x[0]
    dy = landmark[1] - x[1]
    q = dx ** 2 + dy ** 2
    r = np.sqrt(q)
    return np.array([[dx / r, dy / r, 0.0], [dy / q, -dx / q, -1.0]])
"""


def test_a_value_of_the_forward_is_no_gradient_for_its_name(tmp_path: Path) -> None:
    report = told(tmp_path, BEARING)
    assert report.outcome == "wrong"
    assert [step.line for step in report.steps if step.status == "wrong"] == [14], report.verdict


MADE = """
from dataclasses import dataclass, field
import numpy as np
@dataclass
class Block:
    dim: int
    hidden: int
    grads: dict = field(default_factory=dict)
    def __post_init__(self):
        self.W = np.random.default_rng(0).normal(size=(self.dim, self.hidden))
    def forward(self, x):
        self.x = x
        self.h = x @ self.W
        return np.maximum(self.h, 0)
    def backward(self, dy):
        dh = dy
        self.grads["W"] = self.x.T @ dh
        return dh @ self.W.T
"""


def test_a_dataclass_is_made_with_its_fields(tmp_path: Path) -> None:
    assert told(tmp_path, MADE).verdict.startswith("line 16: dh is the first wrong step")


CROPPED = """
import numpy as np
def conv_forward_naive(x, w, b, conv_param):
    s, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    Ho, Wo = 1 + (H + 2 * pad - HH) // s, 1 + (W + 2 * pad - WW) // s
    out = np.zeros((N, F, Ho, Wo))
    for i in range(Ho):
        for j in range(Wo):
            win = xp[:, :, i * s:i * s + HH, j * s:j * s + WW]
            out[:, :, i, j] = np.einsum("nchw,fchw->nf", win, w) + b
    return out, (x, w, b, conv_param)
def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    s, pad = conv_param["stride"], conv_param["pad"]
    F, _, HH, WW = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            win = xp[:, :, i * s:i * s + HH, j * s:j * s + WW]
            dw += np.einsum("nf,nchw->fchw", dout[:, :, i, j], win)
            dxp[:, :, i * s:i * s + HH, j * s:j * s + WW] += np.einsum(
                "nf,fchw->nchw", dout[:, :, i, j], w)
    dx = dxp[:, :, pad:-pad, pad:-pad]
    return dx, dw, dout.sum((0, 2, 3))
"""


def test_what_is_empty_is_wrong_where_it_became_empty(tmp_path: Path) -> None:
    path = tmp_path / "conv.py"
    path.write_text(CROPPED, encoding="utf-8")
    project = open_project(str(path))
    [(row, variant)] = rows_named(EVERY, "conv")
    zeros = {"x": np.zeros((2, 1, 1, 1)), "w": np.zeros((1, 1, 1, 1)), "b": np.zeros(1)}
    report = debug_subject(
        project,
        of_row(project, row, variant),
        suspect={**zeros, "conv_param": {"stride": 1, "pad": 0}},
        make_runner=InProcess,
    )
    assert report.verdict.startswith("line 27: dx is the first wrong step"), report.verdict
