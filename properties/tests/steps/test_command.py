"""The command: exit codes, the JSON record, functions that are not of the contract."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from properties.commands.steps import steps
from properties.tests.steps.zoo import styles

STYLES = {f"{one.layer}-{one.name}": one for one in styles()}


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(steps, [*arguments, "--in-process"])
    return result.exit_code, result.output


@pytest.fixture
def batchnorm(tmp_path: Path) -> Path:
    path = tmp_path / "layers.py"
    path.write_text(STYLES["batchnorm-graph"].text, encoding="utf-8")
    return path


def test_right_is_zero(batchnorm: Path) -> None:
    code, output = call(str(batchnorm), "batchnorm")
    assert code == 0, output
    assert "right: every returned gradient" in output


def test_wrong_is_one_and_the_record_names_the_line(batchnorm: Path, tmp_path: Path) -> None:
    text = batchnorm.read_text(encoding="utf-8")
    line = text.splitlines().index("    dvar = 0.5 * 1. / np.sqrt(var + eps) * dsqrtvar") + 1
    batchnorm.write_text(text.replace("dvar = 0.5 *", "dvar ="), encoding="utf-8")
    record_file = tmp_path / "record.json"
    code, output = call(str(batchnorm), "batchnorm_backward", "--json", str(record_file))
    assert code == 1, output
    record = json.loads(record_file.read_text(encoding="utf-8"))
    assert record["schema"] == 1
    assert record["first_wrong"] == {"line": line, "name": "dvar"}
    assert [m["line"] for m in record["mistakes"]] == [line]
    [step] = [s for s in record["steps"] if s["name"] == "dvar"]
    assert step["status"] == "wrong"
    assert step["ratio"] == pytest.approx(2.0)
    assert "2.000 × the right value" in step["cause"]
    assert np.prod(list(record["case"]["sizes"].values())) <= 4


@pytest.mark.parametrize(
    "arguments",
    [
        ("no/such/place", "batchnorm"),
        ("{file}", "convolution"),
        ("{file}", "affine"),
        ("{file}", "--backward", "batchnorm_backward"),
        ("{file}", "--forward", "nothing", "--inputs", "x: (2, 3)"),
        ("{file}", "--forward", "batchnorm_forward", "--inputs", "x (2, 3)"),
    ],
)
def test_unusable_options_are_two(batchnorm: Path, arguments: tuple[str, ...]) -> None:
    code, _ = call(*[a.replace("{file}", str(batchnorm)) for a in arguments])
    assert code == 2


OWN = """
import numpy as np

def scale(x, w):
    s = x * w
    t = np.tanh(s)
    return t, (x, w, t)

def scale_backward(dout, cache):
    x, w, t = cache
    ds = dout * (1 - t ** 2)
    dx = ds * w
    dw = (ds * x).sum(0)
    return dx, dw

def loss(x, y):
    e = np.exp(x)
    p = e / e.sum(1, keepdims=True)
    value = -np.log(p[np.arange(len(y)), y]).mean()
    dx = p.copy()
    dx[np.arange(len(y)), y] -= 1
    return value, dx
"""


def test_own_functions_with_inputs(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(OWN, encoding="utf-8")
    code, output = call(
        str(path),
        "--forward",
        "scale",
        "--backward",
        "scale_backward",
        "--inputs",
        "x: (4, 3), w: (3,)",
    )
    assert code == 0, output
    path.write_text(OWN.replace("1 - t ** 2", "1 - np.tanh(t) ** 2"), encoding="utf-8")
    code, output = call(
        str(path),
        "--forward",
        "scale",
        "--backward",
        "scale_backward",
        "--inputs",
        "x: (4, 3), w: (3,)",
    )
    assert code == 1
    assert "line 11: ds is the first wrong step" in output.replace("\n", " ")


def test_own_loss_without_backward(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(OWN, encoding="utf-8")
    code, output = call(
        str(path), "--forward", "loss", "--inputs", "x: (4, 3), y: labels(3)", "--json", "-"
    )
    assert code == 1, output
    record = json.loads(output[output.index("{") : output.rindex("}") + 1])
    assert record["mistakes"][0]["name"] == "dx"


def test_inputs_that_the_user_gives_do_not_make_a_small_error_right(tmp_path: Path) -> None:
    """What the lines cannot see is held against the open contract, which has a rounding bound."""
    file = tmp_path / "own.py"
    file.write_text(
        "import numpy as np\n\n\ndef f(x):\n    return np.tanh(x)\n\n\n"
        "def f_backward(dout, x):\n    return dout * (1 - np.tanh(x) ** 2) * (1 + 1e-8)\n",
        encoding="utf-8",
    )
    code, output = call(
        str(file), "--forward", "f", "--backward", "f_backward", "--inputs", "x: (N, D)"
    )
    assert code == 1, output


def test_the_inputs_of_the_project_are_those_of_the_steps(tmp_path: Path) -> None:
    table = '[tool.nndl]\ntarget = "mine.py"\n[tool.nndl.inputs]\nback = "q: (N, D), k: 3.0"\n'
    (tmp_path / "pyproject.toml").write_text(table, encoding="utf-8")
    text = "def front(q, k):\n    return q * k, k\ndef back(dq, k):\n    return dq * k * 2\n"
    file, record_file = tmp_path / "mine.py", tmp_path / "record.json"
    file.write_text(text, encoding="utf-8")
    names = ("--forward", "front", "--backward", "back", "--json", str(record_file))
    code, output = call(str(file), *names)
    assert code == 1, output
    record = json.loads(record_file.read_text(encoding="utf-8"))
    assert record["isolation"] == "none"
    assert set(record["case"]["values"]) == {"q", "k"}
    file.with_name("pyproject.toml").write_text(table.replace("k: 3.0", "l: 3"), encoding="utf-8")
    code, output = call(str(file), *names)
    assert code == 2
    assert "--inputs names l" in " ".join(output.split()), output
