"""Which functions of a target are a value and its derivative."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from . import names
from .source import VAR_POSITIONAL, Class, Function, Survey

_FLAGS = frozenset(
    ["deriv", "derivative", "derivate", "grad", "gradient", "prime", "derivation", "d_flag", "back"]
)
_FORWARD_METHODS = (
    *("forward", "__call__", "call", "forward_pass", "forward_propagation", "forward_prop"),
    *("fprop", "function", "fn", "func", "f", "activate", "activation", "apply", "feedforward"),
    *("loss", "cost", "calculate", "compute", "compute_loss", "compute_cost", "value", "evaluate"),
    *("objective", "calc_loss", "error", "nll", "log_likelihood", "predict", "output", "run"),
)
_BACKWARD_METHODS = (
    *("backward", "backward_pass", "backward_propagation", "back_propagation", "backprop", "bprop"),
    *(
        "back_prop",
        "backpropagate",
        "backpropagation",
        "grad",
        "gradient",
        "gradients",
        "derivative",
    ),
    *(
        "prime",
        "deriv",
        "d",
        "df",
        "compute_gradient",
        "compute_gradients",
        "calc_grad",
        "jacobian",
    ),
    *("get_gradients", "compute_grad", "derivate", "backwards", "compute_grads", "dloss", "jac"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """A forward and what gives its derivative.

    Attributes
    ----------
    forward : Function
    backward : Function or None
        None when the forward returns value and gradients together.
    kind : str
        ``pair``, ``local`` (a derivative f'), ``joint`` (value and gradients), ``flag`` (one
        function with a flag), ``second`` (the Jacobian of a gradient).
    owner : Class or None
        The class whose object is made, for methods.
    flag : str
        Name of the flag.
    then : Function or None
        A cost of the forward's first output, whose derivative the backward is.
    value : int
        Where the value stands among what a joint function returns.
    gradients : tuple of str
        The inputs whose gradients are returned, in order, where somebody says so.
    """

    forward: Function
    backward: Function | None
    kind: str
    owner: Class | None = None
    flag: str = ""
    then: Function | None = None
    value: int = 0
    gradients: tuple[str, ...] = ()

    @property
    def judged(self) -> Function:
        """The function that answers for the gradients."""
        return self.backward or self.forward

    @property
    def name(self) -> str:
        """What the row is called."""
        place = f"{self.owner.name}." if self.owner is not None else ""
        return place + self.judged.name

    @property
    def label(self) -> str:
        """Both functions, in words."""
        place = f"{self.owner.name}." if self.owner is not None else ""
        if self.backward is None:
            return f"{place}{self.forward.name} (value and gradient)"
        if self.kind == "flag":
            return f"{place}{self.forward.name} ({self.flag}=True)"
        of = f"{self.then.name} after " if self.then is not None else ""
        return f"{place}{self.backward.name} of {of}{place}{self.forward.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """Something that gives derivatives, and the pairings that it may belong to, likeliest first."""

    function: Function
    owner: Class | None
    pairings: tuple[Pairing, ...]
    reason: str = ""
    place: str = ""

    @property
    def name(self) -> str:
        """Its name, with its class, and its module where that is needed."""
        return f"{self.place}.{self.plain}" if self.place else self.plain

    @property
    def plain(self) -> str:
        """Its name, with its class."""
        return f"{self.owner.name}.{self.function.name}" if self.owner else self.function.name

    def answers_to(self, name: str) -> bool:
        """Whether a user's word means it: it, its function, its class, or what it derives."""
        owner = f"{self.owner.name}." if self.owner else ""
        own = {self.name, self.plain, self.function.name, owner.rstrip(".")}
        own |= {owner + pairing.forward.name for pairing in self.pairings[:1]}
        return bool(name) and name in own


