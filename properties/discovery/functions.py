"""Functions of a target that look like a derivative, and those it may be the derivative of."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from . import names
from .evidence import ANOTHER, weighed
from .pairs import Candidate, Pairing
from .returning import flag_of, gives_gradients, is_local, is_nested, joint_value
from .roles import by_letter, called
from .source import Function, Survey

_PRODUCTS = names.vocabulary("dot matmul multiply einsum tensordot outer where")
_COSTS = names.VALUE | names.vocabulary("bce mse entropy crossentropy xent ce")


def of_functions(
    survey: Survey, usable: Sequence[Function], *, asked: Sequence[Function]
) -> Iterator[Candidate]:
    """Candidates among the functions that are asked for, with the forwards near them.

    What somebody else judges is not asked for, and may still be the forward of another whose
    name says so: its own backward is at hand, so what it takes and returns says nothing.
    """
    modules: dict[str, list[Function]] = {}
    for function in survey.functions:
        modules.setdefault(function.module, []).append(function)
    free = set(map(id, asked))
    judged = [f for f in usable if id(f) not in free and not _is_backward(f)]
    told = called(survey)
    for function in asked:
        flag = flag_of(function)
        if flag:
            yield Candidate(function, None, (Pairing(function, function, "flag", flag=flag),))
            continue
        if names.uses_gradients(function.name) or function.is_skeleton:
            continue
        value = joint_value(function)
        if value is not None:
            yield Candidate(function, None, (Pairing(function, None, "joint", value=value),))
            continue
        if is_nested(function):
            yield Candidate(function, None, (Pairing(function, None, "joint", unsure=ANOTHER),))
            continue
        near = modules[function.module]
        if function.name in told:
            value_of = survey.function(told[function.name], function.module)
            if value_of is not None and not value_of.is_skeleton:
                hess = set(names.words(function.name)) & names.SECOND or function.name == "H"
                second = "second" if hess and value_of.name in told else "local"
                yield Candidate(function, None, (Pairing(value_of, function, second),))
                continue
        likely = _forwards(
            function,
            [f for f in near if id(f) in free],
            {f.name: f for f in near},
            judged=[f for f in judged if f.module == function.module],
        )
        if not likely and len(modules) > 1:
            likely = _elsewhere(function, survey.functions)
        likely = likely or list(by_letter(function, near))
        likely = [weighed(one, near) for one in likely]
        if likely:
            yield Candidate(function, None, tuple(likely))
        elif function.parameters and _is_backward(function):
            reason = "no function was found that it is the derivative of"
            yield Candidate(function, None, (), reason)


def _elsewhere(function: Function, others: Sequence[Function]) -> list[Pairing]:
    """Forwards in other modules: those alone that its name says."""
    key = names.key(function.name)
    fitting = [f for f in others if key and names.key(f.name) == key and f is not function]
    return _forwards(function, fitting, {f.name: f for f in fitting}) if fitting else []


def _forwards(
    function: Function,
    usable: Sequence[Function],
    by_name: Mapping[str, Function],
    *,
    judged: Sequence[Function] = (),
) -> list[Pairing]:
    """The functions that this one may be the derivative of, likeliest first."""
    others = [one for one in usable if one is not function]
    found = _named(function, by_name)
    if _is_backward(function):
        said = set(names.words(function.name)) - names.FORWARD - names.BACKWARD
        alike = [one for one in judged if said & set(names.words(one.name))]
        found += _worded(function, [*others, *alike], sure=bool(found))
    if _is_called_backward(function):
        found = found or [one for one in others if _feeds(one, function)]
        found = found or _same_arguments(function, others)
    if not found and "score" in names.words(function.name):
        found = [one for one in others if set(names.words(one.name)) & names.LIKELIHOODS]
    if not found and {"force", "forces"} & set(names.words(function.name)):
        found = [one for one in others if set(names.words(one.name)) & names.ENERGIES]
        own = [p.name for p in function.parameters if p.required]
        found.sort(key=lambda one: own != [p.name for p in one.parameters if p.required])
    unique: dict[str, Function] = {}
    for one in found:
        unique.setdefault(one.name, one)
    found = list(unique.values())
    second = set(names.words(function.name)) & names.SECOND
    result = _composed(function, found, usable)
    for other in found[:6]:
        local = "local" if is_local(function, other) else "pair"
        kind = "second" if second and _is_gradient(other) else local
        result.append(Pairing(other, function, kind))
    return sorted(result, key=lambda p: p.kind != "second")


def _is_backward(function: Function) -> bool:
    """Whether a function gives derivatives: by its name, what it returns, or what it takes."""
    return _is_called_backward(function) or _takes_upstream(function)


def _is_called_backward(function: Function) -> bool:
    return names.is_backward(function.name) or gives_gradients(function)


def _takes_upstream(function: Function) -> bool:
    """Whether a function takes an upstream derivative and a cache alone, and multiplies.

    What only checks them, or unpacks them, derives nothing.
    """
    taken = [p.name for p in function.parameters if p.required]
    if len(taken) != 2 or taken[0] not in names.UPSTREAM or taken[1] not in names.CACHES:
        return False
    operators = {type(n.op) for n in function.walk() if isinstance(n, (ast.BinOp, ast.AugAssign))}
    calls = {ast.unparse(n.func) for n in function.walk() if isinstance(n, ast.Call)}
    products = {call for call in calls if call.rpartition(".")[2] in _PRODUCTS}
    return bool(operators & {ast.Mult, ast.MatMult, ast.Div} or products)


def _spellings(name: str) -> tuple[str, ...]:
    return (name, f"{name}_forward", f"forward_{name}", f"{name}_fwd")


def _named(function: Function, by_name: Mapping[str, Function]) -> list[Function]:
    """Functions whose derivative this one is by its own name: ``dtanh`` of ``tanh``."""
    spelled = [one for name in names.derived_from(function.name) for one in _spellings(name)]
    likely = [by_name[one] for one in spelled if one in by_name]
    usable = [one for one in likely if one is not function]
    if _is_backward(function):
        return usable
    return [one for one in usable if function.parameters and one.parameters]


def _claimed(forward: Function, others: Sequence[Function]) -> bool:
    """Whether another function says by its name that it is the derivative of this one."""
    return any(
        forward.name in _spellings(name)
        for other in others
        if other is not forward
        for name in names.derived_from(other.name)
    )


def _worded(function: Function, others: Sequence[Function], *, sure: bool) -> list[Function]:
    """Functions that share words with the name; where that is sure, those alone with more."""
    wanted = names.key(function.name)
    second = bool(set(names.words(function.name)) & names.SECOND)
    ranked = []
    for other in others:
        if other.is_skeleton or not other.parameters or names.uses_gradients(other.name):
            continue
        if _is_gradient(other) != second:
            continue  # a Hessian is the Jacobian of a gradient, and of nothing else
        more = wanted < names.key(other.name) and not _claimed(other, [function, *others])
        if sure and wanted and not more:
            continue  # its own name says whose derivative it is
        rank = _rank(wanted, other, gradient=second)
        if rank is not None:
            ranked.append((rank, other.line, other))
    return [other for _, _, other in sorted(ranked, key=lambda r: r[:2])]


def _rank(wanted: frozenset[str], other: Function, *, gradient: bool) -> float | None:
    """How well another function's name fits; None when it does not."""
    plain, key = set(names.words(other.name)), names.key(other.name)
    marked = bool(plain & (names.FORWARD | names.VALUE)) or other.name in ("f", "fun", "func")
    if key == wanted and (wanted or marked or gradient):
        return 0.0 if (marked or wanted) else 1.0
    if wanted and key and (wanted < key or key < wanted):
        return 2.0
    if not wanted and marked:
        return 3.0 - (0.5 if plain & names.VALUE else 0.0)
    return None


