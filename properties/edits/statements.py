"""Changes of a statement as such: how it assigns, and to what."""

from __future__ import annotations

import ast
import copy
from itertools import combinations

from .edit import SIGNS, Changes, Made, binary

_UPDATES = (ast.Add, ast.Sub, ast.Mult, ast.Div)


def assignments(node: ast.stmt) -> Changes:
    """Another update, an update for an assignment or the other way round, no statement at all."""
    if isinstance(node, ast.AugAssign):
        yield from _updates(node)
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        if isinstance(target, (ast.Name, ast.Subscript)):
            update = ast.AugAssign(target, ast.Add(), node.value)
            yield Made("= to +=", update, 3.0, words=f"with += in place of = in {_head(node)}")
        elif isinstance(target, (ast.Tuple, ast.List)):
            yield from _targets(node, target)


def _updates(node: ast.AugAssign) -> Changes:
    had = SIGNS[type(node.op)]
    for operator in _UPDATES:
        if not isinstance(node.op, operator):
            sign = SIGNS[operator]
            words = f"with {sign}= in place of {had}= in {_head(node)}"
            yield Made(
                f"{had} to {sign}", ast.AugAssign(node.target, operator(), node.value), words=words
            )
    twice = binary(ast.Constant(2), ast.Mult(), node.value)
    yield Made("times two", ast.AugAssign(node.target, node.op, twice), 3.0)
    words = f"with = in place of {had}= in {_head(node)}"
    yield Made("update to =", ast.Assign(targets=[node.target], value=node.value), 2.0, words=words)
    left_out = "drop term" if isinstance(node.op, (ast.Add, ast.Sub)) else "drop factor"
    yield Made(left_out, ast.Pass(), 3.0, words=f"without {_head(node)}")


def _targets(node: ast.Assign, target: ast.Tuple | ast.List) -> Changes:
    for a, b in combinations(range(len(target.elts)), 2):
        made = copy.copy(target)
        made.elts = list(target.elts)
        made.elts[a], made.elts[b] = made.elts[b], made.elts[a]
        one, two = ast.unparse(target.elts[a]), ast.unparse(target.elts[b])
        new = ast.Assign(targets=[made], value=node.value)
        yield Made("targets exchanged", new, 2.0, words=f"with {one} and {two} exchanged")


def _head(node: ast.stmt) -> str:
    return ast.unparse(node).partition("\n")[0]
