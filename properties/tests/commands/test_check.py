"""``nndl check`` as a user meets it: verdicts, exit codes, bad input, hostile code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from properties.commands.cli import main
from properties.tests.command_line import ROOT, check, nndl
from properties.tests.judging import RIGHT, entry_of, record_of
from properties.tests.nets.test_habits import patched
from properties.tests.slow import slow


def _file(folder: Path, text: str) -> Path:
    path = folder / "layers.py"
    path.write_text(text, encoding="utf-8")
    return path


@slow
def test_bundled_package_passes_strictly() -> None:
    answer = check("--strict", "bundled")
    assert answer.code == 0
    record = answer.record
    assert record["verdict"] == "pass"
    assert record["complete"]
    layers = [f for f in record["functions"] if "." not in f["name"]]
    assert {f["status"] for f in layers} == {"pass"}


def test_right_file_in_current_folder_passes(tmp_path: Path) -> None:
    _file(tmp_path, RIGHT)
    answer = check(cwd=tmp_path)
    assert answer.code == 0
    assert answer.statuses()["affine_backward"] == "pass"
    assert answer.statuses()["batchnorm_forward"] == "missing"
    assert "Checking the file" in answer.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["layers.py"]


@pytest.mark.parametrize(
    ("right", "wrong", "function", "argument"),
    [
        ("dout.sum(axis=0)", "dout.mean(axis=0)", "affine_backward", "db"),
        ("flat.T @ dout", "2 * flat.T @ dout", "affine_backward", "dw"),
        ("@ w + b", "@ w - b", "affine_forward", "out"),
        ("(cache > 0)", "(dout > 0)", "relu_backward", "dx"),
        ("np.maximum(x, 0)", "np.abs(x)", "relu_forward", "out"),
    ],
)
def test_planted_bug_is_found_where_it_is(
    tmp_path: Path, right: str, wrong: str, function: str, argument: str
) -> None:
    assert right in RIGHT
    record = record_of(_file(tmp_path, RIGHT.replace(right, wrong)), only="affine,relu")
    entry = entry_of(record, function)
    assert record["verdict"] == entry["status"] == "fail"
    found = [p for p in entry["properties"] if p["status"] == "fail" and p.get("script")]
    assert argument in {p.get("argument") for p in found}
    other = "relu_backward" if "affine" in function else "affine_backward"
    assert entry_of(record, other)["status"] == "pass"


def test_a_wrong_function_is_exit_code_1(tmp_path: Path) -> None:
    text = RIGHT.replace("dout.sum(axis=0)", "dout.mean(axis=0)")
    answer = check("--only", "affine,relu", str(_file(tmp_path, text)))
    assert answer.code == 1
    assert answer.statuses()["affine_backward"] == "fail"
    assert answer.statuses()["relu_backward"] == "pass"


def test_script_of_a_failure_runs_and_fails_when_pasted(tmp_path: Path) -> None:
    answer = check(str(_file(tmp_path, RIGHT.replace("dout.sum(axis=0)", "dout.mean(axis=0)"))))
    entry = next(f for f in answer.record["functions"] if f["name"] == "affine_backward")
    scripts = [p["script"] for p in entry["properties"] if p["name"].startswith("backward")]
    pasted = tmp_path / "pasted.py"
    pasted.write_text(scripts[0], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(pasted)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "AssertionError" in done.stderr


@slow
def test_script_of_a_numerical_failure_repeats_its_number(tmp_path: Path) -> None:
    text = RIGHT.replace("np.maximum(x, 0)", "x + x * x").replace(
        "dout * (cache > 0)", "dout * cache"
    )
    answer = check(str(_file(tmp_path, text)))
    entry = next(f for f in answer.record["functions"] if f["name"] == "relu_backward")
    found = next(p for p in entry["properties"] if p["name"] == "numerical_derivative")
    pasted = tmp_path / "pasted.py"
    pasted.write_text(found["script"], encoding="utf-8")
    done = subprocess.run([sys.executable, str(pasted)], capture_output=True, text=True, check=True)
    got, numerical = (float(line.split()[-1]) for line in done.stdout.splitlines())
    assert got == pytest.approx(found["got"])
    assert numerical == pytest.approx(found["wanted"], rel=1e-5)


@slow
def test_hang_exit_and_memory_are_errors_and_the_rest_is_judged(tmp_path: Path) -> None:
    text = RIGHT + (
        "import os\n"
        "def svm_loss(x, y):\n    while True: pass\n"
        "def softmax_loss(x, y):\n    os._exit(0)\n"
        "def autoencoder_loss(W, x):\n"
        "    a = []\n"
        "    while True: a.append(np.ones(10**7))\n"
    )
    answer = check(str(_file(tmp_path, text)))
    assert answer.code == 1
    statuses = answer.statuses()
    for name in ("svm_loss", "softmax_loss", "autoencoder_loss"):
        assert statuses[name] == "error"
    assert statuses["affine_backward"] == "pass"
    assert answer.record["complete"]


def test_backward_right_for_its_own_wrong_forward_passes(tmp_path: Path) -> None:
    text = RIGHT.replace("@ w + b", "@ w * 3 + b").replace(
        "return (dout @ w.T).reshape(x.shape), flat.T @ dout",
        "return (3 * dout @ w.T).reshape(x.shape), 3 * flat.T @ dout",
    )
    record = record_of(_file(tmp_path, text), only="affine")
    forward, backward = record["functions"]
    assert (forward["status"], backward["status"]) == ("fail", "pass")
    assert "own forward" in backward["detail"]


def test_strict_counts_manners(tmp_path: Path) -> None:
    text = RIGHT.replace("    return dout * (cache > 0)", "    dout[cache <= 0] = 0; return dout")
    path = _file(tmp_path, text)
    assert record_of(path, only="relu")["verdict"] == "pass"
    record = record_of(path, only="relu", strict=True)
    assert record["verdict"] == "fail"
    assert "robustness: changes dout" in entry_of(record, "relu_backward")["findings"]


def test_dropout_reading_is_found_and_can_be_demanded(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        "import numpy as np\n"
        "def dropout_forward(x, dropout_param):\n"
        "    p, mode = dropout_param['p'], dropout_param['mode']\n"
        "    rng = np.random.default_rng(dropout_param.get('seed'))\n"
        "    mask = None\n"
        "    if mode == 'train':\n"
        "        mask = (rng.random(x.shape) < p) / p\n"
        "        return x * mask, (dropout_param, mask)\n"
        "    return x, (dropout_param, mask)\n"
        "def dropout_backward(dout, cache):\n"
        "    param, mask = cache\n"
        "    return dout * mask if param['mode'] == 'train' else dout\n",
    )
    record = record_of(path, only="dropout")
    assert record["verdict"] == "pass"
    assert any("kept" in finding for finding in record["functions"][0]["findings"])
    assert record_of(path, only="dropout", dropout_p="keep")["verdict"] == "pass"
    assert record_of(path, only="dropout", dropout_p="drop")["verdict"] == "fail"


@slow
def test_missing_fails_when_required(tmp_path: Path) -> None:
    path = str(_file(tmp_path, RIGHT))
    assert check("--only", "affine,svm", path).code == 0
    assert check("--only", "affine,svm", "--require", "svm", path).code == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["nowhere"], ["nowhere", "Wanted"]),
        (["empty"], ["empty", "Wanted"]),
        (["broken.py"], ["broken.py", "does not parse", "line 1"]),
        (["--only", "afine", "layers.py"], ["--only", "afine", "affine"]),
        (["--json", "no/such.json", "layers.py"], ["--json", "no"]),
        (["--specs", "none.py", "layers.py"], ["--specs", "none.py"]),
        (["--why", "f", "broken.py"], ["broken.py", "does not parse"]),
        (["--list", "broken.py"], ["broken.py", "does not parse"]),
        (["--json", "-", "--sarif", "-", "layers.py"], ["--json and --sarif", "standard output"]),
    ],
)
def test_bad_input_is_named_without_a_traceback(
    tmp_path: Path, args: list[str], words: list[str]
) -> None:
    _file(tmp_path, RIGHT)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.py").write_text("def affine_forward(x, w, b:\n", encoding="utf-8")
    answer = nndl("check", *args, cwd=tmp_path)
    assert answer.code == 2
    for word in words:
        assert word in answer.err
    assert "Traceback" not in answer.err + answer.out


def test_other_peoples_pytest_settings_have_no_say(tmp_path: Path) -> None:
    _file(tmp_path, RIGHT.replace("dout.sum(axis=0)", "dout.mean(axis=0)"))
    (tmp_path / "conftest.py").write_text("raise SystemExit(0)\n", encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n", encoding="utf-8")
    assert check("--only", "affine", cwd=tmp_path).code == 1


@slow
def test_same_seed_same_record(tmp_path: Path) -> None:
    path = str(_file(tmp_path, RIGHT.replace("(cache > 0)", "(cache > 1)")))
    first, second = (check("--only", "relu", "--seed", "7", path).record for _ in range(2))
    for record in (first, second):
        record.pop("elapsed"), record.pop("seconds")
    assert json.dumps(first) == json.dumps(second)


SPECS = """
import numpy as np
from hypothesis import strategies as st
from properties import Case, LayerSpec, Purpose

