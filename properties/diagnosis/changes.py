"""Small changes of an expression: what a slip of the pen makes of a right line."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from .names import kind_of, of_numpy, other_names, other_parts, renamed

_REDUCTIONS = ("sum", "mean", "var", "max")
_UNWRAPPED = ("sqrt", "log", "exp", "maximum", "inv", "trace")


@dataclass(frozen=True)
class Change:
    """A changed expression, and which part of the right one was changed.

    ``new`` is None where ``old`` was left out; ``words`` say it better than the two.
    """

    expression: ast.expr
    old: ast.expr
    new: ast.expr | None
    words: str = ""

    @property
    def is_a_number(self) -> bool:
        """Whether another number stands there, which a factor may make up for."""
        return isinstance(self.old, ast.Constant)

    @property
    def rank(self) -> int:
        """How seldom it is made: another name, a part left out, anything else."""
        if isinstance(self.old, ast.Name) and isinstance(self.new, ast.Name):
            return 0
        return 1 if self.new is None else 2

    def said(self) -> str:
        """In words, after "what comes out"."""
        if self.words:
            return self.words
        old = ast.unparse(self.old)
        if self.new is None:
            return f"without {old}"
        operators = _operators(self.old, self.new)
        if operators is not None:
            return "with {1} for {0} in ".format(*operators) + old
        return f"with {ast.unparse(self.new)} in place of {old}"


_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.MatMult: "@",
}


def _operators(old: ast.expr, new: ast.expr) -> tuple[str, str] | None:
    """The operators, where two operations on the same operands differ in that alone."""
    if not isinstance(old, ast.BinOp) or not isinstance(new, ast.BinOp):
        return None
    if old.left is not new.left or old.right is not new.right:
        return None
    return _SIGNS[type(old.op)], _SIGNS[type(new.op)]


def changes(expression: ast.expr, known: Mapping[str, Any]) -> Iterator[Change]:
    """Every expression that differs in one place; ``known`` are the values it may read."""
    for change in _everywhere(expression, known):
        _locate(change.expression)
        yield change


def _locate(node: ast.expr | ast.keyword) -> None:
    """Give new nodes a place in a text, which compiling asks for; those of the line have one."""
    if isinstance(node, ast.expr) and hasattr(node, "lineno") and not hasattr(node, "changed"):
        return
    node.lineno = node.end_lineno = 1
    node.col_offset = node.end_col_offset = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.expr, ast.keyword)):
            _locate(child)


def _everywhere(expression: ast.expr, known: Mapping[str, Any]) -> Iterator[Change]:
    yield from _inside(expression, known)
    if isinstance(expression, ast.Name):
        for new in other_parts(expression, known):
            yield Change(new, expression, new)
        return
    if not isinstance(expression, ast.Attribute):
        transposed = _transposed(expression)
        yield Change(transposed, expression, transposed)
    for name, value in known.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            whole = ast.Name(name, ast.Load())
            yield Change(whole, expression, whole)
    yield from _exchanged(expression, known)


def _inside(node: ast.expr, known: Mapping[str, Any]) -> Iterator[Change]:
    yield from _here(node, known)
    for field, child in ast.iter_fields(node):
        if isinstance(child, ast.expr) and not _is_function(node, field, child):
            for change in _inside(child, known):
                yield _within(node, field, change.expression, change)
        elif isinstance(child, list):
            for place, item in enumerate(child):
                if not isinstance(item, ast.expr):
                    continue
                for change in _inside(item, known):
                    items = [*child[:place], change.expression, *child[place + 1 :]]
                    yield _within(node, field, items, change)


def _exchanged(expression: ast.expr, known: Mapping[str, Any]) -> Iterator[Change]:
    """Two names of one shape, each in the place of the other."""
    names = sorted({n.id for n in ast.walk(expression) if isinstance(n, ast.Name)} & known.keys())
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            if kind_of(known[first]) != kind_of(known[second]):
                continue
            new = renamed(expression, {first: second, second: first})
            yield Change(new, expression, new, f"with {first} and {second} exchanged")


def _within(node: ast.expr, field: str, value: Any, change: Change) -> Change:
    parent = copy.copy(node)
    parent.changed = True  # type: ignore[attr-defined]
    setattr(parent, field, value)
    return Change(parent, change.old, change.new, change.words)


def _is_function(node: ast.expr, field: str, child: ast.expr) -> bool:
    """Whether a child is a function of numpy, and not an array whose method is called."""
    if field == "slice":
        return not isinstance(child, ast.Tuple)
    return isinstance(node, ast.Attribute) and isinstance(child, ast.Name) and child.id == "np"


def _here(node: ast.expr, known: Mapping[str, Any]) -> Iterator[Change]:
    if _is_reduction(node) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)):
        for name in known:
            if kind_of(known[name]) == "int":
                size = ast.Name(name, ast.Load())
                for divisor in (size, ast.Call(of_numpy("sqrt"), [size], [])):
                    share = ast.BinOp(node, ast.Div(), divisor)
                    yield Change(share, node, share)
    if isinstance(node, ast.BinOp):
        yield from _of_operation(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield Change(node.operand, node, node.operand)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield from _of_call(node, node.func)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield Change(node.value, node, node.value)
    elif isinstance(node, ast.Compare):
        for operator in (ast.Lt(), ast.GtE(), ast.LtE()):
            compared = ast.Compare(node.left, [operator], node.comparators)
            yield Change(compared, node, compared)
    elif isinstance(node, ast.Subscript):
        yield from _of_index(node)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and node.value:
        for number in (2 * node.value, node.value / 2):
            yield Change(ast.Constant(number), node, ast.Constant(number))
    elif isinstance(node, ast.Name):
        for other in other_names(node, known):
            yield Change(other, node, other)


def _is_reduction(node: ast.expr) -> TypeGuard[ast.Call]:
    """Whether a node is a sum or the like over an axis."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return node.func.attr in _REDUCTIONS and bool(node.args)


