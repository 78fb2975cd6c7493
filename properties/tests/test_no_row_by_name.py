"""What judges, explains and reports knows no row by its name: a row declares what it needs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from properties.layers import ALL

PROPERTIES = Path(__file__).parents[1]
ROOMS = ("judge", "diagnosis", "steps", "record", "reports")
# A net has options of these names, whatever rows there are.
OPTIONS = {
    "judge/subjects/net.py": {"batchnorm", "dropout"},
    "judge/subjects/net_cases.py": {"dropout"},
    "judge/subjects/net_form.py": {"batchnorm", "dropout"},
    "steps/rewrite/serving.py": {"batchnorm", "dropout"},
}
NAMES = {name for row in ALL for name in (row.name, row.layer, *row.functions)}


def _named(text: str) -> Iterator[str]:
    tree = ast.parse(text)
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in documents:
                yield from NAMES & set(re.findall(r"[\w.]+", node.value))
        elif isinstance(node, ast.Name) and node.id.lower() in NAMES and node.id.isupper():
            yield node.id
        elif isinstance(node, ast.Attribute) and node.attr in NAMES:
            yield node.attr


def _modules() -> list[str]:
    return [
        path.relative_to(PROPERTIES).as_posix()
        for room in ROOMS
        for path in sorted((PROPERTIES / room).rglob("*.py"))
    ]


@pytest.mark.parametrize("module", _modules())
def test_no_row_stands_there(module: str) -> None:
    found = set(_named((PROPERTIES / module).read_text(encoding="utf-8")))
    assert found <= OPTIONS.get(module, set())


@pytest.mark.parametrize("module", sorted(OPTIONS))
def test_every_exception_is_needed(module: str) -> None:
    found = set(_named((PROPERTIES / module).read_text(encoding="utf-8")))
    assert found >= OPTIONS[module]


@pytest.mark.parametrize(
    "text", ['if row.name == "dropout": pass', "from x import *\nRELU", "f'the {x} of affine'"]
)
def test_a_name_is_seen(text: str) -> None:
    assert set(_named(text))


def test_a_docstring_may_speak_of_a_row() -> None:
    assert not set(_named('def f():\n    """As in batchnorm."""'))