def candidates(
    survey: Survey, *, known: Iterable[str] = (), told: Iterable[str] = ()
) -> list[Candidate]:
    """Find everything that looks like a derivative, in the order of the files.

    Parameters
    ----------
    known
        What somebody else judges already: a name, or ``file::name`` where others may have it too.
    told
        Functions and methods that somebody says to be derivatives, whatever they look like.
    """
    skip = set(known)

    def free(name: str, file: str) -> bool:
        return name not in skip and f"{file}::{name}" not in skip

    found: list[Candidate] = []
    for kind in survey.classes:
        if free(kind.name, kind.file):
            found += _of_class(kind)
    usable = [f for f in survey.functions if free(f.name, f.file)]
    found += _of_functions(survey, usable)
    found += _told(survey, [n for n in told if not any(one.answers_to(n) for one in found)])
    found.sort(key=lambda c: (c.function.module, c.owner is None, c.function.line))
    count = Counter(one.plain for one in found)
    return [replace(one, place=_stem(one)) if count[one.plain] > 1 else one for one in found]


def _told(survey: Survey, told: Iterable[str]) -> Iterator[Candidate]:
    for name in told:
        kind, _, plain = name.rpartition(".")
        for owner in (one for one in survey.classes if one.name == kind and plain in one.methods):
            yield Candidate(owner.methods[plain], owner, (), "nothing says whose derivative it is")
        function = survey.function(name)
        if function is not None:
            yield Candidate(function, None, (), "nothing says whose derivative it is")


def with_role(
    candidate: Candidate, survey: Survey, forward: str, gradients: Sequence[str]
) -> Candidate:
    """A candidate of which somebody says whose derivative it is, and in which order."""
    pairings = candidate.pairings
    if forward:
        name = forward.rpartition(".")[2]
        own = candidate.owner.methods if candidate.owner is not None else {}
        function = own.get(name) or survey.function(name)
        if function is None:
            reason = f"the project says that it is the derivative of {forward}, which is not there"
            return replace(candidate, pairings=(), reason=reason)
        local = _local(candidate.function, function)
        kind = "local" if local else "pair"
        pairings = (Pairing(function, candidate.function, kind, candidate.owner),)
    named = tuple(replace(p, gradients=tuple(gradients)) for p in pairings)
    return replace(candidate, pairings=named)


def _stem(candidate: Candidate) -> str:
    owner = candidate.owner
    module = owner.module if owner is not None else candidate.function.module
    return module.removesuffix(".py").replace("/", ".").rpartition(".")[2]


def declared(forward: Function, backward: Function | None) -> Candidate:
    """What somebody says belongs together, whatever the names.

    Without a backward the forward returns the value and its gradients.
    """
    if backward is None:
        value = joint_value(forward) or 0
        return Candidate(forward, None, (Pairing(forward, None, "joint", value=value),))
    kind = "local" if _local(backward, forward) else "pair"
    return Candidate(backward, None, (Pairing(forward, backward, kind),))


# functions


def _of_functions(survey: Survey, usable: Sequence[Function]) -> Iterator[Candidate]:
    modules: dict[str, list[Function]] = {}
    for function in survey.functions:
        modules.setdefault(function.module, []).append(function)
    free = set(map(id, usable))
    for function in usable:
        flag = _flag(function)
        if flag:
            yield Candidate(function, None, (Pairing(function, function, "flag", flag=flag),))
            continue
        if names.uses_gradients(function.name) or function.is_skeleton:
            continue
        value = joint_value(function)
        if value is not None:
            yield Candidate(function, None, (Pairing(function, None, "joint", value=value),))
            continue
        near = modules[function.module]
        likely = _forwards(function, [f for f in near if id(f) in free], {f.name: f for f in near})
        if not likely and len(modules) > 1:
            likely = _elsewhere(function, survey.functions)
        if likely:
            yield Candidate(function, None, tuple(likely))
        elif function.parameters and (
            names.is_backward(function.name) or gives_gradients(function)
        ):
            reason = "no function was found that it is the derivative of"
            yield Candidate(function, None, (), reason)


