"""A script says what a function gives, and fails exactly when the function is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from properties.judge.mismatch import Disagreement
from properties.layers import ALL
from properties.record.scripts import make_script
from properties.spec.case import Case

ROWS = {row.name: row for row in ALL}
X = np.array([[1.0, -2.0], [0.5, np.inf]])


def relu(slope: float) -> dict[str, Any]:
    """The functions of a file, by name."""
    return {
        "relu_forward": lambda x: (np.maximum(x, 0), x),
        "relu_backward": lambda dout, cache: slope * dout * (cache > 0),
    }


def run(found: Disagreement, case: Case, row: str, functions: dict[str, Any]) -> None:
    """Run the script of a disagreement over functions that are at hand."""
    code = make_script(found, case, ROWS[row], None, "# no import")
    exec(compile(code, "pasted", "exec"), dict(functions))


def test_a_wrong_gradient_fails_and_a_right_one_passes() -> None:
    case = Case(args={"x": X}, dout=np.ones((2, 2)))
    wanted = np.array([[1.0, 0.0], [1.0, 1.0]])
    found = Disagreement(
        function="relu_backward",
        sentence="dx is wrong",
        oracle="reference",
        argument="dx",
        got=2 * wanted,
        wanted=wanted,
        tolerance=np.full((2, 2), 1e-15),
    )
    run(found, case, "relu", relu(1.0))
    with pytest.raises(AssertionError):
        run(found, case, "relu", relu(2.0))


def test_one_tolerance_for_all_hides_nothing() -> None:
    case = Case(args={"x": X}, dout=np.ones((2, 2)))
    wanted = np.array([[1.0, 0.0], [1.0, 1.0]])
    found = Disagreement(
        function="relu_backward",
        sentence="dx is wrong",
        oracle="reference",
        argument="dx",
        got=wanted + np.array([[1e-9, 0.0], [0.0, 0.0]]),
        wanted=wanted,
        tolerance=np.array([[1e-15, 1.0], [1e-15, 1e-15]]),  # beside a kink
    )
    run(found, case, "relu", relu(1.0))
    with pytest.raises(AssertionError):
        run(found, case, "relu", relu(1.0 + 1e-9))


def test_a_derivative_is_held_against_the_forward(capsys: pytest.CaptureFixture[str]) -> None:
    case = Case(args={"x": np.abs(X[:1])}, dout=np.ones((1, 2)))
    found = Disagreement(
        function="relu_backward",
        sentence="dx is 4",
        oracle="numerical derivative of its own forward",
        argument="dx",
        got=np.array(4.0),
        wanted=np.array(2.0),
        tolerance=np.array(1e-9),
        direction=np.ones((1, 2)),
    )
    run(found, case, "relu", relu(2.0))
    got, numerical = (float(line.split()[-1]) for line in capsys.readouterr().out.splitlines())
    assert got == 4.0
    assert numerical == pytest.approx(2.0)


def test_what_a_call_leaves_behind_is_taken_out_of_its_options() -> None:
    row = next(row for row in ALL if row.name == "batchnorm")
    param = {"mode": "train"}
    case = Case(args={"x": X, "gamma": X[0], "beta": X[0], "bn_param": param}, dout=X)
    found = Disagreement(
        function=row.forward,
        sentence="running_mean is 0",
        oracle="reference",
        argument="running_mean",
        got=np.zeros(2),
        wanted=np.ones(2),
        tolerance=np.zeros(2),
    )

    def forward(x: Any, gamma: Any, beta: Any, bn_param: Any) -> Any:
        bn_param["running_mean"] = np.ones(2)
        return x, ()

    run(found, case, row.name, {row.forward: forward})
    found = Disagreement(
        function=row.forward, sentence="changes gamma", oracle="the contract", argument="gamma"
    )
    assert "bn_param['gamma']" not in make_script(found, case, row, None, "")
