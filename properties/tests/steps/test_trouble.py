"""What cannot be judged: no source, skeletons, code that raises or hangs; the exit codes."""

from __future__ import annotations

import json
import py_compile
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from properties.commands.steps import exit_code, steps
from properties.steps.values import Report, Step, Trouble

RELU = """
import numpy as np

def relu_forward(x):
    return np.maximum(x, 0), x

def relu_backward(dout, cache):
    dx = dout * (cache > 0)
    return dx
"""


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(steps, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, " ".join(result.output.split())


def write(folder: Path, text: str, name: str = "layers.py") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


# without source -----------------------------------------------------------------------------
EXECUTED = """
import numpy as np
exec("def relu_forward(x):\\n    return np.maximum(x, 0), x")

def make(factor):
    def back(dout, cache):
        return factor * dout * (cache > 0)
    return back

relu_backward = make(FACTOR)
"""


@pytest.mark.parametrize(
    ("factor", "code", "said"),
    [("1", 0, "right: every returned gradient"), ("2", 1, "2.000 × the right value")],
)
def test_without_source_the_returned_gradients_are_judged(
    tmp_path: Path, factor: str, code: int, said: str
) -> None:
    target = write(tmp_path, EXECUTED.replace("FACTOR", factor))
    got, output = call(target, "relu")
    assert (got, said in output) == (code, True), output
    assert "the source of relu_backward cannot be read" in output
    assert "Traceback" not in output


def test_own_functions_without_source(tmp_path: Path) -> None:
    target = write(tmp_path, "import numpy as np\nsquare = lambda: 0\n" + _BUILTINS)
    code, output = call(target, "--forward", "f", "--backward", "g", "--inputs", "x: (N, D)")
    assert code == 0, output
    code, output = call(target, "--forward", "f", "--backward", "h", "--inputs", "x: (N, D)")
    assert code == 1, output


_BUILTINS = """
from functools import partial

def _power(k, x):
    return x ** k, x

def _power_back(k, dout, cache):
    return k * dout * cache ** (k - 1)

f = partial(_power, 3)
g = partial(_power_back, 3)
h = partial(_power_back, 2)
"""


def test_a_compiled_module_has_no_source(tmp_path: Path) -> None:
    source = write(tmp_path, RELU)
    compiled = tmp_path / "compiled"
    compiled.mkdir()
    py_compile.compile(source, cfile=str(compiled / "layers.pyc"), doraise=True)
    for target in (compiled / "layers.pyc", compiled):
        code, output = call(str(target), "relu")
        assert code == 0, output
        assert "no line was judged" in output


def test_what_is_nowhere_is_unusable(tmp_path: Path) -> None:
    target = write(tmp_path, RELU)
    code, output = call(target, "affine")
    assert code == 2
    assert "has no affine_forward" in output


# code that does not return ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("backward", "code", "said"),
    [
        ("raise ValueError('no')", 1, "relu_backward: raises ValueError: no (line 8)"),
        ("return np.ones(3) @ np.ones(4)", 1, "(line 8)"),
        ("pass", 2, "relu_backward is a skeleton"),
        ("raise NotImplementedError", 2, "relu_backward is a skeleton"),
        ("sys.exit(0)", 1, "error: relu_backward"),
    ],
)
def test_a_backward_that_returns_nothing(
    tmp_path: Path, backward: str, code: int, said: str
) -> None:
    text = RELU.replace("    dx = dout * (cache > 0)\n    return dx", f"    {backward}")
    target = write(tmp_path, text.replace("import numpy", "import sys, numpy"))
    record_file = tmp_path / "record.json"
    got, output = call(target, "relu", "--json", str(record_file))
    assert (got, said in output) == (code, True), output
    record = json.loads(record_file.read_text(encoding="utf-8"))
    assert record["first_wrong"] is None
    assert record["trouble"]["function"] == "relu_backward"
    assert record["case"]["values"]["x"]["shape"] == [4, 3]


def test_a_backward_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from properties.steps.rewrite import session

    monkeypatch.setattr(session, "_FEW_SECONDS", 1.0)
    target = write(tmp_path, RELU.replace("    dx = ", "    while True: pass\n    dx = "))
    code, output = call(target, "relu")
    assert code == 1, output
    assert "relu_backward: still running after 1 s" in output


