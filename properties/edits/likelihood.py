"""Which of many changes are the likeliest."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import replace

from .edit import Edit, Scope
from .generate import edits


def likeliest(
    statement: ast.stmt,
    names: Sequence[str],
    unused: frozenset[str] = frozenset(),
    *,
    most: int = 900,
    among: Collection[str] | None = None,
) -> list[Edit]:
    """The changes of a statement, each text once, the likeliest first.

    Parameters
    ----------
    names
        Variables that may stand for another one.
    unused
        Those of them that nothing reads: they are likely to be what is missing.
    """
    found: dict[str, Edit] = {}
    original = ast.unparse(statement)
    missed = unused - _read(statement)
    for edit in edits(statement, Scope(tuple(names)), among=among):
        text = ast.unparse(edit.tree)
        if text != original and text not in found:
            used = missed and missed & _read(edit.tree)
            found[text] = replace(edit, cost=max(edit.cost - 2, 0.5)) if used else edit
    return sorted(found.values(), key=lambda one: one.cost)[:most]


def _read(tree: ast.AST) -> set[str]:
    nodes = (n for n in ast.walk(tree) if isinstance(n, ast.Name))
    return {n.id for n in nodes if isinstance(n.ctx, ast.Load)}
