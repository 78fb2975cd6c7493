"""What a case has around a value: factors that may be lost, paths that add up."""

from __future__ import annotations

import ast
from functools import cache

import numpy as np

from ..spec.case import Array
from ..spec.observation import Observation
from ..spec.row import LayerSpec
from ..spec.ways import compiled, value_of


def named(row: LayerSpec, observation: Observation) -> dict[str, Array]:
    """Factors that a formula of the layer may have once too often or not at all."""
    found: dict[str, Array] = {}
    for factor in row.hints.factors:
        expression = ast.parse(factor, mode="eval").body
        value = value_of(compiled(expression), observation.quantities)
        found[factor] = np.asarray(value, dtype=np.float64)
    return found


def terms(row: LayerSpec, observation: Observation, argument: str) -> dict[str, Array]:
    """The paths whose sum the argument is, in the way of writing that shows most of them."""
    if row.ways is None:
        return {}
    line = row.ways.line_of(argument)
    ways = row.ways.programs(observation.when)
    texts = [one.text for way in ways for one in way.lines if one.target == line]
    paths = max((_summands(text) for text in texts), key=len, default=())
    if len(paths) < 2:
        return {}
    got, found = observation.got[argument], {}
    for path in paths:
        try:
            value = value_of(compiled(path), observation.quantities)
            found[ast.unparse(path)] = np.broadcast_to(np.asarray(value), got.shape)
        except Exception:  # a case that has not all of it, a value of another shape
            return {}
    return found


@cache
def _summands(text: str) -> tuple[ast.expr, ...]:
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.Assign)
    return tuple(ast.fix_missing_locations(one) for one in _split(node.value))


def _split(node: ast.expr) -> list[ast.expr]:
    """The terms of a sum; of (a - b) / n those that the division gives."""
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Add):
            return [*_split(node.left), *_split(node.right)]
        if isinstance(node.op, ast.Sub):
            minus = (ast.UnaryOp(ast.USub(), one) for one in _split(node.right))
            return [*_split(node.left), *minus]
        if isinstance(node.op, (ast.Mult, ast.Div)):
            return [ast.BinOp(one, node.op, node.right) for one in _split(node.left)]
    return [node]
