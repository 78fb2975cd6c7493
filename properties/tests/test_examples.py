"""Every example of Python in the documentation runs, as it is printed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from properties.commands.notebook import check

from .command_line import ROOT, nndl
from .slow import slow
from .test_public import installed

# What the reader has at hand where an example speaks of functions of theirs.
THEIRS = """
import numpy as np
from nndl.layers import affine_backward, affine_forward, relu_backward, relu_forward

my_forward, my_backward = relu_forward, relu_backward


class Squash:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, grad):
        return grad * (1 - self.y**2)


class MyLayers:
    affine_forward = staticmethod(affine_forward)
    affine_backward = staticmethod(affine_backward)
"""
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Magics run in a notebook, see steps/test_notebook.py; clusters are nowhere near.
SKIPPED = ("%", "--", "from dask_")


def examples() -> Iterator[object]:
    for page in PAGES if (ROOT / "docs").is_dir() else ():
        blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
        for number, block in enumerate(blocks):
            if not block.startswith(SKIPPED):
                yield pytest.param(block, id=f"{page.stem}-{number}")


@installed
@pytest.mark.parametrize("block", list(examples()))
def test_an_example_runs(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "squash.py").write_text(THEIRS, encoding="utf-8")
    # A file, because what is judged has to have a source.
    file = tmp_path / "example.py"
    other = 'layer="affine"' in block
    theirs = (
        THEIRS.replace("= relu_forward, relu_", "= affine_forward, affine_") if other else THEIRS
    )
    file.write_text(f"{theirs}\n{block}", encoding="utf-8")
    space = {"__name__": "example", "__file__": str(file), "check": check}
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), space)
    for name, value in list(space.items()):
        if name.startswith("test_") and callable(value):
            value()


@pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="not in a checkout")
def test_no_include_is_left_in_a_page() -> None:
    for page in [*PAGES, *(ROOT / "docs").rglob("*.md")]:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"-{1,2}8 ?<", text), page


@pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="not in a checkout")
def test_examples_import_from_one_place() -> None:
    inner = re.compile(r"^(from|import) (properties|reference|nndl_suite\.)", re.M)
    for page in [ROOT / "CONTRIBUTING.md", *PAGES]:
        for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
            assert not inner.search(block), page


@slow
@pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="not in a checkout")
def test_the_answers_of_the_readme_are_those_of_the_command(tmp_path: Path) -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    squash = re.findall(r"```python\n(# squash.py\n.*?)```", page, re.S)[0]
    (tmp_path / "squash.py").write_text(squash, encoding="utf-8")
    shutil.copytree(ROOT / "properties/tests/homework/variants/lost_half", tmp_path / "lost_half")
    told = [nndl("check", name, cwd=tmp_path).out for name in ("squash.py", "lost_half")]
    blocks = re.findall(r"```text\n(.*?)```", page, re.S)
    assert len(blocks) == 3
    for block, answer in zip(blocks, [*told, told[-1]], strict=True):
        said = " ".join(answer.split())
        for line in block.split("\n"):
            text = re.sub(r" · (profile|\d+ missing).*| +[\d.]+$", "", " ".join(line.split()))
            if text and not text.startswith(("$", "──", "…")):
                assert text in said, line
