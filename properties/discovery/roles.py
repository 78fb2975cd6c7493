"""Derivatives by a letter, ``g`` and ``H`` beside ``f``, or by a call: ``minimize(f, jac=g)``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from . import names
from .evidence import SOME
from .pairs import Pairing
from .source import Class, Function, Survey

_KEYWORDS = names.vocabulary("jac fprime Dfun dfun grad gradient hess fprime2 jacobian")
SOMES: Mapping[str, str] = {
    "g": "f F fun objective cost loss J",
    "G": "f F fun objective cost loss J",
    "H": "h",
    "F": "f",
    "J": "F f fun r residual residuals",
}
"""Values that a function of one letter may be the derivative of, likeliest first."""
_GRADIENTS = ("g", "G")


def called(survey: Survey) -> dict[str, str]:
    """Functions that some call takes for the derivative of another: name by name."""
    found: dict[str, str] = {}
    for tree in survey.trees.values():
        found |= called_in(ast.walk(tree))
    return found


def called_in(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Those of some nodes of code."""
    found: dict[str, str] = {}
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        given = {k.arg: k.value for k in node.keywords}
        first = node.args[0] if node.args else given.get("fun")
        second = {key: value for key, value in given.items() if key in _KEYWORDS}
        for keyword, value in second.items():
            if isinstance(first, ast.Name) and isinstance(value, ast.Name):
                of = second.get("jac") or second.get("fprime")
                is_second = keyword in ("hess", "fprime2") and isinstance(of, ast.Name)
                found[value.id] = of.id if is_second and isinstance(of, ast.Name) else first.id
    return found


def by_letter(
    function: Function, others: Sequence[Function], owner: Class | None = None
) -> Iterator[Pairing]:
    """What a function of one letter may be the derivative of: nothing but that says so."""
    own = {f.name: f for f in others if f is not function and f.names == function.names}
    if function.name == "H":
        gradients = [*_GRADIENTS, *(n for n in own if names.is_backward(n))]
        for name in gradients:
            if name in own and not set(names.words(name)) & names.SECOND:
                needs = SOME if name in _GRADIENTS else ""
                yield Pairing(own[name], function, "second", owner, unsure=needs)
    # Beside a function, g may be a constraint; an object that has a Hessian has a gradient.
    triad = owner is not None and any(n in own for n in ("H", "hess", "hessian"))
    likely = SOMES.get(function.name, "").split()
    if function.name == "J" and not own.keys() & set(likely):
        likely = [n for n in own if not (names.is_backward(n) or names.uses_gradients(n))]
    for name in likely:
        if name in own and not own[name].is_skeleton and function.names:
            sure = triad and function.name in _GRADIENTS
            if sure or "H" in own or _gives_array(function):
                yield Pairing(own[name], function, "local", owner, unsure="" if sure else SOME)


def _gives_array(function: Function) -> bool:
    """Whether the code writes down the entries of an array: ``return np.array([…])``."""
    values = [n.value for n in function.walk() if isinstance(n, (ast.Return, ast.Assign))]
    return any(
        isinstance(value, ast.Call)
        and ast.unparse(value.func).rpartition(".")[2] in ("array", "asarray", "stack", "zeros")
        for value in values
    )
