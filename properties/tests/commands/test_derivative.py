"""A derivative under test in somebody's own test file."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from properties import NoVerdict, WrongDerivative, check_derivative
from properties.tests.slow import slow

ROOT = Path(__file__).resolve().parents[3]


class Squash:
    def forward(self, x: Any) -> Any:
        self.y = np.tanh(x)
        return self.y

    def backward(self, grad: Any) -> Any:
        return grad * (1 - self.y**2)


class Wrong(Squash):
    def backward(self, grad: Any) -> Any:
        return grad * (1 - self.y)


def scale(x: Any, w: Any) -> Any:
    return np.sin(x @ w), (x, w)


def scale_backward(dout: Any, cache: Any) -> Any:
    x, w = cache
    inner = dout * np.cos(x @ w)
    return inner @ w.T, x.T @ inner


def twice_backward(dout: Any, cache: Any) -> Any:
    dx, dw = scale_backward(dout, cache)
    return dx, 2 * dw


def residual(w: Any, x: Any, y: Any) -> Any:
    r = x @ w - y
    return 0.5 * np.sum(r**2), x.T @ r


def test_right_ones_pass() -> None:
    check_derivative(Squash)
    check_derivative(scale, scale_backward, inputs="x: (N, D), w: (D, M)")
    check_derivative(residual, inputs="w: (D, M), x: (N, D), y: (N, M)")


def test_a_wrong_one_fails_with_the_panel() -> None:
    with pytest.raises(WrongDerivative) as caught:
        check_derivative(scale, twice_backward, inputs="x: (N, D), w: (D, M)")
    text = str(caught.value)
    for part in (
        "twice_backward",
        "derivative with respect to w is",
        "test_derivative.py:",
        "wanted",
        "First wrong line: test_derivative.py:",
        "✘ return dx, 2 * dw",
    ):
        assert part in text
    with pytest.raises(WrongDerivative, match=r"Wrong\.backward"):
        check_derivative(Wrong)


def test_functions_with_a_closure_and_lambdas_are_the_very_objects() -> None:
    k = 3.0

    def cube(x: Any) -> Any:
        return k * x**3

    check_derivative(cube, lambda x: 3 * k * x**2)
    check_derivative(lambda x: x**2, lambda x: 2 * x)
    with pytest.raises(WrongDerivative) as caught:
        check_derivative(cube, lambda x: 3 * x**2)
    assert "line" not in str(caught.value)  # the file has others of these names
    with pytest.raises(WrongDerivative):
        check_derivative(lambda x: x**2, lambda x: 3 * x)


def test_a_known_layer_is_held_against_its_reference() -> None:
    def forward(x: Any) -> Any:
        return np.maximum(x, 0), x

    check_derivative(forward, lambda dout, x: dout * (x > 0), layer="relu", profile="quick")
    with pytest.raises(WrongDerivative, match="the right value") as caught:
        check_derivative(forward, lambda dout, x: 2 * dout * (x > 0), layer="relu", profile="quick")
    assert "nndl check" not in str(caught.value)  # no command knows a function of a test


def test_what_cannot_be_judged_is_no_pass() -> None:
    with pytest.raises(NoVerdict, match="was not judged"):
        check_derivative(lambda x: np.where(x > 0, "a", "b"), lambda x: np.ones_like(x))


@pytest.mark.parametrize("thing", [np.sin, Squash().forward, 3])
def test_what_is_no_function_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError, match="wanted a function or a class"):
        check_derivative(thing, lambda x: x)


def test_the_random_state_and_the_modules_are_left_alone() -> None:
    names = dict(globals())
    np.random.seed(3)
    first = np.random.random()
    np.random.seed(3)
    check_derivative(scale, scale_backward, inputs="x: (N, D), w: (D, M)")
    assert np.random.random() == first
    assert globals() == names
    assert globals()["np"] is np


OWN = """
import numpy as np
from properties import check_derivative


class Squash:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, grad):
        return grad * (1 - self.y)


def test_squash():
    check_derivative(Squash)
"""


@slow
@pytest.mark.parametrize("options", [[], ["-n", "2"], ["-p", "no:cacheprovider"]])
def test_in_a_folder_of_ones_own(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "test_own.py").write_text(OWN, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(f"import sys; sys.path.append({str(ROOT)!r})\n")
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert answer.returncode == 1
    assert "Squash.backward\n" in answer.stdout
    assert "the derivative with respect to x is" in answer.stdout
    assert "derivative.py" not in answer.stdout.replace("test_own.py", "")


PARTS = """
import numpy as np


class Param:
    def __init__(self, value):
        self.value = value
        self.grad = np.zeros_like(value)


def product(x, w):
    return np.dot(x, w)
"""
USER = """
import numpy as np
from .parts import Param, product


class Dense:
    def __init__(self, n, m):
        self.W, self.b = Param(np.random.randn(n, m)), Param(np.zeros(m))

    def forward(self, x):
        self.x = x
        return product(x, self.W.value) + self.b.value

    def backward(self, grad):
        self.W.grad += self.x.T @ grad
        self.b.grad += grad.sum(0)
        return grad @ self.W.value.T
"""


@pytest.mark.parametrize("wrong", [False, True])
def test_parameters_are_those_of_the_whole_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: bool
) -> None:
    """A class of another file holds them; without it the gradients would be of nothing."""
    package = tmp_path / f"own_library_{wrong}"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "parts.py").write_text(PARTS, encoding="utf-8")
    text = USER.replace("grad.sum(0)", "grad.mean(0)") if wrong else USER
    (package / "layers.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    kind = importlib.import_module(f"{package.name}.layers").Dense
    if wrong:
        with pytest.raises(WrongDerivative, match=r"with respect to b\.value"):
            check_derivative(kind, profile="quick")
    else:
        check_derivative(kind, profile="quick")
