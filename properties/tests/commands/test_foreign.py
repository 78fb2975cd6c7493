"""A function of a contract name that takes other arguments is judged by its own derivative."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..command_line import check

GATED = """
import numpy as np
def relu_forward(x, gate):
    return np.maximum(x, 0) * gate, (x, gate)
def relu_backward(dout, cache):
    x, gate = cache
    return dout * (x > 0) * gate, SIGN * dout * np.maximum(x, 0)
def half(x):
    return 0.5 * x ** 2
def half_prime(x):
    return x
"""


@pytest.mark.parametrize(("sign", "status", "code"), [("1", "pass", 0), ("-1", "fail", 1)])
def test_its_own_derivative_judges(tmp_path: Path, sign: str, status: str, code: int) -> None:
    file = tmp_path / "own.py"
    file.write_text(GATED.replace("SIGN", sign), encoding="utf-8")
    answer = check(str(file), "--profile", "quick")
    found = {f["name"]: f["status"] for f in answer.record["functions"]}
    assert found["relu_backward"] == status
    assert "relu_forward" not in found
    assert answer.code == code


def test_what_is_required_by_name_stays_an_error(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(GATED.replace("SIGN", "1"), encoding="utf-8")
    answer = check(str(file), "--profile", "quick", "--require", "relu_forward")
    found = [f["status"] for f in answer.record["functions"] if f["name"] == "relu_forward"]
    assert found == ["error"]
    assert answer.code == 1


def test_an_error_of_another_kind_stays_one(tmp_path: Path) -> None:
    file = tmp_path / "layers.py"
    file.write_text(
        "import numpy as np\n"
        "def relu_forward(x):\n"
        "    if x.ndim == 3: raise ValueError('no third axis')\n"
        "    return np.maximum(x, 0), x\n"
        "def relu_backward(dout, cache):\n"
        "    return dout * (cache > 0)\n",
        encoding="utf-8",
    )
    answer = check(str(file))
    found = [f["status"] for f in answer.record["functions"] if f["name"] == "relu_forward"]
    assert found == ["error"]
    assert answer.code == 1
