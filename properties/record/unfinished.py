"""Functions that cannot work before a part of theirs is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import msgspec

from ..implementation.child.source import read_source
from .schema import LACKS_PARTNER, Function

_OF_NOTHING = re.compile(r"NoneType|NotImplementedError")
"""What is said of an error that comes of a part which does nothing."""
_UNDEFINED = re.compile(r"raises NameError: name '(\w+)' is not defined")
_OF_NONE = re.compile(r"^raises AttributeError: 'NoneType' object has no attribute '(\w+)'")
_OF_FORWARD = re.compile(r"^cannot be judged: (\w+) raises ")
UNWRITTEN = ("a skeleton", "waits for ")
"""What is said of functions that are there and do nothing yet."""
NOT_WRITTEN = (*UNWRITTEN, LACKS_PARTNER)
"""The same, and of what lacks its forward: that may be another function's derivative."""


def waiting(functions: Iterable[Function]) -> tuple[Function, ...]:
    """Count what breaks because it calls a skeleton as missing, as the skeleton is.

    A composed layer and a net raise where a part returns None or raises ``NotImplementedError``;
    whoever wrote them has made no mistake. No more has who calls what a module should give that is
    not there, such as one that is still to be compiled.
    """
    found = [_unassigned(_unimported(function)) for function in functions]
    while True:
        skeletons = {
            f.name.rpartition(".")[2]
            for f in found
            if f.status == "missing" and f.detail.startswith(NOT_WRITTEN)
        }
        changed = False
        for place, one in enumerate(found):
            if one.status != "error" or not one.file or not _OF_NOTHING.search(one.detail):
                continue
            own = one.name.rpartition(".")[2]
            needed = (*_called(one.file, own), *_OF_FORWARD.findall(one.detail))
            parts = [name for name in needed if name in skeletons and name != own]
            if parts:
                told = f"waits for {', '.join(parts)}"
                found[place] = msgspec.structs.replace(
                    one, status="missing", detail=told, properties=()
                )
                changed = True
        if not changed:
            return tuple(found)


def _unimported(function: Function) -> Function:
    """The function; as missing where it fails for a name whose import was tried and failed."""
    undefined = _UNDEFINED.search(function.detail)
    if function.status != "error" or not function.file or undefined is None:
        return function
    module = _tried(function.file).get(undefined[1])
    if module is None:
        return function
    told = f"waits for {undefined[1]} of {module}, which is not there"
    return msgspec.structs.replace(function, status="missing", detail=told, properties=())


def _unassigned(function: Function) -> Function:
    """The function; as missing where it fails for a result that it only sets to None.

    The courses hand out ``out = None``, room for one's own lines, ``out = out.astype(…)``.
    """
    asked = _OF_NONE.search(function.detail)
    if function.status != "error" or not function.file or asked is None:
        return function
    bodies = _bodies(function.file, function.name.rpartition(".")[2])
    own = [body for body in bodies if isinstance(body, ast.FunctionDef)]  # a class has many scopes
    names = [name for body in own for name in _nones(body, asked[1])]
    if not names:
        return function
    told = f"a skeleton: {names[0]} is None"
    return msgspec.structs.replace(function, status="missing", detail=told, properties=())


def _nones(body: ast.AST, attribute: str) -> list[str]:
    """Names of which an attribute is asked, and that are given only None or what that gives."""
    values: dict[int, ast.expr] = {}
    for node in ast.walk(body):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                values.update(_paired(target, node.value))
    nothing: dict[str, bool] = {}
    for name in ast.walk(body):
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
            value = values.get(id(name))
            nothing[name.id] = nothing.get(name.id, True) and _is_nothing(name.id, value)
    asked = [n for n in ast.walk(body) if isinstance(n, ast.Attribute) and n.attr == attribute]
    return [name for name in map(_name_of, asked) if nothing.get(name)]


def _paired(target: ast.expr, value: ast.expr) -> dict[int, ast.expr]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return {id(t): v for t, v in zip(target.elts, value.elts, strict=False)}
    return {id(target): value}


def _is_nothing(name: str, value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        return _name_of(value.func) == name
    return isinstance(value, ast.Constant) and value.value is None


def _name_of(attribute: ast.Attribute) -> str:
    return attribute.value.id if isinstance(attribute.value, ast.Name) else ""


@lru_cache(maxsize=64)
def _tried(file: str) -> Mapping[str, str]:
    """Names that a file imports in a ``try``, with the module of each."""
    try:
        tree = read_source(file).tree
    except (OSError, SyntaxError):
        return {}
    return {
        alias.asname or alias.name: node.module or ""
        if isinstance(node, ast.ImportFrom)
        else alias.name
        for one in ast.walk(tree)
        if isinstance(one, ast.Try)
        for node in one.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


@lru_cache(maxsize=64)
def _bodies(file: str, name: str) -> tuple[ast.AST, ...]:
    """The functions and classes of that name in a file."""
    try:
        tree = read_source(file).tree
    except (OSError, SyntaxError):
        return ()
    defined = (ast.FunctionDef, ast.ClassDef)
    return tuple(n for n in ast.walk(tree) if isinstance(n, defined) and n.name == name)


def _called(file: str, name: str) -> tuple[str, ...]:
    """Names of the functions that a function or class of a file calls."""
    return tuple(dict.fromkeys(c for body in _bodies(file, name) for c in _calls(body)))


def _calls(body: ast.AST) -> Iterator[str]:
    for node in ast.walk(body):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2]
