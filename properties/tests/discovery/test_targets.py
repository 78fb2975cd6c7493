"""Folders, packages and files of packages: everything of the author's own is searched."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from properties.commands.check import check
from properties.discovery.candidates import candidates
from properties.discovery.scanning import scan
from properties.implementation import resolve_target
from properties.implementation.packages import own_files, root_of

BASE = "class Layer:\n    def forward(self, x):\n        raise NotImplementedError\n"
DENSE = """
import numpy as np
from ...core.base import Layer


class Dense(Layer):
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(0)
        return dout @ self.W.T
"""
WRONG = "def cube(x):\n    return x ** 3\n\n\ndef cube_prime(x):\n    return 2 * x ** 2\n"
RELU = """
import numpy as np


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)
"""


@pytest.fixture(name="project")
def _project(tmp_path: Path) -> Path:
    files = {
        "pkg/__init__.py": "",
        "pkg/core/__init__.py": "",
        "pkg/core/base.py": BASE,
        "pkg/layers/__init__.py": "",
        "pkg/layers/dense/__init__.py": "",
        "pkg/layers/dense/dense.py": DENSE,
        "pkg/act.py": WRONG,
        "tests/test_act.py": "raise SystemExit(9)\n\n\ndef g_backward(dout):\n    return dout\n",
        "venv/lib/other.py": WRONG,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def run(target: Path, *options: str) -> Result:
    return CliRunner().invoke(check, [str(target), "--profile", "quick", *options])


def test_a_file_that_imports_from_two_levels_up_is_imported_under_its_full_name(
    project: Path,
) -> None:
    file = project / "pkg" / "layers" / "dense" / "dense.py"
    assert root_of(file) == project / "pkg"
    result = run(file)
    assert result.exit_code == 0, result.output
    assert "Dense.backward" in result.output


def test_a_package_begins_no_higher_than_its_imports_ask_for(project: Path) -> None:
    assert root_of(project / "pkg" / "act.py") is None
    assert resolve_target(str(project / "pkg" / "act.py")).root == project / "pkg"
    assert resolve_target(str(project / "pkg" / "layers" / "dense")).root == project / "pkg"


def test_every_module_of_a_folder_is_judged_and_what_is_left_out_is_said(project: Path) -> None:
    result = run(project)
    assert result.exit_code == 1, result.output
    assert "✘ cube_prime of cube" in result.output
    assert "✔ Dense.backward of Dense.forward" in result.output
    assert "tests/ (tests)" in result.output
    assert "venv/" in result.output
    assert "g_backward" not in result.output


def test_what_lies_beside_the_contract_in_a_folder_is_judged(tmp_path: Path) -> None:
    package = tmp_path / "nndl"
    package.mkdir()
    (package / "layers.py").write_text(RELU, encoding="utf-8")
    (tmp_path / "extras.py").write_text(WRONG, encoding="utf-8")
    result = run(tmp_path)
    assert result.exit_code == 1, result.output
    assert "cube_prime" in result.output
    assert "relu" in result.output


def test_functions_are_found_without_running_anything(project: Path) -> None:
    listed = candidates(scan(own_files(project).files))
    assert [one.name for one in listed] == ["cube_prime", "Dense.backward"]
    assert listed[1].pairings[0].forward.name == "forward"


def test_equal_names_in_two_modules_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(WRONG, encoding="utf-8")
    (tmp_path / "b.py").write_text(WRONG.replace("2 *", "3 *"), encoding="utf-8")
    result = run(tmp_path)
    assert "a.cube_prime" in result.output
    assert "✔ cube_prime of cube" in result.output or "b.cube_prime" in result.output
    assert result.exit_code == 1


def test_a_name_that_begins_with_a_d_is_no_gradient_for_it(tmp_path: Path) -> None:
    target = tmp_path / "mixed.py"
    target.write_text(
        "import numpy as np\n"
        "def kernel(X):\n"
        "    d2 = ((X[:, None] - X[None]) ** 2).sum(-1)\n"
        "    return np.exp(-d2), d2\n"
        "def run(x, W):\n"
        "    decoded = (x @ W) @ W.T\n"
        "    return x @ W, decoded\n"
        "def cost(W, x):\n"
        "    dW = x.T @ (x @ W)\n"
        "    return 0.5 * np.sum((x @ W) ** 2), dW\n",
        encoding="utf-8",
    )
    found = candidates(scan([target]))
    assert [one.name for one in found] == ["cost"]


def test_a_function_that_returns_an_empty_tuple_feeds_nobody(tmp_path: Path) -> None:
    target = tmp_path / "empty.py"
    target.write_text(
        "def nothing(x):\n    return ()\ndef out_backward(dout, cache):\n    return dout * cache\n",
        encoding="utf-8",
    )
    assert [one.pairings for one in candidates(scan([target]))] == [()]
