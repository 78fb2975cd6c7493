"""What may stand by mistake where a name stands, and factors and terms that are missing."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from .edit import Changes, Made, Site, binary, method, name, of_numpy
from .operations import is_product_or_sum

_DEFAULTS = {"eps": 1e-5, "momentum": 0.9}
_FUNCTIONS = ("sqrt", "abs", "sign")
_OPERANDS = (ast.Name, ast.Call, ast.BinOp, ast.Subscript, ast.Attribute, ast.UnaryOp)


def kind_of(value: Any) -> Any:
    """Shape and type; values of one kind may be taken for each other."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.kind in "iub"
    return "int" if isinstance(value, (int, np.integer)) else "number"


def variables(site: Site) -> Changes:
    """Another variable; where values are known, one of the same kind, or a function of it."""
    node, scope = site.node, site.scope
    if not isinstance(node, ast.Name):
        return
    known = scope.values
    mine = None if known is None else kind_of(known.get(node.id))
    for other in scope.names:
        if other != node.id and (known is None or kind_of(known[other]) == mine):
            yield Made("wrong variable", name(other))
    if known is not None and node.id in known:
        for new in _functions(node, known[node.id]):
            yield Made("function of a variable", new, 3.0)


def _functions(node: ast.Name, value: Any) -> list[ast.expr]:
    """What a value is taken for: its square, its root, its complement, itself centred."""
    one = ast.Constant(1)
    square = binary(node, ast.Pow(), ast.Constant(2))
    complement = binary(one, ast.Sub(), node)
    kind = kind_of(value)
    if kind == "number":
        default = [ast.Constant(_DEFAULTS[node.id])] if node.id in _DEFAULTS else []
        return [square, complement, of_numpy("sqrt", node), *default]
    if not isinstance(value, np.ndarray):
        return []
    if value.dtype.kind in "iu":
        return [binary(node, ast.Sub(), one), binary(node, ast.Add(), one)]
    if value.dtype.kind != "f":
        return []
    found: list[ast.expr] = [square]
    if value.ndim == 2 and value.shape[0] == value.shape[1]:
        found.append(binary(node, ast.MatMult(), node))
    found += [of_numpy(function, node) for function in _FUNCTIONS]
    found += [of_numpy("maximum", ast.Constant(0), node), complement]
    if value.ndim == 1:
        found.append(method(node, "sum"))
    elif value.ndim == 2:
        for axis in ([ast.Constant(0)], []):
            found.append(binary(node, ast.Sub(), method(node, "mean", *axis)))
    return found


def replaced(site: Site) -> Changes:
    """All of a line: another value in its place, its names exchanged, a part of it alone."""
    known, node = site.scope.values, site.node
    if not site.whole or known is None:
        return
    if isinstance(node, ast.Name):
        for part in _parts(node, known.get(node.id)):
            yield Made("a part alone", part, 3.0)
        return
    for other, value in known.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            yield Made("another value", name(other), 3.0)
    read = sorted({n.id for n in ast.walk(node) if isinstance(n, ast.Name)} & known.keys())
    for place, first in enumerate(read):
        for second in read[place + 1 :]:
            if kind_of(known[first]) == kind_of(known[second]):
                new = _renamed(node, {first: second, second: first})
                words = f"with {first} and {second} exchanged"
                yield Made("names exchanged", new, 3.0, words=words)


def _parts(node: ast.Name, value: Any) -> list[ast.expr]:
    """One number fewer or more; the first or the last example alone."""
    one = ast.Constant(1)
    if isinstance(value, (int, np.integer)):
        return [binary(node, ast.Sub(), one), binary(node, ast.Add(), one)]
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
        return []
    last = ast.UnaryOp(ast.USub(), one)
    slices = (ast.Slice(last, None), ast.Slice(None, one))
    return [ast.Subscript(node, part, ast.Load()) for part in slices]


def _renamed(node: ast.expr, other: Mapping[str, str]) -> ast.expr:
    """A copy of an expression with other names."""
    found = copy.deepcopy(node)
    for child in ast.walk(found):
        if isinstance(child, ast.Name):
            child.id = other.get(child.id, child.id)
    return found


def scales(site: Site) -> Changes:
    """A factor or a term that is missing."""
    node, scope = site.node, site.scope
    if not isinstance(node, _OPERANDS):
        return
    part = "" if is_product_or_sum(node) else " of a part"
    yield Made(f"times two{part}", binary(ast.Constant(2), ast.Mult(), node), 3.0)
    yield Made("half", binary(ast.Constant(0.5), ast.Mult(), node), 3.0)
    if scope.values is not None:
        return
    if isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
        yield Made("missing square", binary(node, ast.Pow(), ast.Constant(2)), 3.0)
    size = 3 if site.whole else 3 + sum(1 for _ in ast.walk(node)) // 8
    term = size + 1 + site.inside
    for other in scope.names:
        read = name(other)
        yield Made("missing factor", binary(node, ast.Mult(), read), size)
        yield Made("missing divisor", binary(node, ast.Div(), read), size)
        yield Made("missing term", binary(node, ast.Add(), read), term)
        yield Made("missing term", binary(node, ast.Sub(), read), term)
        yield Made("taken from", binary(read, ast.Sub(), node), term)