def _of_index(node: ast.Subscript) -> Iterator[Change]:
    """``a[rows, y]`` takes one entry of each row, ``a[:, y]`` whole columns."""
    everything = ast.Slice()
    inner = node.value
    if _is_reduction(inner) and isinstance(node.slice, ast.Tuple):
        # A value for each row: one for each column, or one for all.
        for args in ([ast.Constant(0)], []):
            call = ast.Call(inner.func, list(args), [])
            yield Change(call, node, call)
    if isinstance(node.slice, ast.Tuple) and isinstance(node.slice.elts[0], ast.Name):
        index = ast.Tuple([everything, *node.slice.elts[1:]], ast.Load())
        new: ast.expr = ast.Subscript(node.value, index, node.ctx)
        yield Change(new, node, new)
    elif isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "np.eye":
        # What dx[:, y] -= 1 does: the columns of all labels change in every row.
        new = ast.Call(ast.Attribute(node, "max", ast.Load()), [ast.Constant(0)], [])
        yield Change(new, node, new, "with [:, y] in place of [rows, y]: whole columns change")


def _of_operation(node: ast.BinOp) -> Iterator[Change]:
    left, right, op = node.left, node.right, node.op
    others: tuple[ast.operator, ...] = ()
    if isinstance(op, ast.Add):
        others = (ast.Sub(),)
    elif isinstance(op, ast.Sub):
        others = (ast.Add(),)
        yield Change(ast.UnaryOp(ast.USub(), right), left, None)
        for other in (right, ast.BinOp(right, op, left)):
            yield Change(other, node, other)
    elif isinstance(op, ast.Mult):
        others = (ast.Div(), ast.Add())
    elif isinstance(op, ast.Div):
        others = (ast.Mult(), ast.FloorDiv())
        turned = ast.BinOp(ast.Constant(1), op, right)
        yield Change(turned, left, None)
    elif isinstance(op, ast.MatMult):
        others = (ast.Mult(),)
        for a, b in ((right, left), (_transposed(left), right), (left, _transposed(right))):
            product = ast.BinOp(a, op, b)
            yield Change(product, node, product)
    elif isinstance(op, ast.Pow):
        yield from _of_power(node)
        return
    yield from _parentheses_lost(node)
    yield Change(left, right, None)
    if not isinstance(op, ast.Sub):
        yield Change(right, left, None)
    for operator in others:
        new = ast.BinOp(left, operator, right)
        yield Change(new, node, new)


