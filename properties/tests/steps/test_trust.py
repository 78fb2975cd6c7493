"""What may be trusted: nothing unseen is right, nothing right is blamed, however it is called."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from properties.commands.steps import steps
from properties.steps import Report, debug
from properties.steps.rewrite.session import InProcess

from .trust_cases import CASES, LOCAL_DERIVATIVE, MEAN_TAKEN_LATE, PAIR


def judged(folder: Path, text: str, **asked: object) -> Report:
    path = folder / "mine.py"
    path.write_text(text, encoding="utf-8")
    return debug(str(path), make_runner=InProcess, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", list(CASES))
def test_right_is_right_and_the_wrong_line_is_named(tmp_path: Path, name: str) -> None:
    text, asked, was, now = CASES[name]
    right = judged(tmp_path, text, **asked)
    assert right.outcome == "right", right.verdict
    assert [s for s in right.steps if s.status == "wrong"] == []
    assert text.count(was) == 1
    wrong = judged(tmp_path, text.replace(was, now), **asked)
    assert wrong.outcome == "wrong", wrong.verdict
    assert wrong.first_wrong is not None, wrong.verdict
    line = 1 + next(k for k, one in enumerate(text.splitlines()) if was in one)
    assert wrong.first_wrong.line == line, wrong.verdict


def test_a_right_gradient_is_not_blamed_for_the_mean_that_is_taken_late(tmp_path: Path) -> None:
    text = MEAN_TAKEN_LATE.replace("dw = dh @ x.T / m", "dw = dh @ x.T / m * 2")
    text = text.replace("keepdims=True) / m", "keepdims=True) / m * 4")
    inputs = "x: (D, m), w: (H, D), b: (H, 1), v: (1, H), y: (1, m)"
    report = judged(tmp_path, text, **PAIR, inputs=inputs)
    assert {m.name for m in report.mistakes} == {"dw", "db"}
    assert {s.name for s in report.steps if s.status == "wrong"} == {"dw", "db"}
    assert [m.line for m in report.mistakes] == sorted(m.line for m in report.mistakes)


@pytest.mark.parametrize("factor", ["1.0", "3.0"])
def test_what_belongs_to_no_input_is_never_right(tmp_path: Path, factor: str) -> None:
    text = (
        "import numpy as np\n\ndef f(x, w):\n    return x @ w, (x, w)\n\n"
        "def g(dout, cache):\n    x, w = cache\n    dx = dout @ w.T\n"
        f"    return dx, {factor} * np.outer(x.sum(0), dout.sum(1))\n"
    )
    report = judged(tmp_path, text, **PAIR, inputs="x: (N, D), w: (D, M)")
    assert report.outcome in ("nothing", "wrong")
    assert report.outcome == "wrong" or "belongs to no input" in report.verdict
    assert "right" not in {s.status for s in report.steps if s.name.startswith("returned")}


def test_an_argument_that_nothing_gives_is_said(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "def f(x, w):\n    return (x * w).sum()\n\n"
        "def g(x, w, scale, shift):\n    return w * scale + shift, x * scale\n",
        encoding="utf-8",
    )
    arguments = [str(path), "--forward", "f", "--backward", "g", "--inputs", "x: (N,), w: (N,)"]
    result = CliRunner().invoke(steps, [*arguments, "--in-process"])
    assert result.exit_code in (1, 2), result.output
    assert "Traceback" not in result.output
    assert "KeyError" not in result.output


def test_the_verdict_needs_no_time(tmp_path: Path) -> None:
    text = LOCAL_DERIVATIVE.replace("dw = (ds * x).sum(0)", "dw = (dt * x).sum(0)")
    report = judged(tmp_path, text, **PAIR, inputs="x: (N, D), w: (D,)", seconds=0.0)
    assert report.outcome == "wrong"
    assert any("--seconds gives more" in note for note in report.notes)


def test_names_with_an_asterisk_are_ours_alone(tmp_path: Path) -> None:
    text = (
        "def f(x, spread):\n    return x * spread, (x, spread)\n\n"
        "def g(dout, x, spread):\n    return dout * spread, dout * x\n"
    )
    report = judged(tmp_path, text, **PAIR, inputs="x: (N,), spread: (N,)")
    assert report.outcome == "right", report.verdict


DERIVATIVE_OF_THE_OUTPUT = """
import numpy as np

def nonlin(x, deriv=False):
    if deriv == True:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))

def train(X, y, w):
    l1 = nonlin(X @ w)
    return X.T @ ((y - l1) * nonlin(l1, True))
"""


def test_what_the_open_contract_calls_right_is_not_called_wrong(tmp_path: Path) -> None:
    asked = {"forward": "nonlin", "backward": "nonlin", "inputs": "x: (N, D)"}
    report = judged(tmp_path, DERIVATIVE_OF_THE_OUTPUT, **asked)
    assert report.outcome == "right", report.verdict
    assert report.mistakes == ()
    assert "wrong" not in {step.status for step in report.steps}
    wrong = DERIVATIVE_OF_THE_OUTPUT.replace("return x * (1 - x)", "return x * (1 + x)")
    assert judged(tmp_path, wrong, **asked).outcome == "wrong"


def test_a_layers_name_with_another_signature_is_no_such_layer(tmp_path: Path) -> None:
    text = (
        "def relu_forward(x, w):\n    return x * w, (x, w)\n\n"
        "def relu_backward(dout, cache):\n    x, w = cache\n    return dout * w, dout * x\n"
    )
    report = judged(tmp_path, text, forward="relu_forward", backward="relu_backward")
    assert report.outcome == "right", report.verdict
    assert {gradient.node for gradient in report.gradients} == {"x", "w"}
