"""What was planned and not judged is said: it is never a pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import strategies as st

from properties.commands.check import run
from properties.implementation import Call, Implementation, Outcome, Ref
from properties.record.build import build
from properties.record.schema import Record
from properties.spec.case import Case
from properties.spec.row import LayerSpec, Purpose
from properties.spec.values import SEEDS, Values
from properties.tests.command_line import check
from properties.tests.judging import RIGHT, entry_of, property_of, record_of

UPHILL = """
def sgd(w, dw, config=None):
    config = config or {}
    config.setdefault("learning_rate", 1e-2)
    return w + config["learning_rate"] * dw, config
"""

# A row that is an object, declared by a user.
SPECS = """
from dataclasses import replace
from properties.layers.optim import RULES

MINE = replace(next(rule for rule in RULES if rule.rule == "sgd"), name="my_rule")
"""


@pytest.fixture
def homework(tmp_path: Path) -> Path:
    """A folder with right layers, a wrong update rule, and a file of specs."""
    package = tmp_path / "nndl"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "layers.py").write_text(RIGHT, encoding="utf-8")
    (package / "optim.py").write_text(UPHILL, encoding="utf-8")
    (tmp_path / "rows.py").write_text(SPECS, encoding="utf-8")
    return tmp_path


def test_an_object_row_of_a_users_own_is_judged(homework: Path) -> None:
    answer = check(
        str(homework / "nndl"), "--specs", str(homework / "rows.py"), "--only", "relu,my_rule"
    )
    entry = next(f for f in answer.record["functions"] if f["row"] == "my_rule")
    assert entry["status"] == "fail"
    assert answer.code == 1


def test_a_planned_row_that_is_not_in_the_record_is_no_pass(
    homework: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(*args: Any, **kwargs: Any) -> Record:
        record = build(*args, **kwargs)
        kept = tuple(f for f in record.functions if f.name != "relu_backward")
        return msgspec.structs.replace(record, functions=kept)

    monkeypatch.setattr("properties.commands.answer.build", forgetful)
    with pytest.raises(RuntimeError, match=r"planned and not judged: .* of relu"):
        run(str(homework / "nndl"), only="relu", profile="quick")


class Watchful:
    """An implementation whose batchnorm forward is wrong exactly when a backward follows it."""

    def __init__(self, held: Implementation) -> None:
        self.held = held

    def __getattr__(self, name: str) -> Any:
        return getattr(self.held, name)

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        """Run the calls, and spoil value and gradients of a forward and a backward together."""
        outcomes = self.held.run(calls)
        for place, call in enumerate(calls):
            if call.function == "batchnorm_backward" and isinstance(call.args[1], Ref):
                for at in (place, call.args[1].call):
                    spoiled = tuple(_spoiled(value) for value in outcomes[at].outputs)
                    outcomes[at] = replace(outcomes[at], outputs=spoiled)
        return outcomes


def _spoiled(value: Any) -> Any:
    return value * 1.001 if isinstance(value, np.ndarray) else value


def test_a_forward_that_is_wrong_when_a_backward_follows_is_wrong() -> None:
    record = record_of("bundled", only="batchnorm", through=Watchful)
    forward, backward = (
        entry_of(record, name) for name in ("batchnorm_forward", "batchnorm_backward")
    )
    assert forward["status"] == "fail"
    found = property_of(forward, "backward_matches_reference")
    assert found["oracle"] == "reference, before a backward"
    assert property_of(forward, "numerical_derivative")["status"] == "fail"
    assert backward["status"] != "pass"
    assert record["verdict"] == "fail"


def _cube_cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose not in (Purpose.ORDINARY, Purpose.SMOOTH):
        return None
    return st.builds(
        lambda seed: Case(args={"x": Values("dyadic", seed).array((3,))}, dout=np.ones(3)), SEEDS
    )


CUBE = LayerSpec(
    name="cube",
    forward="cube_forward",
    backward="cube_backward",
    cases=_cube_cases,
    differentiable=("x",),
)
ROUGH = """
import numpy as np
def cube_forward(x):
    return x**3 + np.sin(1e12 * x), x
def cube_backward(dout, cache):
    return 5.0 * dout * cache**2
"""


def test_a_function_of_which_no_oracle_could_tell_is_not_right(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(ROUGH, encoding="utf-8")
    record = record_of(tmp_path / "layers.py", only="cube", extra=(CUBE,))
    entry = entry_of(record, "cube_backward")
    assert property_of(entry, "numerical_derivative")["status"] == "inconclusive"
    assert entry["status"] == "error"
    assert "numerical_derivative was inconclusive on" in entry["detail"]
    assert record["verdict"] == "error"


def test_a_right_backward_without_a_reference_is_right(tmp_path: Path) -> None:
    text = ROUGH.replace(" + np.sin(1e12 * x)", "").replace("5.0", "3.0")
    (tmp_path / "layers.py").write_text(text, encoding="utf-8")
    record = record_of(tmp_path / "layers.py", only="cube", extra=(CUBE,))
    assert {f["status"] for f in record["functions"]} == {"pass"}


def test_values_that_depend_on_the_layout_are_wrong(tmp_path: Path) -> None:
    text = RIGHT.replace(
        "return (dout @ w.T)", "dout = dout.ravel('K').reshape(dout.shape)\n    return (dout @ w.T)"
    )
    assert text != RIGHT
    (tmp_path / "layers.py").write_text(text, encoding="utf-8")
    record = record_of(tmp_path / "layers.py", only="affine")
    entry = entry_of(record, "affine_backward")
    assert entry["status"] == "fail"
    assert property_of(entry, "memory_layout")["class"] == "correctness"
    assert record["verdict"] == "fail"


def test_refusing_a_layout_is_a_matter_of_robustness(tmp_path: Path) -> None:
    text = RIGHT.replace(
        "return (dout @ w.T)", "dout.shape = dout.shape; dout *= 1.0\n    return (dout @ w.T)"
    )
    (tmp_path / "layers.py").write_text(text, encoding="utf-8")
    entry = entry_of(record_of(tmp_path / "layers.py", only="affine"), "affine_backward")
    assert entry["status"] == "pass"
    assert any("fails on a read-only array" in found for found in entry["findings"])


def test_a_backward_is_judged_where_its_forward_gives_a_result(tmp_path: Path) -> None:
    text = RIGHT.replace(
        "return np.maximum(x, 0), x",
        "if x.ndim == 3: raise ValueError('no third axis')\n    return np.maximum(x, 0), x",
    )
    assert text != RIGHT
    (tmp_path / "layers.py").write_text(text, encoding="utf-8")
    record = record_of(tmp_path / "layers.py", only="relu")
    assert entry_of(record, "relu_forward")["status"] == "error"
    assert entry_of(record, "relu_backward")["status"] == "pass"