def _elsewhere(function: Function, others: Sequence[Function]) -> list[Pairing]:
    """Forwards in other modules: those alone that its name says."""
    key = names.key(function.name)
    fitting = [f for f in others if key and names.key(f.name) == key and f is not function]
    return _forwards(function, fitting, {f.name: f for f in fitting}) if fitting else []


def _flag(function: Function) -> str:
    for parameter in function.parameters:
        if (
            parameter.name.lower() in _FLAGS
            and parameter.has_default
            and parameter.default in (False, 0)
        ):
            return parameter.name
    return ""


def _forwards(
    function: Function, usable: Sequence[Function], by_name: dict[str, Function]
) -> list[Pairing]:
    """The functions that this one may be the derivative of, likeliest first."""
    found: dict[str, Function] = {}
    backward = names.is_backward(function.name) or gives_gradients(function)
    for name in names.derived_from(function.name):
        for variant in (name, f"{name}_forward", f"forward_{name}", f"{name}_fwd"):
            other = by_name.get(variant)
            if (
                other is not None
                and other is not function
                and _same_shape(function, other, backward)
            ):
                found.setdefault(other.name, other)
    exact = frozenset(found)
    if backward:
        wanted = names.key(function.name)
        second = bool(set(names.words(function.name)) & names.SECOND)
        ranked = []
        for other in usable:
            if other is function or other.is_skeleton or not other.parameters:
                continue
            plain = set(names.words(other.name))
            if names.uses_gradients(other.name):
                continue
            gives_gradient = _is_gradient(other)
            if gives_gradient != second:
                continue  # a Hessian is the Jacobian of a gradient, and of nothing else
            named = exact and wanted
            if named and not (wanted < names.key(other.name) and not _claimed(other, usable)):
                continue  # its own name says whose derivative it is
            rank = _rank(wanted, plain, other, second, gives_gradient)
            if rank is not None:
                ranked.append((rank, other.line, other))
        for _, _, other in sorted(ranked, key=lambda r: r[:2]):
            found.setdefault(other.name, other)
        if not found:  # what flows between them: a cache that is returned and taken apart
            for other in usable:
                if other is not function and _feeds(other, function):
                    found.setdefault(other.name, other)
    if not found and backward:  # the same arguments under other names: motion_model, jacob_f
        own = [p.name for p in function.parameters if p.required]
        for other in usable:
            theirs = [p.name for p in other.parameters if p.required]
            if other is not function and own and own == theirs and not _no_value(other):
                found.setdefault(other.name, other)
    if not found and "score" in names.words(function.name):
        likely = [
            f for f in usable if set(names.words(f.name)) & _LIKELIHOODS and f is not function
        ]
        found |= {f.name: f for f in likely}
    result = _composed(function, found.values(), usable)
    for other in list(found.values())[:6]:
        kind = "pair"
        if set(names.words(function.name)) & names.SECOND and _is_gradient(other):
            kind = "second"
        elif _local(function, other):
            kind = "local"
        result.append(Pairing(other, function, kind))
    return sorted(result, key=lambda p: p.kind != "second")


def _is_gradient(function: Function) -> bool:
    """Whether a function gives a gradient: by its name, a score of statistics too."""
    score = "score" in names.words(function.name) and not names.is_backward(function.name)
    return names.is_backward(function.name) or (score and len(function.parameters) > 1)


def _claimed(forward: Function, usable: Sequence[Function]) -> bool:
    """Whether another function says by its name that it is the derivative of this one."""
    return any(
        forward.name in (name, f"{name}_forward", f"forward_{name}", f"{name}_fwd")
        for other in usable
        if other is not forward
        for name in names.derived_from(other.name)
    )


