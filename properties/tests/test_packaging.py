"""The wheel's list of packages is complete."""

from __future__ import annotations

import os
import re
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_TEXT = (ROOT / "nndl" / "__init__.py").read_text(encoding="utf-8")
VERSION = re.findall(r'^__version__ = "(.+)"$', _TEXT, re.MULTILINE)[0]
OUTER = {"properties": "nndl_suite.properties", "reference": "nndl_suite.reference"}


def _found() -> set[str]:
    names = set()
    for room in ("nndl", "properties", "reference"):
        for init in (ROOT / room).rglob("__init__.py"):
            parts = init.parent.relative_to(ROOT).parts
            if not {"tests", "benchmarks"} & set(parts):  # both belong to the checkout
                names.add(".".join((OUTER.get(parts[0], parts[0]), *parts[1:])))
    return names - {"nndl_suite.properties.public"} | {"nndl_suite"}


def test_every_subpackage_is_listed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(settings["tool"]["setuptools"]["packages"]) == _found()


def test_the_version_stands_in_one_place_and_the_others_follow() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["project"]["dynamic"] == ["version"]
    assert "version" not in settings["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {VERSION}\n" in citation
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {VERSION}\n" in changes


# What a build made: .ci/run says where.
DIST = os.environ.get("NNDL_DIST")
built = pytest.mark.skipif(not DIST, reason="nothing was built")


@built
def test_the_wheel_has_what_it_needs_and_no_more() -> None:
    (wheel,) = Path(str(DIST)).glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in names} == {"nndl", "nndl_suite"}
    assert not [n for n in names if "/tests/" in n or "/benchmarks/" in n]
    data = {n for n in names if not n.endswith(".py")}
    wanted = {"nndl/py.typed", "nndl_suite/py.typed", "nndl_suite/properties/py.typed"}
    wanted |= {"nndl_suite/reference/py.typed"}
    wanted |= {"nndl_suite/properties/record/record.schema.json"}
    templates = (ROOT / "properties" / "reports" / "templates").rglob("*")
    wanted |= {
        f"nndl_suite/{path.relative_to(ROOT).as_posix()}" for path in templates if path.is_file()
    }
    assert wanted <= data
    left = {n for n in data - wanted if not n.startswith("nndl_suite/properties/grading/")}
    assert left == set()


@built
def test_the_sdist_builds_the_same_and_has_no_more() -> None:
    (sdist,) = Path(str(DIST)).glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff"):
        assert name in inside
    tops = {name.split("/")[0] for name in inside if name}
    allowed = {"nndl", "properties", "reference", "conftest.py", "pyproject.toml", "README.md"}
    allowed |= {"LICENSE", "CHANGELOG.md", "CITATION.cff", "PKG-INFO", "setup.cfg", "nndl.egg-info"}
    allowed |= {"MANIFEST.in"}
    assert tops <= allowed
    assert not [name for name in inside if "/tests/" in name or "/benchmarks/" in name]