def test_a_file_with_a_syntax_error(tmp_path: Path) -> None:
    target = write(tmp_path, RELU.replace("def relu_backward(", "def relu_backward(("))
    code, output = call(target, "relu")
    assert code == 2
    assert "does not parse, line 7" in output


def test_a_forward_that_does_not_fit_the_inputs(tmp_path: Path) -> None:
    text = "def f(x, w):\n    return x @ w, (x, w)\n\ndef b(dout, cache):\n    return dout, dout\n"
    target = write(tmp_path, text)
    arguments = (target, "--forward", "f", "--backward", "b", "--inputs")
    code, output = call(*arguments, "x: (4, 3), w: (5, 2)")
    assert code == 2, output
    assert "f: raises ValueError" in output
    for inputs, said in [
        ("x: (4, 3)", "says nothing of w, which f needs"),
        ("x: (4, 3), v: (3,)", "names v, but f takes x, w"),
    ]:
        code, output = call(*arguments, inputs)
        assert (code, said in output) == (2, True), output


def test_a_folder_half_done_passes(tmp_path: Path) -> None:
    target = write(
        tmp_path,
        RELU + "\ndef affine_forward(x, w, b):\n    pass\n"
        "\ndef affine_backward(dout, cache):\n    pass\n",
    )
    code, output = call(target)
    assert code == 0, output
    assert "affine_forward is a skeleton" in output


@pytest.mark.parametrize(
    "arguments",
    [
        ("--json", "no/such/folder/record.json"),
        ("--seed", "-1"),
        ("--specs", "no_such_file.py"),
    ],
)
def test_options_that_cannot_be_used(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, output = call(write(tmp_path, RELU), "relu", *arguments)
    assert code == 2
    assert arguments[0] in output


def test_a_layer_without_a_target() -> None:
    code, output = call("batchnorm")
    assert code == 2
    assert "name the target first, as in 'nndl steps FOLDER batchnorm'" in output


def test_the_record_alone_is_on_standard_output(tmp_path: Path) -> None:
    text = RELU.replace("dx = dout", "print('noise')\n    dx = 2 * dout")
    result = CliRunner().invoke(steps, [write(tmp_path, text), "relu", "--json", "-"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["mistakes"][0]["line"] == 9


# exit codes ---------------------------------------------------------------------------------
def report(status: str = "", trouble: str = "", function: str = "back") -> Report:
    gradients = (Step(1, "", "x", status, ""),) if status else ()  # type: ignore[arg-type]
    why = Trouble(function, trouble, "") if trouble else None
    return Report(
        "t", "l", "fore", "back", "f", (), (), (), "", None, gradients=gradients, trouble=why
    )


RIGHT, WRONG, NOTHING = report("right"), report("wrong"), report("not judged")
RAISED, SKELETON = report(trouble="raised"), report(trouble="missing")


@pytest.mark.parametrize(
    ("reports", "code"),
    [
        ([RIGHT], 0),
        ([WRONG], 1),
        ([RAISED], 1),
        ([NOTHING], 2),
        ([SKELETON], 2),
        ([], 2),
        ([RIGHT, SKELETON], 0),
        ([RIGHT, NOTHING], 2),
        ([NOTHING, WRONG], 1),
        ([RIGHT, RAISED], 1),
    ],
)
def test_exit_codes(reports: list[Report], code: int) -> None:
    assert exit_code(reports) == code


def test_what_cannot_be_judged_is_no_pass() -> None:
    assert exit_code([RIGHT], ["net: ..."]) == 2
    assert exit_code([report(trouble="raised", function="fore")], own_inputs=True) == 2
    assert exit_code([RAISED], own_inputs=True) == 1


def test_nothing_of_ours_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = write(tmp_path, RELU.replace("dx = dout", "dx = 2 * dout"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "layers", raising=False)  # of another test, in this process
    call(target, "relu")
    left = sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__")
    assert left == ["layers.py"]
    assert "layers" not in sys.modules


@pytest.mark.skipif(sys.platform == "win32", reason="files with holes")
def test_what_is_called_as_code_and_is_none_is_not_copied(tmp_path: Path) -> None:
    path = write(tmp_path, RELU.replace("* (cache > 0)", "* (cache > 0) * 1.5"))
    (tmp_path / "folder.py").mkdir()
    with (tmp_path / "holes.py").open("wb") as file:
        file.truncate(1 << 40)
    code, said = call(path, "relu")
    assert code == 1, said
    assert "first wrong step" in said
