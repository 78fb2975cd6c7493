"""The wheel's list of packages is complete."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
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