def cases(purpose):
    if purpose not in (Purpose.ORDINARY, Purpose.SMOOTH):
        return None
    def make(n, seed):
        rng = np.random.default_rng(seed)
        return Case(args={"x": rng.standard_normal(n)}, dout=rng.standard_normal(n))
    return st.builds(make, st.integers(1, 5), st.integers(0, 2**20))

TANH = LayerSpec(name="tanh", forward="tanh_forward", backward="tanh_backward", cases=cases,
                 differentiable=("x",), batched=("x",))
"""


@pytest.mark.parametrize(("formula", "code"), [("1 - out**2", 0), ("1 - out", 1)])
def test_layer_of_ones_own_needs_no_reference(tmp_path: Path, formula: str, code: int) -> None:
    specs = tmp_path / "specs.py"
    specs.write_text(SPECS, encoding="utf-8")
    path = _file(
        tmp_path,
        "import numpy as np\n"
        "def tanh_forward(x):\n    out = np.tanh(x); return out, out\n"
        f"def tanh_backward(dout, out):\n    return dout * ({formula})\n",
    )
    answer = check("--only", "tanh", "--specs", str(specs), str(path))
    assert answer.code == code, answer.err
    assert answer.statuses()["tanh_backward"] == ("pass" if code == 0 else "fail")


def test_runs_as_plain_pytest_on_any_target(tmp_path: Path) -> None:
    path = _file(tmp_path, RIGHT.replace("dout.sum(axis=0)", "dout.mean(axis=0)"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--impl={path}",
         "-k", "affine and not affine_relu and not batchnorm"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "affine_backward: db" in done.stdout
    assert "properties/tests" not in done.stdout


def test_table_holds_gradients_against_numerical_derivatives(tmp_path: Path) -> None:
    text = RIGHT.replace("flat.T @ dout", "2 * flat.T @ dout")
    answer = nndl("check", "--only", "affine", "--table", str(_file(tmp_path, text)))
    rows = [line.split() for line in answer.out.splitlines() if line.startswith("dw ")]
    assert any(row[1] == "2" for row in rows), answer.out


@slow
def test_why_shows_what_each_oracle_saw(tmp_path: Path) -> None:
    answer = nndl("check", "--profile", "quick", "--why", "affine_backward", cwd=tmp_path)
    assert answer.code == 0
    for word in ("backward matches reference", "error / allowed", "central difference"):
        assert word in answer.out


@slow
def test_why_says_what_a_function_lacks(tmp_path: Path) -> None:
    skeleton = RIGHT.split("def affine_backward")[0] + (
        "def affine_backward(dout, cache):\n    pass\n"
    )
    path = str(_file(tmp_path, skeleton))
    answer = nndl("check", "--profile", "quick", "--why", "affine_backward", path)
    assert "Nothing could judge affine_backward: a skeleton: it returns None." in answer.out
    answer = nndl("check", "--profile", "quick", "--why", "affine_forward", path)
    assert "over 60 ordinary cases" in " ".join(answer.out.split())
    assert "see --why affine_backward" in answer.out
    answer = nndl("check", "--why", "affine", path)
    assert answer.code == 2
    assert "there is no function 'affine'" in answer.err


def test_concise_prints_what_an_editor_reads_and_nothing_else(tmp_path: Path) -> None:
    _file(tmp_path, RIGHT.replace("dout.sum(axis=0)", "dout.mean(axis=0)"))
    answer = nndl("check", "--profile", "quick", "--concise", "layers.py", cwd=tmp_path)
    assert answer.code == 1
    assert answer.out.startswith("layers.py:8:1: wrong: affine_backward: db[0] is ")
    assert answer.out.endswith(" [averaged]\n")
    assert answer.out.count("\n") == 1


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("chek a.py", "check a.py"), ("layers.py --only relu", "check layers.py --only relu")],
)
def test_a_name_that_is_no_command_says_what_was_meant(asked: str, meant: str) -> None:
    answer = CliRunner().invoke(main, asked.split())
    assert answer.exit_code == 2
    assert f"did you mean: nndl {meant}\n" in answer.output


def test_a_class_without_its_module_is_the_row(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    options = ["bundled", "--only", "TwoLayerNet", "--profile", "quick", "--json", str(record)]
    assert CliRunner().invoke(main, ["check", *options]).exit_code == 0
    functions = json.loads(record.read_text(encoding="utf-8"))["functions"]
    assert {f["name"] for f in functions} == {"fc_net.TwoLayerNet", "neural_net.TwoLayerNet"}


def test_another_class_of_that_name_is_judged_too(tmp_path: Path) -> None:
    patched(tmp_path)
    (tmp_path / "own.py").write_text(
        "import numpy as np\n"
        "class TwoLayerNet:\n"
        "    def forward(self, x):\n        self.y = np.tanh(x)\n        return self.y\n"
        "    def backward(self, grad):\n        return grad * (1 - self.y)\n",
        encoding="utf-8",
    )
    options = [str(tmp_path), "--only", "TwoLayerNet", "--profile", "quick", "--no-steps"]
    answer = CliRunner().invoke(main, ["check", *options])
    assert answer.exit_code == 1
    assert "1 of 3 wrong: TwoLayerNet.backward" in answer.output