def _is_gradient(function: Function) -> bool:
    """Whether a function gives a gradient: by its name, a score of statistics too."""
    score = "score" in names.words(function.name) and not names.is_backward(function.name)
    return names.is_backward(function.name) or (score and len(function.parameters) > 1)


def _same_arguments(function: Function, others: Sequence[Function]) -> list[Function]:
    """Functions of the same arguments under other names: ``motion_model`` and ``jacob_f``."""
    own = [p.name for p in function.parameters if p.required]
    return [
        other
        for other in others
        if own and own == [p.name for p in other.parameters if p.required] and not _no_value(other)
    ]


def _no_value(function: Function) -> bool:
    """Whether a function uses or gives gradients, or does nothing."""
    idle = function.is_skeleton or names.uses_gradients(function.name)
    return idle or _is_backward(function)


def _feeds(forward: Function, backward: Function) -> bool:
    """Whether a function returns a cache that another takes apart."""
    takes = any(p.name.lower() in names.CACHES for p in backward.parameters)
    returned = [node.value for node in forward.walk() if isinstance(node, ast.Return)]
    last = [value.elts[-1] for value in returned if isinstance(value, ast.Tuple) and value.elts]
    gives = any(isinstance(one, (ast.Tuple, ast.Dict, ast.List, ast.Name)) for one in last)
    return takes and gives and not gives_gradients(forward)


def _composed(
    function: Function, forwards: Sequence[Function], usable: Sequence[Function]
) -> list[Pairing]:
    """A cost after a forward: the backward takes labels, which the forward does not take."""
    found = []
    needs = {p.name for p in function.parameters if p.required}
    named = [one for one in forwards if set(names.words(one.name)) & _COSTS]
    plain = [f for f in usable if f not in forwards and not names.key(f.name)]
    marked = [f for f in plain if set(names.words(f.name)) & names.FORWARD] if named else []
    for forward in (*forwards, *marked):
        if set(names.words(forward.name)) & names.VALUE:
            continue
        labels = {n for n in needs - set(forward.names) if n.lower() in names.TARGETS}
        for cost in (named if forward in marked else usable) if labels else ():
            if not set(names.words(cost.name)) & _COSTS or names.is_backward(cost.name):
                continue
            own = [p.name for p in cost.parameters if p.required]
            rest = set(own) - labels - needs - set(forward.names)
            taken = len(own) == 2 or len(rest) == 1
            if taken and set(own) & labels and joint_value(cost) is None:
                found.append(Pairing(forward, function, "pair", then=cost))
    # What the backward takes beside the labels, a penalty's factor, is the cost's to take too.
    return sorted(found, key=lambda p: -len(needs & {one.name for one in p.labels}))
