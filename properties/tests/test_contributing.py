"""The recipe of CONTRIBUTING.md works as it is printed there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from properties.benchmarks.mutants import homes
from properties.benchmarks.plants import STYLES, plant
from properties.layers import ALL

from .command_line import ROOT, check

# A derivation on paper, the mutants of nndl that change nothing, the rows of the first homeworks,
# what torch has, and a layer that is judged undeclared.
BESIDE = {"properties/derivations/normalising.py"} | {
    f"properties/benchmarks/{name}.py"
    for name in ("equivalent_mutants", "false_alarms_page", "torch_operators", "undeclared_bars")
}

LAYERS = """
import numpy as np

def prelu_forward(x):
    return np.where(x > 0, x, 0.25 * x), x

def prelu_backward(dout, cache):
    return np.where(cache > 0, dout, {slope} * dout)
"""


@pytest.mark.parametrize(("slope", "status"), [("0.25", "pass"), ("0.5", "fail")])
def test_recipe_judges_a_new_layer(tmp_path: Path, slope: str, status: str) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    recipe = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0]
    (tmp_path / "specs.py").write_text(recipe, encoding="utf-8")
    (tmp_path / "layers.py").write_text(LAYERS.format(slope=slope), encoding="utf-8")
    answer = check("--specs", "specs.py", "--only", "prelu", "layers.py", cwd=tmp_path)
    assert answer.statuses() == {"prelu_forward": "pass", "prelu_backward": status}


def test_recipe_names_the_cause(tmp_path: Path) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    recipe, ways = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[:2]
    start = recipe.index("PRELU = ")
    fields = "    ways=WAYS,\n    misconceptions=MISCONCEPTIONS,\n)\n"
    spec = recipe[:start] + ways + recipe[start:].rstrip().removesuffix(")") + fields
    (tmp_path / "specs.py").write_text(spec, encoding="utf-8")
    wrong = LAYERS.replace("{slope} * dout", "0 * dout").format()
    (tmp_path / "layers.py").write_text(wrong, encoding="utf-8")
    answer = check("--specs", "specs.py", "--only", "prelu", "layers.py", cwd=tmp_path)
    assert "Below zero the derivative is the slope, not 0." in answer.out


def test_one_file_and_one_line_declare_a_layer() -> None:
    row = next(row for row in ALL if row.name == "layernorm")
    assert len(row.misconceptions) >= 8
    assert {one.function for one in row.misconceptions} == set(row.functions)
    named = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "properties").rglob("*.py")
        if "tests" not in path.parts and "layernorm" in path.read_text(encoding="utf-8")
    ]
    assert {"properties/layers/__init__.py", "properties/layers/layernorm.py"} <= set(named)
    assert not [path for path in named if "/layers/" not in path and path not in BESIDE]
    for style in STYLES:
        for one in row.misconceptions:
            compile(plant(style, one), one.key, "exec")
    assert "layers/layernorm.py" in homes(ROOT / "nndl", [row])
