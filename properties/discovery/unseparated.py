"""Gradients that a function computes and applies at once, as a loop that trains does.

Nobody can call such a gradient, so it is said that it is there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from . import names
from .pairs import Candidate
from .source import Class, Function, Survey

_REASON = (
    "{} {} computed and applied inside it; a function that returns the cost and {} makes {} "
    "judgeable"
)


def of_training(survey: Survey, found: Sequence[Candidate]) -> Iterator[Candidate]:
    """Functions and methods that take steps along gradients which they compute themselves."""
    known = {(one.function.file, one.function.line) for one in found}
    places: list[tuple[Function, Class | None]] = [(f, None) for f in survey.functions]
    places += [
        (m, k) for k in survey.classes for m in k.methods.values() if m.owner in (k.name, "")
    ]
    for function, owner in places:
        applied = _applied(function)
        if not applied or (function.file, function.line) in known:
            continue
        told, many = ", ".join(applied), len(applied) > 1
        reason = _REASON.format(
            told, "are" if many else "is", *(["them"] * 2 if many else ["it"] * 2)
        )
        yield Candidate(function, owner, (), reason)


def _applied(function: Function) -> list[str]:
    """Gradients that are computed in a function, and that it subtracts from their parameters."""
    made: dict[str, None] = {}
    stepped: set[str] = set()
    for node in function.walk():
        if not isinstance(node, (ast.Assign, ast.AugAssign)):
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        name = _last(target)
        first = isinstance(node, ast.Assign) and isinstance(target, ast.Name)
        if first and names.is_gradient(name) and _is_computed(node.value):
            made[name] = None
        stepped |= {
            one for one in _names(node.value) if names.gradient_of(one) and names.same(one, name)
        }
    return [name for name in made if name in stepped]


def _is_computed(value: ast.expr) -> bool:
    """Whether a formula stands there, more than what another function of the file gives."""
    nodes = list(ast.walk(value))
    return any(isinstance(n, ast.BinOp) for n in nodes) or any(
        isinstance(n, ast.Attribute) and n.attr in ("dot", "matmul", "einsum", "sum", "mean")
        for n in nodes
    )


def _last(target: ast.expr) -> str:
    """The name of ``w``, ``self.w`` and ``params["w"]``."""
    if isinstance(target, ast.Subscript):
        key = target.slice
        return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def _names(value: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}