def gives_gradients(function: Function) -> bool:
    """Whether everything that a function returns is called a gradient: ``return {"dw": …}``."""
    for node in function.walk():
        if not isinstance(node, ast.Return) or node.value is None:
            continue
        value = node.value
        if isinstance(value, ast.Dict):
            keys = [k.value for k in value.keys if isinstance(k, ast.Constant)]
        elif isinstance(value, ast.Tuple):
            keys = list(tuple_names(value))
        else:
            return False
        return not (
            len(keys) < 1 or not all(isinstance(k, str) and names.gradient_of(k) for k in keys)
        )
    return False


def _feeds(forward: Function, backward: Function) -> bool:
    """Whether a function returns a tuple for the cache that another takes."""
    takes = any(p.name.lower() in names.CACHES for p in backward.parameters)
    gives = any(
        isinstance(node, ast.Return)
        and isinstance(node.value, ast.Tuple)
        and isinstance(node.value.elts[-1], (ast.Tuple, ast.Dict, ast.List, ast.Name))
        for node in forward.walk()
    )
    return takes and gives and not gives_gradients(forward)


_LIKELIHOODS = frozenset(["likelihood", "loglikelihood", "loglik", "logpdf", "lik", "nll", "logl"])


_COSTS = names.VALUE | {"bce", "mse", "entropy", "crossentropy", "xent", "ce"}


def _composed(
    function: Function, forwards: Iterable[Function], usable: Sequence[Function]
) -> list[Pairing]:
    """A cost after a forward: the backward takes labels, which the forward does not take."""
    found = []
    needs = {p.name for p in function.parameters if p.required}
    for forward in forwards:
        if set(names.words(forward.name)) & names.VALUE:
            continue
        labels = {n for n in needs - set(forward.names) if n.lower() in names.TARGETS}
        for cost in usable if labels else ():
            if not set(names.words(cost.name)) & _COSTS or names.is_backward(cost.name):
                continue
            own = [p.name for p in cost.parameters if p.required]
            if len(own) == 2 and set(own) & labels and joint_value(cost) is None:
                found.append(Pairing(forward, function, "pair", then=cost))
    return found


def _no_value(function: Function) -> bool:
    """Whether a function uses or gives gradients, or does nothing."""
    if names.is_backward(function.name) or gives_gradients(function) or function.is_skeleton:
        return True
    return names.uses_gradients(function.name)


def _rank(
    wanted: frozenset[str], plain: set[str], other: Function, second: bool, gradient: bool
) -> float | None:
    """How well another function's name fits; None when it does not."""
    key = names.key(other.name)
    marked = bool(plain & (names.FORWARD | names.VALUE)) or other.name in ("f", "fun", "func")
    if key == wanted and (wanted or marked or gradient):
        return 0.0 if (marked or wanted) else 1.0
    if wanted and key and (wanted < key or key < wanted):
        return 2.0
    if not wanted and marked:
        return 3.0 - (0.5 if plain & names.VALUE else 0.0)
    return None


def _same_shape(function: Function, other: Function, sure: bool) -> bool:
    """Whether ``dtanh`` may be the derivative of ``tanh``: names alone do not settle it."""
    if sure:
        return True
    return bool(function.parameters) and bool(other.parameters)


def _local(function: Function, other: Function) -> bool:
    """Whether a derivative takes no upstream derivative and no cache: f'(x)."""
    own = [p.name for p in function.parameters if p.required]
    theirs = [p.name for p in other.parameters if p.required]
    if not own or len(own) > len(theirs):
        return False
    if any(name in names.UPSTREAM or name in names.CACHES for name in own):
        return False
    return len(own) == len(theirs) or set(own) <= set(theirs)


def joint_value(function: Function) -> int | None:
    """Where the value stands in a function that returns a value and its gradients, else None."""
    if _is_joint(function):
        return 0
    returns = [r for r in function.returns() if len(r) == 2]
    if returns and not names.uses_gradients(function.name):
        first, last = returns[-1]
        value = last in ("J", "L", "E") or bool(set(names.words(last)) & names.VALUE)
        if value and names.is_gradient(first) and not names.gradient_of(last):
            return 1
    return None


