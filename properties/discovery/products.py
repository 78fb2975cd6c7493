"""Products in code: vectors that are multiplied by themselves, numbers that weigh a penalty."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .source import Function

_REDUCTIONS = ("sum", "mean", "norm")


def squared(node: ast.AST) -> tuple[ast.Name, list[ast.expr]] | None:
    """What is multiplied by itself to a number, and its factors: ``lam * w @ w``, ``np.dot(w, w)``.

    Of a capital letter it is the square of a matrix.
    """
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        *rest, left = _factors(node.left)
        both = [left, node.right]
    elif isinstance(node, ast.Call) and _last(node) in ("dot", "inner", "vdot"):
        made = isinstance(node.func, ast.Attribute) and len(node.args) == 1
        rest = []
        both = [*([node.func.value] if made and isinstance(node.func, ast.Attribute) else [])]
        both += node.args
    else:
        return None
    names = [one for one in both if isinstance(one, ast.Name) and one.id == one.id.lower()]
    same = len(names) == len(both) == 2 and names[0].id == names[1].id
    return (names[0], rest) if same else None


def penalty_factors(function: Function) -> set[str]:
    """Names of numbers: what weighs a term that is a number, in a sum of several terms.

    They are ``a`` and ``r`` in ``mse + a * r * np.abs(w).sum() + a * (1 - r) * w @ w``.
    """
    found: set[str] = set()
    for node in function.walk():
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
            for term in (node.left, node.right):
                found |= set(_weights(term))
    return found


def _weights(term: ast.expr) -> Iterator[str]:
    square = squared(term)
    factors = square[1] if square is not None else _factors(term)
    if square is None and not any(_is_number(one) for one in factors):
        return
    for one in factors:
        rest = [one]
        if isinstance(one, ast.BinOp) and isinstance(one.op, (ast.Add, ast.Sub)):
            sides = (one.left, one.right)
            rest = [*sides] if any(isinstance(side, ast.Constant) for side in sides) else []
        yield from (part.id for part in rest if isinstance(part, ast.Name))


def _factors(node: ast.expr) -> list[ast.expr]:
    """The factors of a product, in order."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*_factors(node.left), *_factors(node.right)]
    return [node]


def _is_number(node: ast.expr) -> bool:
    """Whether a factor is one number: a sum over everything, or a product with itself."""
    if squared(node) is not None:
        return True
    if not isinstance(node, ast.Call) or _last(node) not in _REDUCTIONS or node.keywords:
        return False
    of_module = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in (
        "np",
        "numpy",
        "np.linalg",
        "numpy.linalg",
    )
    return len(node.args) == int(of_module or isinstance(node.func, ast.Name))


def _last(node: ast.Call) -> str:
    return ast.unparse(node.func).rpartition(".")[2]
