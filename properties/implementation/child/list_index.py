"""A list of indices where numpy now wants a tuple: ``x[[rows, columns]]``.

Until numpy 1.23 such a list meant ``x[rows, columns]``; since then it picks whole rows, silently.
Code of that age is run with the old meaning, wherever the elements cannot be plain integers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

import numpy as np

HELPER = "__list_index__"


def list_index(index: list[Any]) -> Any:
    """Read an index as numpy did before 1.23: a list with sequences or slices in it is a tuple.

    >>> list_index([0, 2])
    [0, 2]
    >>> list_index([range(2), slice(None)])
    (range(0, 2), slice(None, None, None))
    """
    for item in index:
        if item is None or item is Ellipsis or isinstance(item, (slice, range, list, tuple)):
            return tuple(index)
        if isinstance(item, np.ndarray) and item.ndim:
            return tuple(index)
    return index


class _Rewrite(ast.NodeTransformer):
    def __init__(self) -> None:
        self.count = 0

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        items = node.slice.elts if isinstance(node.slice, ast.List) else []
        if len(items) > 1 and any(not isinstance(item, ast.Constant) for item in items):
            self.count += 1
            call = ast.Call(ast.Name(HELPER, ast.Load()), [node.slice], [])
            node.slice = ast.copy_location(call, node.slice)
        return node


def read_list_indices(tree: ast.Module, nodes: Iterable[ast.AST]) -> list[str]:
    """Rewrite the indices of a syntax tree, of these nodes; give a note when there was one."""
    if not any(isinstance(n, ast.Subscript) and isinstance(n.slice, ast.List) for n in nodes):
        return []
    rewrite = _Rewrite()
    rewrite.visit(tree)
    if not rewrite.count:
        return []
    ast.fix_missing_locations(tree)
    return [f"x[[a, b]] is read as x[a, b], as before numpy 1.23; numpy {np.__version__} differs"]