def _is_joint(function: Function) -> bool:
    """Whether a function returns a value and then its gradients."""
    returns = [r for r in function.returns() if len(r) > 1]
    if not returns or any(p.kind == VAR_POSITIONAL for p in function.parameters):
        return False
    plain = names.words(function.name)
    if names.is_backward(function.name) and not set(plain) & (
        names.VALUE | {"value", "and", "with"}
    ):
        return False
    last = returns[-1]
    first = last[0]
    if first and names.is_gradient(first) and first.lower() not in ("data_loss", "d", "dist"):
        return False
    if any(part and _is_gradient_here(part, function) for part in last[1:]):
        return True
    return "grad" in function.name.lower() and ("and" in plain or "with" in plain)


def _is_gradient_here(name: str, function: Function) -> bool:
    """Whether a returned name is a gradient: of what the function has, or by a word for it.

    ``d2``, ``decoded`` and ``density`` begin with a d as well.
    """
    if not names.is_gradient(name):
        return False
    bases = names.gradient_of(name)
    if not bases or "grad" in name.lower():
        return True
    known: set[str] = {parameter.name for parameter in function.parameters}
    for node in function.walk():
        if isinstance(node, ast.Name):
            known.add(node.id)
        elif isinstance(node, ast.Attribute):
            known.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            known.add(node.value)
    return any(names.same(name, one) for one in known if one != name)


# classes


def _of_class(kind: Class) -> Iterator[Candidate]:
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
        if name in own and method.is_skeleton:
            continue
        flag = _flag(method)
        if flag and not name.startswith("_"):
            yield Candidate(method, kind, (Pairing(method, method, "flag", kind, flag),))
            continue
        if names.uses_gradients(name) or name.startswith("__"):
            continue
        value = joint_value(method)
        if value is not None:
            yield Candidate(method, kind, (Pairing(method, None, "joint", kind, value=value),))
            continue
        if name not in _BACKWARD_METHODS and not names.is_backward(name):
            continue
        if not _own_code(kind, method, forwards):
            continue
        named = _method_named(method, own)
        if named is not None:
            yield Candidate(method, kind, (_method_pair(named, method, kind),))
            continue
        ordered = _ordered(method, [f for f in forwards if f is not method])
        pairs = (*_second(method, kind), *(_method_pair(f, method, kind) for f in ordered))
        if pairs:
            yield Candidate(method, kind, pairs)
        elif not any(f.is_skeleton for f in own.values() if f.name in _FORWARD_METHODS):
            reason = f"{kind.name} has no forward that it could be the derivative of"
            yield Candidate(method, kind, (), reason)


def _second(method: Function, kind: Class) -> Iterator[Pairing]:
    """The gradients of which a method may be the Jacobian, as a Hessian is."""
    if not set(names.words(method.name)) & names.SECOND:
        return
    for name, other in kind.methods.items():
        gradient = names.is_backward(name) and not set(names.words(name)) & names.SECOND
        if gradient and other.names == method.names and not other.is_skeleton:
            yield Pairing(other, method, "second", kind)


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
    plain = names.words(backward.name)
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
    if plain and ordered and not needs:
        ordered = sorted(ordered, key=lambda f: f.name not in ("forward", "__call__", "loss"))
    return ordered[:6]


def _method_pair(forward: Function, backward: Function, kind: Class) -> Pairing:
    local = backward.name not in ("backward", "backward_pass") and _local(backward, forward)
    owner = None if forward.static and backward.static else kind
    if owner is None:
        return Pairing(forward, backward, "local" if local else "pair", kind)
    return Pairing(forward, backward, "local" if local else "pair", kind)


def tuple_names(node: ast.expr) -> list[str]:
    """Names of the targets of an unpacking."""
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List)) else [node]
    return [part.id if isinstance(part, ast.Name) else "" for part in parts]
