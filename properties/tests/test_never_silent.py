"""What was planned and not judged is said: it is never a pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from properties import beside, command
from properties.command import run

from .command_line import check
from .test_command import RIGHT

UPHILL = """
def sgd(w, dw, config=None):
    config = config or {}
    config.setdefault("learning_rate", 1e-2)
    return w + config["learning_rate"] * dw, config
"""

# A row that is an object, declared by a user.
SPECS = """
from dataclasses import replace
from properties.specs.optim import RULES

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
    made = command.make_record

    def forgetful(*args: Any, **kwargs: Any) -> dict[str, Any]:
        record = made(*args, **kwargs)
        record["functions"] = [f for f in record["functions"] if f["name"] != "relu_backward"]
        return record

    monkeypatch.setattr(beside, "_processors", lambda: 1)
    monkeypatch.setattr(command, "make_record", forgetful)
    with pytest.raises(RuntimeError, match=r"not in the record: relu_backward \(row relu\)"):
        run(str(homework / "nndl"), only="relu", profile="quick")
