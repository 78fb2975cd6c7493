"""The operators of the mutation bench: small changes of expressions and of statements in place."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

_SWAPS: dict[type[ast.operator], tuple[tuple[str, type[ast.operator]], ...]] = {
    ast.Add: (("+ to -", ast.Sub),),
    ast.Sub: (("- to +", ast.Add),),
    ast.Mult: (("* to @", ast.MatMult), ("* to /", ast.Div)),
    ast.Div: (("/ to *", ast.Mult),),
    ast.MatMult: (("@ to *", ast.Mult),),
}
_IN_PLACE: dict[type[ast.operator], tuple[str, type[ast.operator], str]] = {
    ast.Add: ("+ to -", ast.Sub, "drop term"),
    ast.Sub: ("- to +", ast.Add, "drop term"),
    ast.Mult: ("* to /", ast.Div, "drop factor"),
    ast.Div: ("/ to *", ast.Mult, "drop factor"),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[str, type[ast.cmpop]]] = {
    ast.Lt: ("< to <=", ast.LtE),
    ast.LtE: ("<= to <", ast.Lt),
    ast.Gt: ("> to >=", ast.GtE),
    ast.GtE: (">= to >", ast.Gt),
}
_NAMES = {"sum": "mean", "mean": "sum", "max": "min", "maximum": "minimum", "var": "std"}
OPERATORS = (
    "drop term",
    "drop factor",
    "times two",
    "sign",
    "drop sign",
    "transpose",
    "drop transpose",
    "swap operands of @",
    "@ to *",
    "* to @",
    "* to /",
    "/ to *",
    "+ to -",
    "- to +",
    "sum to mean",
    "mean to sum",
    "max to min",
    "maximum to minimum",
    "var to std",
    "axis flipped",
    "axis dropped",
    "keepdims added",
    "keepdims dropped",
    "< to <=",
    "<= to <",
    "> to >=",
    ">= to >",
    "constant + 1",
    "constant - 1",
    "wrong variable",
)
_REDUCTIONS = ("sum", "mean", "max", "min", "var", "std")


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Every change of one expression or statement, by the name of its operator."""
    if isinstance(node, ast.BinOp):
        yield from _of_operation(node)
    elif isinstance(node, ast.AugAssign):
        yield from _of_operation_in_place(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "drop sign", node.operand
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        name, operator = _COMPARISONS[type(node.ops[0])]
        yield name, ast.Compare(node.left, [operator(), *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        assert isinstance(node.value, (int, float))
        yield "constant + 1", ast.Constant(node.value + 1)
        yield "constant - 1", ast.Constant(node.value - 1)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield "drop transpose", node.value
    elif isinstance(node, ast.Call):
        yield from _of_call(node)


def _twice(node: ast.expr) -> ast.expr:
    return ast.BinOp(ast.Constant(2), ast.Mult(), node)


def _of_operation(node: ast.BinOp) -> Iterator[tuple[str, ast.expr]]:
    for name, operator in _SWAPS.get(type(node.op), ()):
        yield name, ast.BinOp(node.left, operator(), node.right)
    if isinstance(node.op, (ast.Add, ast.Sub)):
        yield "drop term", node.left
        yield "drop term", node.right
    if isinstance(node.op, (ast.Mult, ast.Div, ast.MatMult)):
        yield "drop factor", node.left
    if isinstance(node.op, (ast.Mult, ast.MatMult)):
        yield "drop factor", node.right
    if isinstance(node.op, ast.MatMult):
        yield "swap operands of @", ast.BinOp(node.right, ast.MatMult(), node.left)
        yield "transpose", ast.Attribute(node, "T", ast.Load())
    if type(node.op) in _SWAPS:
        yield "times two", _twice(node)
        yield "sign", ast.UnaryOp(ast.USub(), node)


def _of_operation_in_place(node: ast.AugAssign) -> Iterator[tuple[str, ast.stmt]]:
    if type(node.op) not in _IN_PLACE:
        return
    name, operator, drop = _IN_PLACE[type(node.op)]
    yield name, ast.AugAssign(node.target, operator(), node.value)
    yield "times two", ast.AugAssign(node.target, node.op, _twice(node.value))
    yield drop, ast.Pass()


def _of_call(node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    if not isinstance(node.func, ast.Attribute):
        return
    name = node.func.attr
    if name in _NAMES:
        other = copy.deepcopy(node)
        assert isinstance(other.func, ast.Attribute)
        other.func.attr = _NAMES[name]
        yield f"{name} to {other.func.attr}", other
    given = {keyword.arg: place for place, keyword in enumerate(node.keywords)}
    for argument in ("axis", "keepdims"):
        if argument in given:
            other = copy.deepcopy(node)
            del other.keywords[given[argument]]
            yield f"{argument} dropped", other
    if "axis" in given:
        axis = node.keywords[given["axis"]].value
        if isinstance(axis, ast.Constant) and axis.value in (0, 1):
            other = copy.deepcopy(node)
            other.keywords[given["axis"]].value = ast.Constant(1 - axis.value)
            yield "axis flipped", other
        if name in _REDUCTIONS and "keepdims" not in given:
            other = copy.deepcopy(node)
            other.keywords.append(ast.keyword("keepdims", ast.Constant(True)))
            yield "keepdims added", other
