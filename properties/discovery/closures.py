"""Functions that another one makes and hands out, and the values and functions beside them."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace

from . import names
from .classes import of_class
from .pairs import Candidate, Pairing
from .returning import joint_value
from .roles import called_in
from .scanning import parameters_of
from .source import Class, Function, Survey

_MADE_ANEW = (
    "{} makes it anew at each call; check_derivative(forward, backward) in a test judges what is "
    "made (docs/testing.md)"
)
_ADJOINTS = names.vocabulary("pullback pull_back vjp vjp_fun vjp_fn")


def of_closures(survey: Survey) -> Iterator[Candidate]:
    """Candidates among what functions make: a value and its adjoint, or forward and backward."""
    for outer, kind in _outer(survey):
        inner = handed_out(outer)
        backwards = [n for n in inner if names.is_backward(n.name) or n.name in _ADJOINTS]
        joint = any(joint_value(_function(outer, n)) is not None for n in inner)
        if not (backwards or joint):
            yield from _used_inside(outer)
            continue
        made = f"{outer.owner}.{outer.name}" if outer.owner else outer.name
        returned = set(map(id, _returned(outer, inner)))
        whole = all(id(n) in returned for n in inner)
        if len(inner) == 1 and whole and _returns_more(outer) and backwards:
            forward = replace(outer, node=_without(outer, inner))
            function = _function(outer, inner[0], name=f"{outer.name}.{inner[0].name}")
            pairing = Pairing(
                forward, replace(function, name=inner[0].name), "pair", kind, handed=True
            )
            yield Candidate(function, kind, (pairing,))
        elif (len(inner) > 1 or joint) and whole and kind is None:
            methods = {n.name: _function(outer, n, owner=outer.name) for n in inner}
            init = replace(outer, name="__init__", node=_without(outer, inner), owner=outer.name)
            methods = {"__init__": init, **methods}
            yield from of_class(
                Class(outer.name, outer.module, (), outer.doc, methods, factory=True)
            )
        else:
            for node in backwards:
                function = replace(_function(outer, node), name=f"{made}.{node.name}")
                yield Candidate(function, None, (), _MADE_ANEW.format(made))


def _outer(survey: Survey) -> Iterator[tuple[Function, Class | None]]:
    for function in survey.functions:
        yield function, None
    for kind in survey.classes:
        for method in kind.methods.values():
            if method.owner == kind.name:
                yield method, kind


def _used_inside(outer: Function) -> Iterator[Candidate]:
    """Functions that a function makes and gives a solver as the derivative of a value."""
    inner = {
        n.name: n for n in outer.walk() if isinstance(n, ast.FunctionDef) and n is not outer.node
    }
    made = f"{outer.owner}.{outer.name}" if outer.owner else outer.name
    for name in called_in(outer.walk()):
        if name in inner:
            function = replace(_function(outer, inner[name]), name=f"{made}.{name}")
            yield Candidate(function, None, (), _MADE_ANEW.format(made))


def handed_out(outer: Function) -> list[ast.FunctionDef]:
    """The functions that a function returns, or puts into an attribute or an entry."""
    inner = {n.name: n for n in outer.walk() if isinstance(n, ast.FunctionDef)}
    given = (
        node.value
        for node in outer.walk()
        if isinstance(node, ast.Return)
        or (isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name))
    )
    return _named([value for value in given if value is not None], inner)


def _named(values: Sequence[ast.expr], inner: dict[str, ast.FunctionDef]) -> list[ast.FunctionDef]:
    """Functions that values name without calling them."""
    read = [n for value in values for n in ast.walk(value)]
    called = {id(node.func) for node in read if isinstance(node, ast.Call)}
    found = {n.id for n in read if isinstance(n, ast.Name) and id(n) not in called}
    return [node for name, node in inner.items() if name in found]


def _returned(outer: Function, inner: Sequence[ast.FunctionDef]) -> list[ast.FunctionDef]:
    """Those that its last statement returns: in a tuple, a dict or a list."""
    last = outer.body[-1] if outer.body else None
    values = [last.value] if isinstance(last, ast.Return) and last.value is not None else []
    return _named(values, {n.name: n for n in inner})


def _returns_more(outer: Function) -> bool:
    """Whether a value stands beside the function that is returned."""
    last = outer.body[-1]
    value = last.value if isinstance(last, ast.Return) else None
    return isinstance(value, ast.Tuple) and len(value.elts) > 1


class _Without(ast.NodeTransformer):
    def __init__(self, inner: Sequence[str]) -> None:
        self._inner = inner

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:
        return None if node.name in self._inner else node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if isinstance(node.value, ast.Tuple):
            parts = node.value.elts
            kept = [p for p in parts if not (isinstance(p, ast.Name) and p.id in self._inner)]
            value: ast.expr = kept[0] if len(kept) == 1 else ast.Tuple(kept, ast.Load())
            return ast.copy_location(ast.Return(ast.copy_location(value, node)), node)
        return node


def _without(outer: Function, inner: Sequence[ast.FunctionDef]) -> ast.FunctionDef:
    """A function's own code: without the functions that it hands out."""
    assert isinstance(outer.node, ast.FunctionDef)
    node = copy.deepcopy(outer.node)
    names_ = [n.name for n in inner]
    change = _Without(names_)
    kept = [change.visit(statement) for statement in node.body]
    node.body = [statement for statement in kept if statement is not None]
    return node


def _function(
    outer: Function, node: ast.FunctionDef, *, owner: str = "", name: str = ""
) -> Function:
    return replace(
        outer,
        name=name or node.name,
        line=node.lineno,
        parameters=parameters_of(node.args),
        doc=ast.get_docstring(node) or "",
        node=node,
        owner=owner,
        static=False,
    )
