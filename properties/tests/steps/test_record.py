"""The JSON record: the promised keys, and a case from which both calls can be made again."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from properties.record.arrays import encode
from properties.record.schema import dump
from properties.record.steps import listing
from properties.steps import debug
from properties.steps.report import _clearest
from properties.steps.rewrite.session import InProcess
from properties.tests.steps.zoo import styles

STYLES = {f"{one.layer}-{one.name}": one for one in styles()}
PAGE = Path(__file__).parents[3] / "docs" / "steps.md"


def decode(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"dtype", "shape", "data"}:
        return np.array(value["data"], dtype=value["dtype"]).reshape(value["shape"])
    if isinstance(value, dict):
        return {name: decode(part) for name, part in value.items()}
    return value


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("under_test", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    style = STYLES["batchnorm-graph"]
    path = tmp_path_factory.mktemp("record") / style.file
    path.write_text(style.text.replace("dvar = 0.5 *", "dvar ="), encoding="utf-8")
    report = debug(str(path), "batchnorm", make_runner=InProcess)
    return path, json.loads(dump(listing(report)))


def test_the_promised_keys(written: tuple[Path, dict[str, Any]]) -> None:
    _, record = written
    promised = {
        "schema",
        "target",
        "forward",
        "backward",
        "steps",
        "first_wrong",
        "mistakes",
        "case",
    }
    assert promised <= set(record)
    assert record["schema"] == 1
    for step in record["steps"]:
        assert {"line", "name", "node", "status", "reason", "ratio", "cause"} <= set(step)
        assert step["status"] in ("right", "wrong", "not judged")
        assert step["reason"] or step["status"] != "not judged"
    assert {"line", "name", "cause"} <= set(record["mistakes"][0])


def test_lines_count_in_the_authors_file(written: tuple[Path, dict[str, Any]]) -> None:
    path, record = written
    lines = path.read_text(encoding="utf-8").splitlines()
    for step in record["steps"]:
        if step["function"] == record["backward"] and step["name"].isidentifier():
            assert re.search(rf"\b{step['name']}\b", lines[step["line"] - 1]), step


def test_the_case_can_be_made_again(written: tuple[Path, dict[str, Any]]) -> None:
    path, record = written
    case = {name: decode(part) for name, part in record["case"].items()}
    module = load(path)
    out, cache = getattr(module, record["forward"])(*case["values"].values())
    assert np.shape(out) == np.shape(case["dout"])
    gradients = getattr(module, record["backward"])(case["dout"], cache)
    shown = {step["name"]: decode(step["got"]) for step in record["steps"]}
    assert np.allclose(gradients[0], shown["dx"])
    wanted = next(decode(s["wanted"]) for s in record["steps"] if s["name"] == "dx")
    assert not np.allclose(gradients[0], wanted)


def test_what_json_cannot_hold() -> None:
    text = json.dumps(
        encode({"a": np.array([np.nan, -np.inf]), "f": np.float32(2), "k": print, "t": (1, None)}),
        allow_nan=False,
    )
    assert json.loads(text)["a"]["data"] == ["nan", "-inf"]


@pytest.mark.skipif(not PAGE.is_file(), reason="the page is in the checkout only")
def test_the_pages_derivation_says_what_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    [code] = [
        block
        for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
        if "Derivation(" in block
    ]
    exec(code.replace("nndl_suite.", ""), {})
    said = re.findall(r"^# (.*)$", code, re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == said


def test_the_case_that_shows_a_mistake_is_the_one_that_is_shown() -> None:
    """An exponential that underflows hides it but for a last digit in the first case."""
    right = (np.array([0.0, -3.28]), np.array([1.0, 2.0]), np.array([1.0, 2.0]))
    got = (np.array([4.5e-13, -3.28]), np.array([1.0, 2.5]), np.array([1.0, 2.25]))
    origin: Any = SimpleNamespace(got=got, right=right)
    assert _clearest(origin) == 1
    assert _clearest(SimpleNamespace(got=got[1:], right=right[1:])) == 0  # type: ignore[arg-type]
    assert _clearest(SimpleNamespace(got=got, right=None)) == 0  # type: ignore[arg-type]
