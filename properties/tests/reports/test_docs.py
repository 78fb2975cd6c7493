"""The documentation's examples run, and its commands and formats exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from properties.commands.cli import main
from properties.commands.writing import FORMATS
from properties.reports.points import FEEDBACK, VISIBILITY, read_weights

DOCS = Path(__file__).resolve().parents[3] / "docs"
pytestmark = pytest.mark.skipif(not (DOCS / "index.md").is_file(), reason="not in a checkout")

LAYER = """
import numpy as np
def prelu_forward(x, slope):
    return np.where(x > 0, x, slope * x), (x, slope)
def prelu_backward(dout, cache):
    x, slope = cache
    return dout * np.where(x > 0, 1.0, SLOPE)
"""


@pytest.mark.parametrize(("slope", "code"), [("slope", 0), ("0.0", 1)])
def test_a_layer_of_ones_own(tmp_path: Path, slope: str, code: int) -> None:
    (tmp_path / "layers.py").write_text(LAYER.replace("SLOPE", slope), encoding="utf-8")
    record = tmp_path / "record.json"
    page = (DOCS / "author-of-a-layer.md").read_text(encoding="utf-8")
    specs = str(tmp_path / "prelu.py")
    (declaration,) = re.findall(r"```python\n(.*?)```", page, re.S)
    Path(specs).write_text(declaration, encoding="utf-8")
    arguments = ["--specs", specs, "--only", "prelu", "--profile", "quick"]
    run = CliRunner().invoke(
        main, ["check", str(tmp_path / "layers.py"), *arguments, "--json", str(record)]
    )
    assert run.exit_code == code, run.output
    functions = json.loads(record.read_text(encoding="utf-8"))["functions"]
    assert [f["status"] for f in functions] == ["pass", "fail" if code else "pass"]


def test_the_points_file_of_the_teacher_page_is_read() -> None:
    text = (DOCS / "teacher.md").read_text(encoding="utf-8")
    match = re.search(r"```toml\n(.*?)```", text, re.S)
    assert match is not None
    weights = read_weights(match.group(1))
    assert weights.points == {"affine": 4, "batchnorm_backward": 5}
    for word in (*FEEDBACK, *VISIBILITY):
        assert word in text


def test_the_site_leads_to_every_page() -> None:
    nav = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8")
    for page in DOCS.rglob("*.md"):
        assert f" {page.relative_to(DOCS).as_posix()}\n" in nav, page


COMMANDS = ("check", "report", "grade", "steps", "watch")
PAGES = [*DOCS.glob("*.md"), DOCS.parent / "README.md", DOCS.parent / "CONTRIBUTING.md"]


def test_every_command_of_the_pages_has_options_that_exist() -> None:
    known = {
        name: {o for p in main.get_command(None, name).params for o in p.opts}  # type: ignore
        for name in COMMANDS
    }
    found = dict.fromkeys(COMMANDS, 0)
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for name, rest in re.findall(rf"nndl ({'|'.join(COMMANDS)})([^`|\n]*)", text):
            for option in re.findall(r"(?<![\w'])--?[a-z][a-z-]*", rest):
                assert option in known[name], (page.name, name, option)
                found[name] += 1
        for form in re.findall(r"--format (\w+)", text):
            assert form in FORMATS
    assert all(found[name] > 0 for name in COMMANDS if name != "watch"), found
    assert sum(found.values()) > 40


def test_the_table_of_options_in_the_readme_is_that_of_the_command() -> None:
    known = {o for p in main.get_command(None, "check").params for o in p.opts}  # type: ignore
    text = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`--.*?) \|", text[text.index("| option |") :], re.M)
    named = {option for row in rows for option in re.findall(r"--[a-z][a-z-]*", row)}
    assert named <= known
    assert len(named) > 15