def _parentheses_lost(node: ast.BinOp) -> Iterator[Change]:
    """``a / (b + c)`` written as ``a / b + c``, or the other way round."""
    left, right = node.left, node.right
    if isinstance(node.op, (ast.Add, ast.Sub)):
        if isinstance(left, ast.BinOp) and isinstance(left.op, (ast.Mult, ast.MatMult)):
            inner = ast.BinOp(left.right, node.op, right)
            new = ast.BinOp(left.left, left.op, inner)
            yield Change(new, node, new)
        return
    if isinstance(right, ast.BinOp) and isinstance(right.op, (ast.Add, ast.Sub)):
        new = ast.BinOp(ast.BinOp(left, node.op, right.left), right.op, right.right)
        yield Change(new, node, new)
    if isinstance(left, ast.BinOp) and isinstance(left.op, (ast.Add, ast.Sub)):
        new = ast.BinOp(left.left, left.op, ast.BinOp(left.right, node.op, right))
        yield Change(new, node, new)


def _of_power(node: ast.BinOp) -> Iterator[Change]:
    exponent = ast.literal_eval(node.right)
    for other in (exponent - 1, exponent + 1, -exponent):
        if other != 0:
            new: ast.expr = node.left
            if other != 1:
                new = ast.BinOp(node.left, node.op, ast.Constant(other))
            yield Change(new, node, new)
    if exponent == 2:
        new = ast.Call(of_numpy("abs"), [node.left], [])
        yield Change(new, node, new)


def _transposed(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


def _of_call(node: ast.Call, function: ast.Attribute) -> Iterator[Change]:
    name = function.attr
    new: ast.expr
    if isinstance(function.value, ast.Name) and function.value.id == "np":
        if name == "outer":
            new = ast.Call(function, [node.args[1], node.args[0]], [])
            yield Change(new, node, new)
        elif name == "log":
            for other in ("log2", "log10"):
                new = ast.Call(of_numpy(other), node.args, [])
                yield Change(new, node, new)
    if name in _UNWRAPPED and node.args:
        inner = node.args[-1]
        yield Change(inner, node, inner)
        if len(node.args) == 1 and isinstance(inner, ast.BinOp):
            # The closing parenthesis too early: f(a) + b for f(a + b).
            new = ast.BinOp(ast.Call(function, [inner.left], []), inner.op, inner.right)
            yield Change(new, node, new)
    if name == "sum":
        new = ast.Call(of_numpy("sqrt"), [node], [])
        yield Change(new, node, new)
    if name in _REDUCTIONS and node.args:
        for new in _reductions(node, function):
            yield Change(new, node, new)


def _reductions(node: ast.Call, function: ast.Attribute) -> Iterator[ast.expr]:
    axis = ast.literal_eval(node.args[0])
    other_axis = ast.Constant(1 - axis)
    yield ast.Call(function, [other_axis], [])
    yield ast.Call(function, [other_axis], [ast.keyword("keepdims", ast.Constant(True))])
    yield ast.Call(function, [], [])
    if axis == 0:
        yield ast.Subscript(function.value, ast.Constant(0), ast.Load())
        yield ast.Subscript(function.value, ast.Constant(-1), ast.Load())
    if function.attr == "max":
        return
    for name in ("sum", "mean", "std"):
        if name != function.attr and (name != "std" or function.attr == "var"):
            yield ast.Call(ast.Attribute(function.value, name, ast.Load()), node.args, [])
    if function.attr == "var":
        keyword = ast.keyword("ddof", ast.Constant(1))
        yield ast.Call(function, node.args, [keyword])
    else:
        yield function.value
