"""Every change of a tree: the rules, and the walk that applies them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from itertools import chain

from . import calls, names, operations, statements
from .edit import Changes, Edit, Scope, Site, made_of

Rule = Callable[[Site], Changes]
_RULES: tuple[Rule, ...] = (
    operations.operation,
    operations.drop,
    operations.comparisons,
    operations.numbers,
    calls.reductions,
    calls.products,
    calls.wrappers,
    calls.indices,
    operations.signs,
    operations.transposes,
    names.variables,
    names.replaced,
    names.scales,
)
_STATEMENTS = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)


def here(
    node: ast.AST,
    scope: Scope = Scope(),  # noqa: B008
    *,
    among: Collection[str] | None = None,
    inside: bool = False,
    whole: bool = False,
) -> Iterator[Edit]:
    """The changes of one expression or statement itself, without those of its parts."""
    if isinstance(node, ast.stmt):
        made = statements.assignments(node)
    elif isinstance(node, ast.expr):
        site = Site(node, scope, inside, whole)
        made = chain.from_iterable(rule(site) for rule in _RULES)
    else:
        return
    for one in made:
        if among is None or one.operator in among:
            yield made_of(node, one)


def edits(
    tree: ast.stmt | ast.expr,
    scope: Scope = Scope(),  # noqa: B008
    *,
    among: Collection[str] | None = None,
) -> Iterator[Edit]:
    """Every copy of an expression or a simple statement that is changed in one place.

    Parameters
    ----------
    tree
        An expression, or an assignment, update, return or call; another statement has no edits.
    scope
        Variables that may stand for another one.
    among
        The operators wanted; all of them when None.
    """
    if isinstance(tree, ast.expr):
        yield from _below(tree, scope, among, inside=False, whole=True)
        return
    if not isinstance(tree, _STATEMENTS):
        return
    yield from here(tree, scope, among=among)
    if tree.value is not None:
        for edit in _below(tree.value, scope, among, inside=False, whole=True):
            yield edit.within(tree, "value")
    yield from _in_target(tree, scope, among)


def _in_target(tree: ast.stmt, scope: Scope, among: Collection[str] | None) -> Iterator[Edit]:
    """The index of what is written to: ``dscores[range(N), y] -= 1``."""
    target: ast.expr
    if isinstance(tree, ast.AugAssign):
        target, field, place = tree.target, "target", -1
    elif isinstance(tree, ast.Assign):
        target, field, place = tree.targets[0], "targets", 0
    else:
        return
    if isinstance(target, ast.Subscript):
        for edit in _below(target.slice, scope, among, inside=True, whole=False):
            moved = edit.within(target, "slice").within(tree, field, place)
            yield replace(moved, cost=edit.cost + 1)


def _below(
    node: ast.expr, scope: Scope, among: Collection[str] | None, *, inside: bool, whole: bool
) -> Iterator[Edit]:
    yield from here(node, scope, among=among, inside=inside, whole=whole)
    inside = inside or _is_product(node)
    for child, way in _children(node):
        for edit in _below(child, scope, among, inside=inside, whole=False):
            for parent, field, place in reversed(way):
                edit = edit.within(parent, field, place)
            yield edit


def _is_product(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) or (
        isinstance(node, ast.BinOp) and not isinstance(node.op, (ast.Add, ast.Sub))
    )


_Way = tuple[tuple[ast.AST, str, int], ...]


def _children(node: ast.expr) -> Iterator[tuple[ast.expr, _Way]]:
    """The expressions that may be changed below a node, and the way to each."""
    skipped = _own_options(node)
    for field, value in ast.iter_fields(node):
        if isinstance(node, ast.NamedExpr) and field == "target":
            continue
        if isinstance(node, ast.Call) and field == "func":
            if isinstance(value, ast.Attribute) and not _is_module(value.value):
                yield value.value, ((node, "func", -1), (value, "value", -1))
            continue
        for place, child in enumerate(value if isinstance(value, list) else [value]):
            at = place if isinstance(value, list) else -1
            if isinstance(child, ast.keyword):
                if child.value not in skipped:
                    yield child.value, ((node, field, at), (child, "value", -1))
            elif isinstance(child, ast.expr) and child not in skipped and not _is_module(child):
                yield child, ((node, field, at),)


def _own_options(node: ast.expr) -> tuple[ast.expr, ...]:
    """Axes that are numbers, which the rule of reductions changes."""
    call = calls.called(node)
    if call is None or call.name not in calls.REDUCTIONS or call.axis is None:
        return ()
    return (call.axis,) if isinstance(call.axis, (ast.Constant, ast.UnaryOp)) else ()


def _is_module(node: ast.expr) -> bool:
    """Whether a node is numpy or a part of it; ``self`` stands for nothing else either."""
    if isinstance(node, ast.Attribute) and node.attr == "linalg":
        return _is_module(node.value)
    return isinstance(node, ast.Name) and node.id in (*calls.MODULES, "self")
