"""A module has one idea, and a function fits on a screen: what has grown longer is cut in two."""

from __future__ import annotations

import ast
from pathlib import Path

from properties.tests.slow import slow

ROOT = Path(__file__).parents[2]
LINES, SCREEN = 400, 70
# Tables: of reasons, addresses, attacks.
TABLES = {
    "properties/benchmarks/equivalent_mutants.py",
    "properties/layers/sources.py",
    "properties/tests/hostile/corpus.py",
}


def _modules() -> dict[str, str]:
    """The text of every module by its place; what is code under test is written as it comes."""
    paths = (
        path
        for room in ("nndl", "properties", "reference")
        for path in ROOT.glob(f"{room}/**/*.py")
    )
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if "homework" not in path.parts
    }


def _long(text: str) -> list[str]:
    """Names of functions whose statements, the docstring aside, fill more than a screen."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            told = ast.get_docstring(node) is not None and len(node.body) > 1
            first = node.body[1 if told else 0]
            if (node.end_lineno or 0) - first.lineno + 1 > SCREEN:
                found.append(node.name)
    return found


def test_a_module_has_one_idea() -> None:
    long = {place for place, text in _modules().items() if len(text.splitlines()) > LINES}
    assert long == TABLES


@slow
def test_a_function_fits_on_a_screen() -> None:
    found = {place: _long(text) for place, text in _modules().items()}
    assert {place: names for place, names in found.items() if names} == {}


def test_a_long_function_is_seen() -> None:
    lines = [f"    x = {number}" for number in range(SCREEN + 1)]
    assert _long("\n".join(["def f():", '    """Do it."""', *lines])) == ["f"]
    assert _long("\n".join(["def f():", '    """Do it."""', *lines[1:]])) == []
