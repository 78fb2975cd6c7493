"""What may stand by mistake where a name stands."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

_DEFAULTS = {"eps": 1e-5, "momentum": 0.9}
_FUNCTIONS = ("sqrt", "abs", "sign")


def other_names(node: ast.Name, known: Mapping[str, Any]) -> Iterator[ast.expr]:
    """Another value of the same shape, or a function of this one."""
    mine = known.get(node.id)
    kind = kind_of(mine)
    for name, value in known.items():
        if name != node.id and kind_of(value) == kind:
            yield ast.Name(name, ast.Load())
    if kind == "number":
        yield ast.BinOp(node, ast.Pow(), ast.Constant(2))
        yield ast.BinOp(ast.Constant(1), ast.Sub(), node)
        yield ast.Call(of_numpy("sqrt"), [node], [])
        if node.id in _DEFAULTS:
            yield ast.Constant(_DEFAULTS[node.id])
    elif isinstance(mine, np.ndarray) and mine.dtype.kind == "f":
        yield from _functions(node, mine)
    elif isinstance(mine, np.ndarray) and mine.dtype.kind in "iu":
        yield ast.BinOp(node, ast.Sub(), ast.Constant(1))
        yield ast.BinOp(node, ast.Add(), ast.Constant(1))


def _functions(node: ast.Name, mine: np.ndarray[Any, Any]) -> Iterator[ast.expr]:
    yield ast.BinOp(node, ast.Pow(), ast.Constant(2))
    if mine.ndim == 2 and mine.shape[0] == mine.shape[1]:
        yield ast.BinOp(node, ast.MatMult(), node)
    for function in _FUNCTIONS:
        yield ast.Call(of_numpy(function), [node], [])
    yield ast.Call(of_numpy("maximum"), [ast.Constant(0), node], [])
    yield ast.BinOp(ast.Constant(1), ast.Sub(), node)
    total = ast.Call(ast.Attribute(node, "sum", ast.Load()), [], [])
    if mine.ndim == 1:
        yield total
    elif mine.ndim == 2:
        for axis in ([ast.Constant(0)], []):
            mean = ast.Call(ast.Attribute(node, "mean", ast.Load()), list[ast.expr](axis), [])
            yield ast.BinOp(node, ast.Sub(), mean)


def of_numpy(function: str) -> ast.Attribute:
    """The name ``np.function``."""
    return ast.Attribute(ast.Name("np", ast.Load()), function, ast.Load())


def kind_of(value: Any) -> Any:
    """Shape and type; values of one kind may be taken for each other."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.kind in "iub"
    return "int" if isinstance(value, (int, np.integer)) else "number"


def other_parts(node: ast.Name, known: Mapping[str, Any]) -> Iterator[ast.expr]:
    """One number fewer; the first or the last example alone."""
    value = known.get(node.id)
    one = ast.Constant(1)
    if isinstance(value, (int, np.integer)):
        yield ast.BinOp(node, ast.Sub(), one)
        yield ast.BinOp(node, ast.Add(), one)
    elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
        last = ast.UnaryOp(ast.USub(), one)
        for part in (ast.Slice(last, None), ast.Slice(None, one)):
            yield ast.Subscript(node, part, ast.Load())


def renamed(node: ast.expr, other: Mapping[str, str]) -> ast.expr:
    """A copy of an expression with other names."""
    if isinstance(node, ast.Name):
        return ast.Name(other.get(node.id, node.id), node.ctx)
    found = copy.copy(node)
    found.changed = True  # type: ignore[attr-defined]
    for field, child in ast.iter_fields(node):
        if isinstance(child, ast.expr):
            setattr(found, field, renamed(child, other))
        elif isinstance(child, list):
            made = [renamed(item, other) if isinstance(item, ast.expr) else item for item in child]
            setattr(found, field, made)
    return found
