"""A declaration stays short: what several layers share stands where it serves all of them."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

from properties import layers
from properties.layers import ALL
from properties.spec.row import LayerSpec, ObjectSpec

_FOLDER = Path(layers.__file__).parent
_LINES = 120


def _declares(path: Path) -> bool:
    """Whether a module makes rows of layers; an object has an account beside its row."""
    if path.stem in ("__init__", "dropout_masks"):
        return False
    found = vars(import_module(f"properties.layers.{path.stem}")).values()
    rows = [one for one in found if isinstance(one, LayerSpec) and one in ALL]
    return bool(rows) and not any(isinstance(one, ObjectSpec) for one in rows)


def _is_of_misconceptions(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and "\n    = " in str(getattr(node.value, "value", ""))


@pytest.mark.parametrize(
    "path", [p for p in sorted(_FOLDER.glob("*.py")) if _declares(p)], ids=lambda path: path.stem
)
def test_a_declaration_is_short_without_its_misconceptions(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    told = [node for node in ast.parse(text).body if _is_of_misconceptions(node)]
    beside = sum((node.end_lineno or 0) - node.lineno + 1 for node in told)
    assert len(text.splitlines()) - beside <= _LINES
