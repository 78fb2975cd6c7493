"""`nndl check` names the first wrong line, or says why it cannot."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from properties.benchmarks.first_lines import judge, outcome, planted
from properties.commands import first_lines
from properties.commands.check import check
from properties.commands.first_lines import Asked, disagreement, look
from properties.commands.job import Job
from properties.spec.demands import Demands
from properties.tests.nets.test_habits import patched
from properties.tests.reports import samples
from properties.tests.slow import slow

_LONG = 600.0  # what is asked is the line; a busy machine takes longer than a run may
VARIANTS = Path(__file__).parents[1] / "homework" / "variants"
SQUASH = """import numpy as np


class Squash:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, grad):
        return grad * (1 - self.y)
"""


def job(target: str) -> Job:
    return Job(target=target, demands=Demands(profile="quick"), in_process=True)


def test_the_line_of_a_row_is_that_of_steps() -> None:
    asked = Asked(function="batchnorm_backward", row="batchnorm", arguments=frozenset({"x"}))
    found = look(asked, job(str(VARIANTS / "lost_half")), most=_LONG)
    assert found.outcome == "wrong"
    assert found.mistakes[0].around
    assert "dc = dd / d" in found.mistakes[0].around[2].text
    assert found.mistakes[0].better
    assert not found.disagrees


def test_a_wrong_function_that_nobody_declared_has_its_line(tmp_path: Path) -> None:
    file, record = tmp_path / "own.py", tmp_path / "record.json"
    file.write_text(SQUASH, encoding="utf-8")
    options = [str(file), "--profile", "quick", "--json", str(record)]
    result = CliRunner().invoke(check, options)
    assert result.exit_code == 1, result.output
    assert "First wrong line: own.py:10" in result.output
    assert "right with: return grad * (1 - self.y ** 2)" in result.output
    [listing] = json.loads(record.read_text(encoding="utf-8"))["listings"]
    assert listing["mistakes"][0]["line"] == 10
    assert listing["function"] == "Squash.backward"
    without = CliRunner().invoke(check, [*options, "--no-steps"])
    assert "First wrong line" not in without.output


def test_no_line_of_a_gradient_is_named_for_a_wrong_loss(tmp_path: Path) -> None:
    folder = patched(tmp_path, ("fc_net.py", "np.sum(W * W)", "np.sum(W)"))
    row = "fc_net.TwoLayerNet"  # by its own loss a right line of its gradients is wrong
    asked = Asked(function=row, row=row, arguments=frozenset({"W1"}), value="loss")
    found = look(asked, job(str(folder)), most=_LONG)
    assert not found.mistakes
    assert found.verdict == "its loss is wrong, and must be repaired first"


@slow
def test_the_planted_line_is_named_and_check_and_steps_agree() -> None:
    told = [outcome(*judge(one, style, most=600.0)) for one, style in planted(20, 11)]
    assert told.count("named") >= 19, told
    assert told.count("disagreement") <= 1, told


@pytest.mark.parametrize(
    ("names", "inputs", "forward", "wrong"),
    [
        ("x, y", "x: (N,), y: (N,)", "x ** 2 * y", "np.array([2 * x, x ** 2])"),
        ("p", "p: (2,)", "p[0] ** 2 * p[1]", "[2 * p[0] * p[1], p[0] ** 3]"),
        ("x", "x: ()", "np.exp(2 * x)", "3 * np.exp(2 * x)"),
    ],
    ids=["several arguments in one array", "a list of entries", "a number"],
)
def test_a_derivative_without_an_upstream_has_its_line(
    names: str, inputs: str, forward: str, wrong: str, tmp_path: Path
) -> None:
    file = tmp_path / "own.py"
    file.write_text(
        f"import numpy as np\n\n\ndef f({names}):\n    return {forward}\n\n\n"
        f"def df({names}):\n    return {wrong}\n",
        encoding="utf-8",
    )
    located = tuple(names.split(", "))
    asked = Asked(
        function="df",
        arguments=frozenset(located),
        forward="f",
        backward="df",
        inputs=inputs,
        located=located,
    )
    found = look(asked, job(str(file)), most=_LONG)
    assert [m.line for m in found.mistakes] == [9], found.verdict


def test_where_check_and_steps_disagree_it_is_said() -> None:
    found = samples.lines()
    asked = Asked(function="f", arguments=frozenset({"gamma"}))
    assert "gamma is wrong here, by its lines that of x" in disagreement(found, asked)
    assert not disagreement(found, Asked(function="f", arguments=frozenset({"x"})))
    right = replace(found, outcome="right", mistakes=())
    assert "the lines show nothing" in disagreement(right, asked)
    elsewhere = Asked(function="f", arguments=frozenset({"W1"}))
    assert "no line can be named: W1" in disagreement(right, elsewhere)


def test_what_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def forever(*_: object) -> None:
        time.sleep(60.0)

    monkeypatch.setattr(first_lines, "_debug", forever)
    monkeypatch.setattr(first_lines, "_MOST", 0.05)
    found = look(Asked(function="f", arguments=frozenset()), job("bundled"))
    assert found.verdict == "it was not found within 2 s"


def test_what_breaks_is_said_and_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("*spread")

    monkeypatch.setattr(first_lines, "_debug", broken)
    found = look(Asked(function="f", arguments=frozenset()), job("bundled"))
    assert "broke (KeyError" in found.verdict
