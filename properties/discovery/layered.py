"""Containers of layers: which argument of a constructor holds them, and whether any will do."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .pairs import Pairing
from .source import VAR_POSITIONAL, Function, Parameter

_KNOWN = frozenset(["forward", "backward"])
"""Methods that the layers have which the judge supplies."""


def layers_of(pairing: Pairing) -> Parameter | None:
    """The argument that holds layers of any kind, all of which forward and backward go through.

    None where a layer is taken by its place, left out, or asked for more than what all have: then
    the container is written for layers of its own.
    """
    for parameter, spelled in _kept(pairing):
        read = (pairing.forward, pairing.judged)
        if all(_goes_through(function, spelled) for function in read):
            return parameter
    return None


def unfilled(pairing: Pairing) -> str:
    """Why an object that is made without arguments of any number shows nothing; "" where it does.

    ``Sequential()`` returns its input: no gradient depends on its code.
    """
    for parameter, spelled in _kept(pairing):
        if parameter.kind == VAR_POSITIONAL and parameter.name not in pairing.supplied:
            names = (n for n in pairing.forward.walk() if isinstance(n, ast.Name | ast.Attribute))
            if any(ast.unparse(node) in spelled for node in names):
                return (
                    f"its constructor takes any number of arguments (*{parameter.name}), and "
                    "without them it computes nothing; a function that makes one and calls it can "
                    "be judged"
                )
    return ""


def _kept(pairing: Pairing) -> Iterator[tuple[Parameter, set[str]]]:
    """What a constructor has to be given, and how the methods may write it."""
    made = pairing.owner.methods.get("__init__") if pairing.owner is not None else None
    for parameter in made.parameters if made is not None else ():
        if parameter.required or parameter.kind == VAR_POSITIONAL:
            yield parameter, _attributes(made, parameter.name)


def _attributes(made: Function | None, name: str) -> set[str]:
    """Attributes that hold an argument, or a list of it."""
    wholes = {name, f"list({name})", f"tuple({name})", f"[*{name}]"}
    return {
        ast.unparse(target)
        for node in (made.walk() if made is not None else ())
        if isinstance(node, ast.Assign) and ast.unparse(node.value) in wholes
        for target in node.targets
        if isinstance(target, ast.Attribute)
    }


def _goes_through(function: Function, spelled: set[str]) -> bool:
    """Whether a method loops over all layers and calls each, and does nothing else with them."""
    loops, uses = set(), 0
    for node in function.walk():
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            plain = node.iter
            if isinstance(plain, ast.Call) and ast.unparse(plain.func) == "reversed":
                plain = plain.args[0]
            elif isinstance(plain, ast.Subscript) and ast.unparse(plain.slice) == "::-1":
                plain = plain.value
            if ast.unparse(plain) in spelled:
                loops.add(node.target.id)
        uses += isinstance(node, ast.Attribute) and ast.unparse(node) in spelled
    return uses == 1 and len(loops) == 1 and _are_called(function, loops.pop())


def _are_called(function: Function, layer: str) -> bool:
    """Whether a layer is called, or one of the methods that all have, and nothing else is done."""
    called = 0
    named = sum(isinstance(n, ast.Name) and n.id == layer for n in function.walk())
    for node in (n for n in function.walk() if isinstance(n, ast.Call)):
        asked = node.func
        own = asked.value if isinstance(asked, ast.Attribute) else asked
        method = asked.attr if isinstance(asked, ast.Attribute) else ""
        if isinstance(own, ast.Name) and own.id == layer and method in {"", *_KNOWN}:
            called += len(node.args) == 1 and not node.keywords
    return called == 1 and named == 2  # the loop's own, and the call
