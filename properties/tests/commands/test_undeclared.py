"""``nndl check`` on code that nobody declared: exit codes, and nothing in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from properties.commands import undeclared
from properties.commands.beside import how_to_declare
from properties.commands.check import check
from properties.commands.undeclared import Undeclared
from properties.discovery.found import NotJudged
from properties.implementation import Target

RIGHT = """
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))
"""


def run(tmp_path: Path, source: str, *options: str) -> Result:
    file = tmp_path / "own.py"
    file.write_text(source, encoding="utf-8")
    return CliRunner().invoke(check, [str(file), "--profile", "quick", *options])


def test_right_code_exits_0_and_shows_the_inputs(tmp_path: Path) -> None:
    result = run(tmp_path, RIGHT)
    assert result.exit_code == 0, result.output
    assert "sigmoid_prime of sigmoid, inputs z: (N, D) (from the code): right" in result.output


def test_wrong_code_exits_1_and_names_function_and_gradient(tmp_path: Path) -> None:
    result = run(tmp_path, RIGHT.replace("(1 - sigmoid(z))", "(1 + sigmoid(z))"))
    assert result.exit_code == 1, result.output
    assert "sigmoid_prime" in result.output
    assert "the derivative with respect to z is" in result.output


def test_what_cannot_be_judged_is_said_and_exits_2(tmp_path: Path) -> None:
    result = run(tmp_path, "def g_backward(dout, cache):\n    return dout\n")
    assert result.exit_code == 2, result.output
    assert "g_backward: not judged" in result.output
    assert "nndl steps" in result.output


def test_a_file_without_any_derivative_exits_2_and_shows_what_to_write(tmp_path: Path) -> None:
    result = run(tmp_path, "x = 1\n")
    assert result.exit_code == 2, result.output
    assert "--forward NAME --backward NAME" in result.output


def test_what_stands_beside_the_contract_is_judged_too(tmp_path: Path) -> None:
    contract = """
def relu_forward(x):
    return np.maximum(x, 0), x

def relu_backward(dout, cache):
    return dout * (cache > 0)
"""
    source = RIGHT.replace("(1 - sigmoid(z))", "(1 + sigmoid(z))") + contract
    result = run(tmp_path, source, "--json", str(tmp_path / "record.json"))
    assert result.exit_code == 1, result.output
    record = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    told = {entry["name"]: entry["status"] for entry in record["functions"]}
    assert told["relu_backward"] == "pass"
    assert told["sigmoid_prime"] == "fail"
    (entry,) = [entry for entry in record["functions"] if entry["name"] == "sigmoid_prime"]
    assert entry["inputs"] == "z: (N, D)"


def test_declared_inputs_are_used(tmp_path: Path) -> None:
    result = run(tmp_path, RIGHT, "--inputs", "z: (3,)")
    assert result.exit_code == 0, result.output
    assert "inputs z: (3,) (from --inputs): right" in result.output


def test_inputs_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    result = run(tmp_path, RIGHT, "--inputs", "z (3,)")
    assert result.exit_code == 2
    assert "--inputs" in result.output


def test_inputs_that_nothing_takes_are_refused_with_what_there_is(tmp_path: Path) -> None:
    result = run(tmp_path, RIGHT, "--inputs", "z: (3,), q: (3,)")
    assert result.exit_code == 2
    assert "takes q; the arguments are z" in " ".join(result.output.split())


CELL = """
import numpy as np

class Cell:
    def __init__(self, d, h):
        self.W = np.random.randn(d + h, h)

    def forward(self, x, h):
        self.xh, self.d = np.concatenate([x, h], 1), x.shape[1]
        return self.xh @ self.W

    def backward(self, grad):
        self.dW, dxh = self.xh.T @ grad, grad @ self.W.T
        return dxh[:, : self.d], dxh[:, self.d :]
"""


def test_a_class_and_its_forward_say_what_both_take(tmp_path: Path) -> None:
    again = run(tmp_path, CELL, "--inputs", "d: D, h: H, x: (N, D), h: (N, H)")
    assert again.exit_code == 2
    assert "told in nndl.toml" in again.output
    said = '[inputs]\n"Cell" = "d: D, h: H"\n"Cell.forward" = "x: (N, D), h: (N, H)"\n'
    untold = run(tmp_path, CELL)
    assert untold.exit_code == 0, untold.output
    (tmp_path / "nndl.toml").write_text(said, encoding="utf-8")
    result = run(tmp_path, CELL)
    assert result.exit_code == 0, result.output
    assert "from [tool.nndl]" in " ".join(result.output.split())


def test_a_name_of_the_contract_with_another_signature_is_judged_as_it_is(tmp_path: Path) -> None:
    own = """
def relu(Z):
    return np.maximum(0, Z), Z

def relu_backward(dA, cache):
    return np.where(cache > 0, dA, 0)

def affine_forward(x):
    return 3 * x, None

def affine_backward(dout, cache):
    return 3 * dout
