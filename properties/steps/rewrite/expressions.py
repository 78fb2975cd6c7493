"""The part of the rewriting that goes into expressions."""

from __future__ import annotations

import ast
from typing import Any

__all__ = ["Expressions"]

_UNTOUCHED_CALLS = {
    "super",
    "locals",
    "globals",
    "range",
    "len",
    "print",
    "isinstance",
    "eval",
    "exec",
    "type",
    "hasattr",
}
_SIZES = {"shape", "ndim", "size", "dtype"}
_CONFIGURATION = {"axis", "keepdims", "dtype", "shape", "out", "order"}


class Expressions:
    """Sends every use of a name and every subexpression through a probe."""

    _known: frozenset[str]

    def _number(self, kind: Any, name: str, text: str, line: int) -> int:
        raise NotImplementedError

    def _call(self, number: int, value: ast.expr, key: ast.expr | None = None) -> ast.expr:
        raise NotImplementedError

    # expressions ----------------------------------------------------------------------------
    def _inner(self, node: ast.expr, plain: bool) -> ast.expr:
        """Rewrite the inside of an expression whose own value already has a probe."""
        if plain:
            return node
        if isinstance(node, ast.Name):
            return self.expression(node)
        return self._children(node)

    def expression(self, node: ast.expr) -> ast.expr:
        """Rewrite an expression that is read."""
        if isinstance(node, ast.Name):
            if node.id not in self._known or node.id in ("self", "cls"):
                return node
            return self._call(self._number("use", node.id, node.id, node.lineno), node)
        text = ast.unparse(node)
        wrapped = (
            isinstance(node, (ast.BinOp, ast.Call, ast.Subscript))
            or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub))
            or (isinstance(node, ast.Attribute) and node.attr not in _SIZES)
        )
        if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
            return node
        if isinstance(node, ast.Attribute) and self._is_module(node):
            return node
        new = self._children(node)
        if not wrapped:
            return new
        return self._call(self._number("expr", "", text, node.lineno), new)

    def _is_module(self, node: ast.expr) -> bool:
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id not in self._known

    def _children(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.BinOp):
            node.left, node.right = self.expression(node.left), self.expression(node.right)
        elif isinstance(node, ast.UnaryOp):
            node.operand = self.expression(node.operand)
        elif isinstance(node, ast.Call):
            self._call_children(node)
        elif isinstance(node, ast.Attribute) and node.attr not in _SIZES:
            node.value = self.expression(node.value)
        elif isinstance(node, ast.Subscript):
            if not self._is_size(node.value):
                node.value = self.expression(node.value)
        elif isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            node.elts = [self.expression(part) for part in node.elts]
        elif isinstance(node, ast.Dict):
            node.values = [self.expression(part) for part in node.values]
        elif isinstance(node, ast.IfExp):
            node.body, node.orelse = self.expression(node.body), self.expression(node.orelse)
        elif isinstance(node, ast.NamedExpr):
            number = self._number("assign", node.target.id, ast.unparse(node.value), node.lineno)
            node.value = self._call(number, self._inner(node.value, False))
        elif isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
            node.elt = self.expression(node.elt)
        elif isinstance(node, ast.Starred):
            node.value = self.expression(node.value)
        elif isinstance(node, ast.Lambda):
            node.body = self.expression(node.body)
        return node

    def _is_size(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Attribute) and node.attr in _SIZES

    def _call_children(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in _UNTOUCHED_CALLS:
            return
        if any(keyword.arg == "out" for keyword in node.keywords):
            return
        if isinstance(node.func, ast.Attribute):
            if node.func.attr in ("at", "copyto", "put", "fill", "sort", "append", "update"):
                return
            if not self._is_module(node.func):
                node.func.value = self.expression(node.func.value)
        elif isinstance(node.func, ast.Lambda):
            node.func = self._children(node.func)
        node.args = [self.expression(part) for part in node.args]
        for keyword in node.keywords:
            if keyword.arg not in _CONFIGURATION:
                keyword.value = self.expression(keyword.value)
