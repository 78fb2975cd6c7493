"""Names that nothing defines: a function that reads one raises, whatever it is given."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from .source import Function, Survey

_PLAIN = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return)
_ELSEWHERE = (ast.IfExp, ast.BoolOp, ast.Compare, ast.Lambda, ast.comprehension)
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def undefined(function: Function, survey: Survey) -> tuple[str, int] | None:
    """A name, with its line, that every call of a function reads and nothing defines.

    None unless that is sure: the name is in no scope of a module that ran as a whole, and no
    branch, loop or return comes before it.
    """
    tree = survey.trees.get(function.module)
    if tree is None or function.module in survey.failures or not _is_plain(function, tree):
        return None
    known = {*_bound(tree), *_within(function), *dir(builtins), "__class__", "__file__"}
    for statement in function.body:
        if not isinstance(statement, _PLAIN):
            return None
        for node in _evaluated(statement):
            if isinstance(node, ast.Name) and node.id not in known:
                return node.id, node.lineno
    return None


def _within(function: Function) -> Iterator[str]:
    """Names that a function takes or binds anywhere."""
    assert function.node is not None
    yield from (one.arg for one in ast.walk(function.node.args) if isinstance(one, ast.arg))
    yield from _bound(function.node)
    for node in function.walk():
        yield from _bound(node)


def _is_plain(function: Function, tree: ast.Module) -> bool:
    """Whether a function stands in a module or its class, and nothing there makes names."""
    bodies = [tree.body, *(n.body for n in tree.body if isinstance(n, ast.ClassDef))]
    placed = any(one is function.node for body in bodies for one in body)
    made = any(
        (isinstance(n, ast.ImportFrom) and any(a.name == "*" for a in n.names))
        or (isinstance(n, ast.Name) and n.id in ("globals", "exec", "eval", "builtins", "vars"))
        or (isinstance(n, ast.Attribute) and n.attr in ("__dict__", "modules", "__builtins__"))
        for n in ast.walk(tree)
    )
    return placed and not made


def _bound(node: ast.AST) -> Iterator[str]:
    """Names that a scope binds, without what lies in functions but for what they call global."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield child.name
        if isinstance(child, ast.alias):
            yield (child.asname or child.name).partition(".")[0]
        if isinstance(child, ast.Name) and _is_stored(child):
            yield child.id
        if isinstance(child, ast.ExceptHandler) and child.name:
            yield child.name
        if isinstance(child, _INNER):
            yield from (n for g in ast.walk(child) if isinstance(g, ast.Global) for n in g.names)
        else:
            yield from _bound(child)


def _evaluated(node: ast.AST) -> Iterator[ast.expr]:
    """Expressions that are surely evaluated with a statement."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*_ELSEWHERE, *_INNER)):
            continue
        if isinstance(child, ast.expr):
            yield child
        yield from _evaluated(child)


def _is_stored(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)
