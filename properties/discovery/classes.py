"""Methods of a class that look like a derivative, and those they may be the derivative of."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from . import names
from .evidence import ANOTHER, weighed
from .pairs import Candidate, Pairing
from .returning import flag_of, is_local, is_nested, joint_value
from .roles import by_letter
from .source import Class, Function

_FORWARD_METHODS = (
    *("forward", "__call__", "call", "forward_pass", "forward_propagation", "forward_prop"),
    *("fprop", "function", "fn", "func", "f", "activate", "activation", "apply", "feedforward"),
    *("loss", "cost", "calculate", "compute", "compute_loss", "compute_cost", "value", "evaluate"),
    *("objective", "calc_loss", "error", "nll", "log_likelihood", "predict", "output", "run"),
)
"""Names of the method that gives the value, likeliest first."""

NO_COST = (
    "no cost is written that it is the derivative of; a function that gives the cost makes it "
    "judgeable"
)
_BACKWARD_METHODS = names.vocabulary(
    """backward backward_pass backward_propagation back_propagation backprop bprop back_prop
    backpropagate backpropagation grad gradient gradients derivative prime deriv d df
    compute_gradient compute_gradients calc_grad jacobian get_gradients compute_grad derivate
    backwards compute_grads dloss jac"""
)


def of_class(kind: Class, others: Sequence[Class] = ()) -> Iterator[Candidate]:
    """Candidates among the methods of a class, inherited ones too.

    Parameters
    ----------
    others
        Classes of the target, one of which may be the cost that its constructor takes.
    """
    own = kind.methods
    forwards = [own[n] for n in _FORWARD_METHODS if n in own and not own[n].is_skeleton]
    forwards += [
        m
        for n, m in own.items()
        if m not in forwards
        and not n.startswith("_")
        and set(names.words(n)) & (names.FORWARD | names.VALUE)
        and not names.is_backward(n)
        and not names.uses_gradients(n)
        and not m.is_skeleton
    ]
    for name, method in own.items():
        if method.is_skeleton:
            continue
        flag = flag_of(method)
        if flag and not name.startswith("_"):
            yield Candidate(method, kind, (Pairing(method, method, "flag", kind, flag),))
            continue
        if names.uses_gradients(name) or name.startswith("__"):
            continue
        value = joint_value(method)
        if value is not None:
            yield Candidate(method, kind, (Pairing(method, None, "joint", kind, value=value),))
            continue
        if is_nested(method):
            nested = Pairing(method, None, "joint", kind, unsure=ANOTHER)
            yield Candidate(method, kind, (nested,))
            continue
        statistic = tuple(_statistic(method, kind))
        if statistic:
            yield Candidate(method, kind, statistic)
            continue
        if name not in _BACKWARD_METHODS and not names.is_backward(name):
            lettered = tuple(by_letter(method, list(own.values()), kind))
            if lettered:
                yield Candidate(method, kind, lettered)
            continue
        if not _own_code(kind, method, forwards):
            continue
        named = _method_named(method, own)
        if named is not None:
            yield Candidate(method, kind, (_method_pair(named, method, kind),))
            continue
        if _is_slope(method) and not any(set(names.words(f.name)) & names.VALUE for f in forwards):
            yield Candidate(method, kind, (), NO_COST)
            continue
        ordered = _ordered(method, [f for f in forwards if f is not method])
        costly = _with_cost(method, kind, ordered, others)
        pairs = (
            *costly,
            *_second(method, kind),
            *(_method_pair(f, method, kind) for f in ordered),
            *(Pairing(f, method, "pair", kind) for f in ordered[:1] if _may_pass_on(method, f)),
        )
        methods = list(own.values())
        if pairs:
            yield Candidate(method, kind, tuple(weighed(one, methods) for one in pairs))
            continue
        alike = [f for f in _same_arguments(method, own.values()) if f not in forwards]
        if alike:
            likely = (_method_pair(f, method, kind) for f in alike[:4])
            yield Candidate(method, kind, tuple(weighed(one, methods) for one in likely))
        elif not any(f.is_skeleton for f in own.values() if f.name in _FORWARD_METHODS):
            reason = f"{kind.name} has no forward that it could be the derivative of"
            yield Candidate(method, kind, (), reason)


def _statistic(method: Function, kind: Class) -> list[Pairing]:
    """The likelihood that a score derives, and the energy that forces derive, of one class."""
    words = set(names.words(method.name))
    of = names.LIKELIHOODS if "score" in words else frozenset[str]()
    of = names.ENERGIES if words & {"force", "forces"} else of
    return [
        Pairing(other, method, "local", kind)
        for name, other in kind.methods.items()
        if set(names.words(name)) & of
        and method.names
        and other.names == method.names
        and not (other.is_skeleton or names.is_backward(name) or other is method)
    ]


def _may_pass_on(method: Function, forward: Function) -> bool:
    """Whether a method that is likely f'(x) may as well take an upstream derivative.

    Its argument then has another name than what the forward takes.
    """
    own = {p.name for p in method.parameters if p.required}
    return is_local(method, forward) and not own & set(forward.names)


def _same_arguments(method: Function, others: Iterable[Function]) -> list[Function]:
    """Methods of the same arguments under other names: ``fk`` and ``jacobian``."""
    wanted = [p.name for p in method.parameters if p.required]
    return [
        other
        for other in others
        if wanted
        and other is not method
        and wanted == [p.name for p in other.parameters if p.required]
        and not (other.is_skeleton or other.name.startswith("__"))
        and not (names.is_backward(other.name) or names.uses_gradients(other.name))
    ]


def _second(method: Function, kind: Class) -> Iterator[Pairing]:
    """The gradients of which a method may be the Jacobian, as a Hessian is."""
    if not set(names.words(method.name)) & names.SECOND:
        return
    for name, other in kind.methods.items():
        gradient = names.is_backward(name) or "score" in names.words(name)
        gradient = gradient and not set(names.words(name)) & names.SECOND
        own = method.names[: len(other.names)]  # a direction comes after the gradient's arguments
        if gradient and other.names == own and not other.is_skeleton:
            yield Pairing(other, method, "second", kind)


def _with_cost(
    method: Function, kind: Class, forwards: Sequence[Function], others: Sequence[Class]
) -> Iterator[Pairing]:
    """A cost class after a forward: ``Network(sizes, cost=CrossEntropyCost)``."""
    needs = {p.name for p in method.parameters if p.required}
    slopes = [m for m in kind.methods.values() if _is_slope(m) and m is not method]
    for forward, slope in itertools.product(forwards, slopes):
        labels = {p.name for p in slope.parameters if p.name.lower() in names.TARGETS}
        if len(needs) == 2 and len(forward.names) == 1 and labels & needs - set(forward.names):
            yield Pairing(forward, method, "pair", kind, slope=slope)
    constructor = kind.methods.get("__init__")
    node = constructor.node if constructor is not None else None
    if not isinstance(node, ast.FunctionDef):
        return
    default = {d.id for d in node.args.defaults if isinstance(d, ast.Name)}
    costs = [m for k in others if k.name in default for m in k.methods.values() if m.static]
    for forward in forwards:
        labels = {n for n in needs - set(forward.names) if n.lower() in names.TARGETS}
        for cost in costs if len(needs) == len(forward.names) + len(labels) else ():
            own = [p.name for p in cost.parameters if p.required]
            if len(own) == 2 and labels & set(own) and not names.is_backward(cost.name):
                yield Pairing(forward, method, "pair", kind, then=cost)


def _is_slope(method: Function) -> bool:
    """Whether a method derives a cost by the output: ``cost_derivative(self, output, y)``."""
    own = [p.name.lower() for p in method.parameters if p.required]
    costly = set(names.words(method.name)) & names.VALUE and names.is_backward(method.name)
    return bool(costly) and len(own) == 2 and own[1] in names.TARGETS


def _method_named(method: Function, own: Mapping[str, Function]) -> Function | None:
    """The method that another says by its name to be the derivative of: ``swish_derivative``."""
    if not names.key(method.name):
        return None
    likely = [own[n] for n in names.derived_from(method.name) if n in own]
    key = names.key(method.name)
    likely += [m for n, m in own.items() if n != method.name and names.key(n) == key]
    usable = (m for m in likely if not m.is_skeleton and not names.is_backward(m.name))
    return next((m for m in usable if not m.name.startswith("_")), None)


def _own_code(kind: Class, method: Function, forwards: Sequence[Function]) -> bool:
    """Whether a class adds anything to what is judged with its base."""
    parts = [method, *forwards[:1]]
    constructor = kind.methods.get("__init__")
    parts += [constructor] if constructor is not None else []
    return any(part.owner == kind.name for part in parts) or constructor is None


def _ordered(backward: Function, forwards: Sequence[Function]) -> list[Function]:
    """Forwards that fit the backward's name and parameters first."""
    wanted = names.key(backward.name)
    needs = {p.name for p in backward.parameters if p.required}

    def rank(forward: Function) -> tuple[float, float]:
        theirs = set(forward.names)
        known = len(needs & theirs)
        takes_upstream = any(n in names.UPSTREAM or n.startswith("d") for n in needs)
        value = bool(set(names.words(forward.name)) & names.VALUE)
        same_key = names.key(forward.name) == wanted
        inputs = not takes_upstream and bool(needs)
        return (
            -float(known) if inputs else (1.0 if value and takes_upstream else 0.0),
            0.0 if same_key else 1.0,
        )

    ordered = sorted(forwards, key=rank)
    if not needs:
        ordered.sort(key=lambda f: f.name not in ("forward", "__call__", "loss"))
    return ordered[:6]


def _method_pair(forward: Function, backward: Function, kind: Class) -> Pairing:
    passes = set(names.words(backward.name)) & names.PASSES
    local = not passes and is_local(backward, forward)
    return Pairing(forward, backward, "local" if local else "pair", kind)


def lacks_a_cost(pairing: Pairing) -> bool:
    """Whether a backward takes the labels, and nothing that is written compares with them."""
    needs = {p.name for p in pairing.judged.parameters if p.required}
    if any(name in names.UPSTREAM or names.is_gradient(name) for name in needs):
        return False
    taken = {name.lower() for name in pairing.forward.names}
    labels = {name.lower() for name in needs} & names.TARGETS - taken
    is_pair = pairing.kind == "pair" and pairing.then is None and pairing.slope is None
    is_cost = set(names.words(pairing.forward.name)) & names.VALUE
    return bool(labels) and is_pair and pairing.owner is None and not is_cost
