"""The public API has what it says, under the one name that the documentation uses."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import properties
from properties import public
from properties.tests.command_line import ROOT

FOUND = importlib.util.find_spec("nndl_suite")
installed = pytest.mark.skipif(
    FOUND is None or FOUND.origin is None, reason="needs an install of this version"
)


def test_every_name_is_there_and_documented() -> None:
    for name in public.__all__:
        assert getattr(public, name) is not None
        assert name in str(public.__doc__).replace("%load_ext", "load_ipython_extension")


def test_what_a_type_checker_sees_is_what_is_there() -> None:
    tree = ast.parse(Path(public.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        a.asname or a.name for n in block.body if isinstance(n, ast.ImportFrom) for a in n.names
    }
    assert seen == set(public.__all__)


def test_a_checkout_has_the_same_names() -> None:
    assert properties.check_derivative is public.check_derivative


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="check_derivative"):
        _ = public.check_gradient


@installed
def test_a_class_is_one_class_under_each_name(tmp_path: Path) -> None:
    code = (
        "from nndl_suite import LayerSpec, Record\n"
        "from nndl_suite.properties.spec.row import LayerSpec as Other\n"
        "from properties.spec.row import LayerSpec as Third\n"
        "assert LayerSpec is Other is Third\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


@installed
def test_importing_it_loads_nothing(tmp_path: Path) -> None:
    code = "import sys, nndl_suite; assert 'numpy' not in sys.modules and 'rich' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


@pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="not in a checkout")
def test_the_documents_know_one_import_path() -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.py")]
    for page in pages:
        if "notebooks" in page.parts or page.name in ("pictures.py", "CHANGELOG.md"):
            continue
        for line in page.read_text(encoding="utf-8").splitlines():
            if line.strip().startswith(("from properties", "import properties")):
                inner = "spec." in line  # what a contributor writes inside the suite
                assert page.name == "CONTRIBUTING.md", (page.name, line)
                assert inner, (page.name, line)
