"""What files define, read without running any of them: which are worth to be loaded."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from properties.implementation.child.source import Source, read_source

from .source import (
    KEYWORD_ONLY,
    PLAIN,
    POSITIONAL_ONLY,
    VAR_KEYWORD,
    VAR_POSITIONAL,
    Class,
    Function,
    FunctionNode,
    Parameter,
    Survey,
)

_MOST_CODE = 2_000_000  # characters of all files together: their trees are kept


def scan(files: Iterable[Path]) -> Survey:
    """Survey files as they are written; the name of a module is its path.

    What a file makes as it runs is not seen: functions from decorators, `exec`, or other modules.
    """
    functions: list[Function] = []
    trees: dict[str, ast.Module] = {}
    failures: dict[str, str] = {}
    kinds: list[tuple[str, ast.ClassDef]] = []
    left = _MOST_CODE
    for path in files:
        module = str(path)
        try:
            source: Source = read_source(module)
            left -= len(source.text)
            if left < 0:
                raise SyntaxError(f"more than {_MOST_CODE // 1_000} kB of code came before it")
        except (SyntaxError, OSError) as error:
            failures[module] = f"{type(error).__name__}: {error}"
            continue
        trees[module] = source.tree
        for node in _statements(source.tree):
            if isinstance(node, ast.FunctionDef):
                functions.append(_function(node.name, node, module))
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
                functions += [
                    _function(target.id, node.value, module)
                    for target in node.targets
                    if isinstance(target, ast.Name)
                ]
            elif isinstance(node, ast.ClassDef):
                kinds.append((module, node))
    return Survey(tuple(functions), tuple(_classes(kinds)), trees, {}, failures)


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements at the top level, also inside of if, try and with."""
    queue: list[ast.stmt] = list(tree.body)
    while queue:
        node = queue.pop(0)
        yield node
        if isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
            for part in ("body", "orelse", "finalbody"):
                queue += getattr(node, part, [])


def _classes(kinds: list[tuple[str, ast.ClassDef]]) -> Iterator[Class]:
    """Every class, with the methods of bases that the files define."""
    known: dict[str, tuple[str, ast.ClassDef]] = {node.name: (m, node) for m, node in kinds}
    for module, node in kinds:
        methods: dict[str, Function] = {}
        bases: list[str] = []
        line = [(module, node)]
        while line:
            place, one = line.pop(0)
            for name, method in _methods(place, one).items():
                methods.setdefault(name, method)
            for base in one.bases:
                name = ast.unparse(base).rpartition(".")[2]
                if name in known and name not in bases and name != node.name:
                    bases.append(name)
                    line.append(known[name])
        doc = ast.get_docstring(node) or ""
        yield Class(node.name, module, tuple(bases), doc, methods)


def _methods(module: str, node: ast.ClassDef) -> Mapping[str, Function]:
    found = {}
    for part in node.body:
        if isinstance(part, ast.FunctionDef):
            marks = {ast.unparse(mark) for mark in part.decorator_list}
            static = bool(marks & {"staticmethod", "classmethod"})
            one = _function(part.name, part, module)
            bound = "staticmethod" not in marks
            parameters = one.parameters[1:] if bound else one.parameters
            found[part.name] = replace(one, parameters=parameters, owner=node.name, static=static)
    return found


def _function(name: str, node: FunctionNode, module: str) -> Function:
    doc = ast.get_docstring(node) or "" if isinstance(node, ast.FunctionDef) else ""
    marks = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    line = min([node.lineno, *(mark.lineno for mark in marks)])
    return Function(name, module, line, parameters_of(node.args), doc, node, file=module)


def parameters_of(given: ast.arguments) -> tuple[Parameter, ...]:
    """The parameters of a function as it is written."""
    plain = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(plain) - len(given.defaults)) + list(given.defaults)
    found = [
        _parameter(one, POSITIONAL_ONLY if one in given.posonlyargs else PLAIN, default)
        for one, default in zip(plain, defaults, strict=True)
    ]
    if given.vararg:
        found.append(_parameter(given.vararg, VAR_POSITIONAL, None))
    found += [
        _parameter(one, KEYWORD_ONLY, default)
        for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)
    ]
    if given.kwarg:
        found.append(_parameter(given.kwarg, VAR_KEYWORD, None))
    return tuple(found)


def _parameter(one: ast.arg, kind: int, default: ast.expr | None) -> Parameter:
    value = default.value if isinstance(default, ast.Constant) else None
    annotation = "" if one.annotation is None else ast.unparse(one.annotation)
    return Parameter(one.arg, kind, default is not None, value, annotation)
