"""What is said of single lines agrees with the verdict and with the marks of other lines."""

from __future__ import annotations

from pathlib import Path

from properties.steps import Report, debug_all
from properties.steps.evidence.explain import _as_factor
from properties.steps.rewrite.session import InProcess

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


def attend_forward(q, k):
    """q: (T, D), k: (T, D)"""
    e = np.exp(q @ k.T)
    p = e / e.sum(axis=-1, keepdims=True)
    return p, (q, k, p)


def attend_backward(dp, cache):
    q, k, p = cache
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True))
    dq = ds @ k
    dk = ds @ q
    return dq, dk
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


def test_no_line_that_is_shown_as_right_is_said_not_to_be_judged(tmp_path: Path) -> None:
    report = told(tmp_path, ATTENTION)
    assert report.verdict.startswith("line 15: dk is the first wrong step"), report.verdict
    right = {step.line for step in report.steps if step.status == "right"}
    assert 13 not in right or "line 13 feeds" not in report.verdict, report.verdict


def test_a_factor_keeps_its_brackets() -> None:
    assert _as_factor("var + 0.001") == "(var + 0.001)"
    assert _as_factor("np.exp(x + 1)") == "np.exp(x + 1)"