"""
    result = run(tmp_path, RIGHT + own)
    assert result.exit_code == 0, result.output
    assert "relu_backward of relu" in result.output
    assert "affine_backward of affine_forward" in result.output
    result = run(tmp_path, RIGHT + own.replace("return 3 * dout", "return 2 * dout"))
    assert result.exit_code == 1, result.output


def test_a_notebook_is_a_target_and_lines_are_those_of_its_cells(tmp_path: Path) -> None:
    sources = [
        "%matplotlib inline\nimport numpy as np\n!pip list",
        "def square(x):\n    return x ** 2\n\ndef square_grad(x):\n    return 3 * x\n\nsquare?",
        "%%bash\nls",
    ]
    cells = [{"cell_type": "code", "source": text, "metadata": {}} for text in sources]
    file = tmp_path / "own.ipynb"
    file.write_text(json.dumps({"nbformat": 4, "cells": cells}), encoding="utf-8")
    result = CliRunner().invoke(check, [str(file), "--profile", "quick"])
    assert result.exit_code == 1, result.output
    assert "square_grad of square (cell 2, line 4)" in result.output


TWO = RIGHT + "\ndef cube(x):\n    return x ** 3\n\ndef cube_prime(x):\n    return 2 * x ** 2\n"


def test_only_selects_what_is_found_by_its_name(tmp_path: Path) -> None:
    result = run(tmp_path, TWO, "--only", "sigmoid_prime")
    assert result.exit_code == 0, result.output
    assert "cube" not in result.output
    assert run(tmp_path, TWO, "--only", "cube_prime").exit_code == 1
    result = run(tmp_path, TWO, "--only", "nothing")
    assert result.exit_code == 2
    assert "cube_prime" in result.output


def test_what_is_required_and_not_judged_is_an_error(tmp_path: Path) -> None:
    source = RIGHT + "\ndef g_backward(dout, cache):\n    return dout\n"
    assert run(tmp_path, source).exit_code == 0
    assert run(tmp_path, source, "--require", "g_backward").exit_code == 1
    assert run(tmp_path, source, "--require", "sigmoid_prime").exit_code == 0


def test_the_example_that_is_shown_is_the_smallest(tmp_path: Path) -> None:
    run(tmp_path, TWO, "--json", str(tmp_path / "record.json"))
    record = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    (wrong,) = [one for one in record["functions"] if one["status"] == "fail"]
    (told,) = wrong["properties"]
    assert told["inputs"]["x"]["shape"] == [1, 1]
    assert told["inputs"]["x"]["data"] in ([[1.0]], [1.0])
    assert "--only cube_prime" in told["repeat"]


def test_why_shows_how_it_was_called_and_how_far_off_it_is(tmp_path: Path) -> None:
    result = run(tmp_path, TWO, "--why", "cube_prime")
    assert result.exit_code == 1, result.output
    assert "called: cube_prime(x)" in result.output
    assert "the derivative of every entry" in result.output
    assert "dual" in result.output


def test_list_names_what_a_file_derives_without_running_it(tmp_path: Path) -> None:
    result = run(tmp_path, "raise SystemExit\n" + TWO, "--list")
    assert result.exit_code == 0, result.output
    assert "cube_prime of cube" in result.output


def test_two_processes_say_what_one_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = TWO + "\ndef line(x):\n    return 4 * x\n\ndef line_prime(x):\n    return 4 + 0 * x\n"
    told = []
    for count in (1, 2):
        monkeypatch.setattr(undeclared, "processors", lambda count=count: count)
        run(tmp_path, source, "--json", str(tmp_path / "record.json"))
        record = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
        told.append([(f["name"], f["status"], f["detail"]) for f in record["functions"]])
    assert told[0] == told[1]
    assert len(told[0]) == 3


@pytest.mark.slow
def test_a_function_that_hangs_does_not_hide_the_others(tmp_path: Path) -> None:
    source = """
def stuck(x):
    while True:
        x = x + 1

def stuck_prime(x):
    return x
"""
    result = run(tmp_path, source + RIGHT)
    assert "✔ sigmoid_prime" in result.output
    assert "stuck_prime: not judged" in result.output


def test_each_wrong_gradient_is_told_once(tmp_path: Path) -> None:
    source = """
import numpy as np

class Both:
    def loss(self, u, v):
        self.u, self.v = u, v
        return np.sum(np.sin(u) * np.exp(v))

    def backward(self):
        return np.cos(self.u), np.sin(self.u)
"""
    said = " ".join(run(tmp_path, source).output.split())
    for name in "uv":
        assert said.count(f"the derivative with respect to {name} is") == 1


@pytest.mark.parametrize(
    ("handed", "said"),
    [
        ("return forward, backward", "✔ make.backward of make.forward"),
        ("forward.back = backward", "make.backward: not judged"),
    ],
)
def test_a_derivative_that_a_function_makes_is_not_passed_over(
    tmp_path: Path, handed: str, said: str
) -> None:
    source = f"""
def make(w):
    def forward(x):
        return w * x
    def backward(dout):
        return w * dout
    {handed}
"""
    result = run(tmp_path, RIGHT + source)
    assert said in result.output
    inner = source.replace(handed, "return backward(forward(w))")
    assert "make.backward" not in run(tmp_path, RIGHT + inner).output


def test_a_helper_of_what_is_judged_is_no_open_question(tmp_path: Path) -> None:
    source = """
import numpy as np


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return _masked_grad(dout, cache, mode="zero")


def _masked_grad(dout, cache, mode):
    return dout * {"zero": cache > 0}[mode]
"""
    said = " ".join(run(tmp_path, source, "--only", "relu,_masked_grad").output.split())
    assert "_masked_grad: not judged: judged as a part of relu_backward" in said
    alone = run(tmp_path, source.replace("return _masked_grad", "return dout * (cache > 0)  #"))
    assert "judged as a part" not in alone.output


def test_inputs_that_failed_are_a_form_and_no_command_to_copy() -> None:
    refused = NotJudged("f", "no inputs were found that f accepts", "--inputs 'q: (N, D)'")
    assert refused.sentence.endswith("; say what it takes, as in --inputs 'q: (N, D)'")
    target = Target("file", Path("a.py"), "a.py", Path("."))
    told = how_to_declare(Undeclared(target, [refused]))
    assert told == "say what it takes, in the form of: nndl check a.py --inputs 'q: (N, D)'"
