"""Arguments that the judge supplies as objects: contexts, random generators, functions."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator, Mapping

from properties.implementation.child.tracing.supplied import MARK

from . import names
from .layered import layers_of
from .pairs import Pairing
from .source import Class, Function, Parameter, Survey

_GENERATORS = names.vocabulary("rng random_state rs rand_state generator prng gen key random rgen")
_SEEDS = names.vocabulary("seed random_state random_seed rng_seed")
_OLD = names.vocabulary("randn rand randint random_sample ranf")


_MOST = 4
"""Functions that are tried for an argument."""


class Supplied(str):
    """A text that stands for an object, shown without the marks around it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return self[len(MARK) : -1]


def _supplied(text: str) -> Supplied:
    return Supplied(f"{MARK}{text}>")


Given = Mapping[str, Supplied | int]


def supplied_to(pairing: Pairing, survey: Survey) -> list[Given]:
    """What the judge may supply to a pairing's functions and constructor, likeliest first.

    Where functions of the target stand for an argument, each of them is tried: only what is wrong
    with all of them is wrong.
    """
    owner = pairing.owner
    constructor = owner.methods.get("__init__") if owner is not None else None
    functions = [f for f in (constructor, pairing.forward, pairing.backward) if f is not None]
    methods = owner.methods.values() if owner is not None else ()
    used = functions + [m for m in methods if m not in functions]
    required = [p for f in functions for p in f.parameters if p.required]
    found: dict[str, Supplied | int] = {}
    called: dict[str, _Uses] = {}
    layers = layers_of(pairing)
    if layers is not None:
        found[layers.name] = _supplied("layers")
    for parameter in (p for p in required if p.name not in found):
        uses = _Uses.of(parameter.name, used)
        one = _object(parameter, uses, survey)
        if one is not None:
            found[parameter.name] = one
        elif uses.calls:
            called[parameter.name] = uses
    if not called:
        return [found]
    return [{**found, **chosen} for chosen in _functions(called, survey, pairing)] or [found]


def _object(parameter: Parameter, uses: _Uses, survey: Survey) -> Supplied | int | None:
    """A context, a generator or a seed."""
    low = parameter.name.lower()
    if uses.kept and low in names.CACHES | {"context", "cx", "c"}:
        own = _context_class(parameter, survey)
        return _supplied(f"context {own.name}" if own else "context")
    if low in _GENERATORS and uses.methods and not uses.kept:
        return _supplied("RandomState" if uses.methods & _OLD else "generator")
    return 3 if low in _SEEDS and not uses.methods else None


class _Uses:
    """How functions use a name: methods of it, whether attributes are set, how it is called."""

    def __init__(self) -> None:
        self.methods: set[str] = set()
        self.kept = False
        self.calls: list[ast.Call] = []

    @classmethod
    def of(cls, name: str, functions: list[Function]) -> _Uses:
        found = cls()
        same = _spelled(name)
        for node in (node for function in functions for node in function.walk()):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in same:
                found.calls.append(node)
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in same:
                stored = isinstance(node.ctx, ast.Store) or node.attr.startswith("save")
                found.kept = found.kept or stored
                found.methods.add(node.attr)
        return found

    @staticmethod
    def called_in(function: Function) -> set[str]:
        """Everything that a function calls, as it writes it."""
        return {ast.unparse(n.func) for n in function.walk() if isinstance(n, ast.Call)}


def _context_class(parameter: Parameter, survey: Survey) -> Class | None:
    """The target's own class of contexts: by the annotation, by its name, by what it can do."""
    for kind in survey.classes:
        constructor = kind.methods.get("__init__")
        if constructor is not None and any(p.required for p in constructor.parameters):
            continue
        told = parameter.annotation.strip("'\"").rpartition(".")[2].rstrip("'>")
        if kind.name == told or {"context", "ctx"} & set(names.words(kind.name)):
            return kind
    return None


def _functions(
    called: Mapping[str, _Uses], survey: Survey, pairing: Pairing
) -> Iterator[dict[str, Supplied]]:
    """Functions of the target that the arguments may be, with the derivatives that belong to them.

    None where it cannot be told which argument is a derivative, or where the backward uses none of
    them: then it may be written for one function alone.
    """
    forward = _Uses.called_in(pairing.forward)
    derived = {n for n in called if names.is_backward(n) or _is_derived(n, called)}
    derived |= {n for n in called if not forward & _spelled(n)}
    values = [n for n in called if n not in derived]
    judged = {ast.unparse(n) for n in pairing.judged.walk() if isinstance(n, ast.expr)}
    if len(values) != 1 or len(derived) > 1 or not any(judged & _spelled(n) for n in called):
        return
    own = [f for f in survey.functions if f not in (pairing.forward, pairing.backward)]
    calls = [call for uses in called.values() for call in uses.calls]
    fitting = [f for f in own if all(_takes(f, call) for call in calls) and not f.is_skeleton]
    if derived:
        for value, derivative in itertools.islice(_with_derivative(own, fitting), _MOST):
            both = {values[0]: value, next(iter(derived)): derivative}
            yield {n: _supplied(f"function {f.name}") for n, f in both.items()}
        return
    for value in [f for f in fitting if not names.is_backward(f.name)][:_MOST]:
        yield {values[0]: _supplied(f"function {value.name}")}


def _spelled(name: str) -> set[str]:
    """How code may write an argument that its object may keep."""
    return {name, f"self.{name}", f"self._{name}"}


def _is_derived(name: str, others: Iterable[str]) -> bool:
    """Whether an argument is called after another: ``dact`` after ``act``."""
    return any(one in names.derived_from(name) for one in others if one != name)


def _with_derivative(
    own: list[Function], fitting: list[Function]
) -> Iterator[tuple[Function, ...]]:
    """Functions and their derivatives, one of which fits."""
    known = {f.name: f for f in own}
    for derivative in own:
        for name in names.derived_from(derivative.name):
            value = known.get(name)
            if value is not None and value is not derivative and value.names == derivative.names:
                if value in fitting or derivative in fitting:
                    yield value, derivative
                break


def _takes(function: Function, call: ast.Call) -> bool:
    """Whether a function accepts the arguments of a call."""
    if any(isinstance(a, ast.Starred) for a in call.args) or any(
        k.arg is None for k in call.keywords
    ):
        return False
    named = {k.arg for k in call.keywords}
    needed = [p.name for p in function.parameters if p.required]
    most = len(function.names)
    given = set(function.names[: len(call.args)]) | named
    return len(call.args) <= most and named <= set(function.names) and set(needed) <= given
