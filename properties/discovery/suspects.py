"""Which arguments an error came of: what its line reads, and what that was computed from."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from .letters import Specs
from .source import Function


def suspects(
    functions: Sequence[Function], error: Mapping[str, Any], specs: Specs
) -> tuple[list[str], set[str]]:
    """Arguments that the line of an error depends on, and those that stand in it.

    Both are empty when the place is not known.
    """
    line = int(error.get("line", 0))
    for function in functions:
        node = function.node
        if node is None or function.name != error.get("function"):
            continue
        if not node.lineno <= line <= (node.end_lineno or node.lineno):
            continue
        used = _names_at(node, line)
        reach = _reaching(node, used)
        reach |= {name for attribute, name in _kept(functions).items() if attribute in reach}
        reach |= {text.removeprefix("self.") for text in reach if text[:5] == "self."}
        plain = {name.rpartition("/")[2]: name for name in specs}
        direct = {plain[n] for n in plain if n in used}
        return [plain[n] for n in plain if n in reach], direct
    return [], set()


def _kept(functions: Sequence[Function]) -> dict[str, str]:
    """Attributes in which a constructor keeps its arguments under another name."""
    made = [f for f in functions if f.name == "__init__"]
    return {
        ast.unparse(node.targets[0]): node.value.id
        for node in (n for f in made for n in f.walk())
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Attribute)
        and isinstance(node.value, ast.Name)
    }


def _names_at(node: ast.AST, line: int) -> set[str]:
    found = set()
    for part in ast.walk(node):
        at = getattr(part, "lineno", 0)
        if isinstance(part, (ast.Name, ast.arg)) and at == line:
            found.add(part.id if isinstance(part, ast.Name) else part.arg)
        elif isinstance(part, ast.Attribute) and at == line:
            found.add(ast.unparse(part))
    return found


def _reaching(node: ast.AST, used: set[str]) -> set[str]:
    """Names that the values of these names were computed from."""
    writes: dict[str, set[str]] = {}
    for part in ast.walk(node):
        if isinstance(part, (ast.Assign, ast.AugAssign, ast.For)):
            targets = part.targets if isinstance(part, ast.Assign) else [part.target]
            value = part.iter if isinstance(part, ast.For) else part.value
            reads = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}
            reads |= {ast.unparse(n) for n in ast.walk(value) if isinstance(n, ast.Attribute)}
            for target in targets:
                for leaf in ast.walk(target):
                    if isinstance(leaf, ast.Name):
                        writes.setdefault(leaf.id, set()).update(reads)
    reach, todo = set(used), list(used)
    while todo:
        for name in writes.get(todo.pop(), ()):
            if name not in reach:
                reach.add(name)
                todo.append(name)
    return reach
