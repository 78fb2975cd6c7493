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
    found = [_unimported(function) for function in functions]
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
            parts = [name for name in _called(one.file, own) if name in skeletons and name != own]
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
def _called(file: str, name: str) -> tuple[str, ...]:
    """Names of the functions that a function or class of a file calls."""
    try:
        tree = read_source(file).tree
    except (OSError, SyntaxError):
        return ()
    defined = (ast.FunctionDef, ast.ClassDef)
    bodies = [n for n in ast.walk(tree) if isinstance(n, defined) and n.name == name]
    return tuple(dict.fromkeys(called for body in bodies for called in _calls(body)))


def _calls(body: ast.AST) -> Iterator[str]:
    for node in ast.walk(body):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2]
