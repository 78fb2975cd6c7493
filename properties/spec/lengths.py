"""The length of an axis: a number, a letter, or a sum, difference, product, quotient of such."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache

Axis = int | str

_ARITHMETIC = (ast.Name, ast.BinOp, ast.expr_context, ast.Add, ast.Sub, ast.Mult, ast.FloorDiv)


def length(axis: Axis, sizes: Mapping[str, int]) -> int:
    """The number that a length stands for; KeyError where ``sizes`` lacks a letter of it.

    >>> length("4 * H", {"H": 3}), length("D - 5", {"D": 3})
    (12, 0)
    """
    return axis if isinstance(axis, int) else _value(_parsed(axis), sizes)


def letters_of(axis: Axis) -> list[str]:
    """The letters of a length."""
    if isinstance(axis, int):
        return []
    return [node.id for node in ast.walk(_parsed(axis)) if isinstance(node, ast.Name)]


@cache
def _parsed(axis: str) -> ast.expr:
    return ast.parse(axis, mode="eval").body


def _value(node: ast.expr, sizes: Mapping[str, int]) -> int:
    if isinstance(node, ast.Name):
        return sizes[node.id]
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, sizes), _value(node.right, sizes)
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.FloorDiv):
            return left // max(right, 1)
        return left + right if isinstance(node.op, ast.Add) else max(left - right, 0)
    assert isinstance(node, ast.Constant)
    return int(str(node.value))


def length_of(node: ast.expr) -> Axis:
    """Read a length: a number, a letter, or a sum, difference, product, whole quotient of such."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    for part in ast.walk(node):
        number = isinstance(part, ast.Constant) and type(part.value) is int
        if not (number or isinstance(part, _ARITHMETIC)):
            raise ValueError(ast.unparse(node))
    if not letters_of(text := ast.unparse(node)):
        raise ValueError(text)
    return text
