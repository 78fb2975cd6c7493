"""Whether examples stand in columns: what the code multiplies with what."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from .source import Function


def in_columns(functions: Iterable[Function]) -> bool:
    """Whether weights stand left of what they multiply, so that examples are columns.

    A bias that is added to such a product is a column.
    """
    for function in functions:
        for node in function.walk():
            if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)):
                continue
            for side in (node.left, node.right):
                factors = _factors(side)
                if factors and _weight(factors[0]) and not _weight(factors[1]):
                    return True
    return False


def _factors(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return node.left, node.right
    if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in (
        "dot",
        "matmul",
    ):
        if len(node.args) == 2:
            return node.args[0], node.args[1]
        if len(node.args) == 1 and isinstance(node.func, ast.Attribute):
            return node.func.value, node.args[0]
    return None


def _weight(node: ast.expr) -> bool:
    text = ast.unparse(node).rpartition(".")[2].strip("_'\"]").lower()
    text = text.rpartition("['")[2]
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return False
    return re.match(r"^(w|u|v|weights?|theta|kernel|wx|wh)(_?\w{0,3}|\d*)$", text) is not None
