"""The recipe of CONTRIBUTING.md works as it is printed there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .command_line import ROOT, check

LAYERS = """
import numpy as np

def leaky_relu_forward(x):
    return np.where(x > 0, x, 0.25 * x), x

def leaky_relu_backward(dout, cache):
    return np.where(cache > 0, dout, {slope} * dout)
"""


@pytest.mark.parametrize(("slope", "status"), [("0.25", "pass"), ("0.5", "fail")])
def test_recipe_judges_a_new_layer(tmp_path: Path, slope: str, status: str) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    recipe = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0]
    (tmp_path / "specs.py").write_text(recipe, encoding="utf-8")
    (tmp_path / "layers.py").write_text(LAYERS.format(slope=slope), encoding="utf-8")
    answer = check("--specs", "specs.py", "--only", "leaky_relu", "layers.py", cwd=tmp_path)
    assert answer.statuses() == {"leaky_relu_forward": "pass", "leaky_relu_backward": status}
