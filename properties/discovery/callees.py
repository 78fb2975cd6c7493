"""The functions of a target that a function calls, and that these call in turn."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .source import Class, Function, Survey

_DEEP = 3


def callees(function: Function, survey: Survey, owner: Class | None = None) -> tuple[Function, ...]:
    """Everything of its own that the target runs below a function, as far as names tell.

    ``f(x)`` is a function, ``self.f(x)`` a method of the owner; ``self.loss.f(x)`` may be that
    method of any class.
    """
    found: list[Function] = []
    front = [function]
    for _ in range(_DEEP):
        below = [g for f in front for g in _called(f, survey, owner)]
        front = [g for g in dict.fromkeys(below) if g not in found and g is not function]
        found += front
    return tuple(found)


def _called(function: Function, survey: Survey, owner: Class | None) -> Iterator[Function]:
    own = owner.methods if owner is not None else {}
    for node in function.walk():
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name):
            yield from (f for f in survey.functions if f.name == called.id)
        elif isinstance(called, ast.Attribute) and ast.unparse(called.value) in ("self", "cls"):
            yield from (m for name, m in own.items() if name == called.attr)
        elif isinstance(called, ast.Attribute):
            others = (k for k in survey.classes if k is not owner)
            yield from (m for k in others for n, m in k.methods.items() if n == called.attr)
