"""The ways in which a backward may be called, likeliest first."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import names
from .pairs import Pairing
from .source import KEYWORD_ONLY, PLAIN, VAR_KEYWORD, VAR_POSITIONAL, Function, Parameter

RATE = 0.375
"""What a learning rate is set to: large, so that a step taken too early is seen."""

Source = tuple[Any, ...]
"""Where an argument of the backward comes from: (kind, which, keyword or "")."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One way to call a backward.

    Attributes
    ----------
    sources : tuple
        One for each argument.
    outputs : tuple of str
        The outputs whose upstream derivatives are given, as paths such as ``r/0`` or ``s/output``.
    cost : float
        How unlikely it is; below 1 nothing had to be guessed.
    note : str
        A convention that it stands for.
    single : bool
        Whether the upstream derivative has one entry other than zero.
    """

    sources: tuple[Source, ...]
    outputs: tuple[str, ...]
    cost: float
    note: str = ""
    single: bool = False

    @property
    def upstreams(self) -> int:
        """How many upstream derivatives the backward takes."""
        return len({s[1] for s in self.sources if s[0] == "upstream"})


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a forward gave: its outputs, likeliest first, and the names that can be had."""

    paths: tuple[str, ...]
    names: tuple[str, ...]
    returned: int
    locals: frozenset[str]
    attributes: frozenset[str]
    listed: bool = False


_OUTPUT_NAMES = (
    *("output", "out", "outputs", "value", "y", "a", "activation", "z", "h", "y_hat", "y_pred"),
    *("loss", "cost", "probs", "result", "activations", "o", "pred", "prob", "state"),
)


def outputs_of(reply: Mapping[str, Any], forward: Function, *, then: bool = False) -> Outputs:
    """Find the outputs of a forward in what a trial gave back."""
    returned = [path for path, _ in reply["returned"]]
    before = {path for path, _ in reply["before"]}
    attributes = [path for path, _ in reply["after"]]
    known = frozenset(reply["locals"])
    found: list[str] = []
    count = 1
    if returned and reply["kind"] in ("tuple", "list"):
        tops = list(dict.fromkeys(path.split("/")[0] for path in returned))
        count = max(int(top) for top in tops) + 1 if all(t.isdigit() for t in tops) else len(tops)
        plain = [path for path in returned if "/" not in path]
        found = [f"r/{path}" for path in plain] or [f"r/{returned[0]}"]
    elif returned and reply["kind"] == "dict":
        found = [f"r/{path}" for path in returned]
    elif returned:
        found = ["r"]
    else:
        new = [path for path in attributes if path not in before]
        ranked = sorted(new, key=lambda p: _rank(p.rpartition("/")[2]))
        found = [f"s/{path}" for path in ranked if _rank(path) < 99]
    names_ = forward.returns()
    last = next((r for r in reversed(names_) if len(r) == count), [""] * count)
    if then:  # the cost stands before what the forward returned
        rest = next((r for r in reversed(names_) if len(r) == count - 1), [""] * (count - 1))
        last, found = ["", *rest], found[:1]
    return Outputs(
        tuple(found),
        tuple(last),
        count,
        known,
        frozenset(a.split("/")[0] for a in attributes),
        _is_listed(reply, forward),
    )


def _is_listed(reply: Mapping[str, Any], forward: Function) -> bool:
    """Whether a function gives the entries of a vector one by one, as ``return [dx, dy]``."""
    numbers = len(reply["returned"]) > 1 and all(np.ndim(v) == 0 for _, v in reply["returned"])
    list_ = reply["kind"] == "list" or names.is_of_time(forward.names)
    return numbers and list_ and reply["kind"] in ("list", "tuple")


def _rank(name: str) -> int:
    low = name.lower().strip("_")
    return _OUTPUT_NAMES.index(low) if low in _OUTPUT_NAMES else 99


def plans(pairing: Pairing, outputs: Outputs, inputs: Sequence[str]) -> list[Plan]:
    """Give the ways to call the backward, likeliest first.

    Parameters
    ----------
    pairing
        The functions.
    outputs
        What the forward gave.
    inputs
        Names of the forward's arguments that are given.
    """
    backward = pairing.backward
    if backward is None:
        return [Plan((), (f"r/{pairing.value}",), 0.0)]
    if pairing.kind == "flag":
        given = tuple(("input", name, "") for name in inputs if name != pairing.flag)
        as_output = (("output", 0, ""), *given[1:])
        flag = ("constant", True, pairing.flag)
        return [
            Plan((*given, flag), outputs.paths[:1], 0.0),
            Plan((*as_output, flag), outputs.paths[:1], 0.8, OUTPUT_TAKEN),
        ]
    parameters = [p for p in backward.parameters if _counts(p, inputs, outputs)]
    options = [
        _options(p, i, parameters, pairing, outputs, inputs) for i, p in enumerate(parameters)
    ]
    if any(not option for option in options):
        return []
    found = []
    for chosen in itertools.islice(itertools.product(*options), 600):
        for plan in _numbered(parameters, chosen, outputs):
            entries = pairing.kind == "local" and outputs.listed and not plan.upstreams
            found.append(replace(plan, outputs=outputs.paths) if entries else plan)
    found.sort(key=lambda plan: plan.cost)
    if _returns_at_an_entry(backward):
        single = "takes an upstream derivative with one entry other than zero"
        found = [replace(p, note=p.note or single, single=True) for p in found]
    return found[:16]


def _returns_at_an_entry(backward: Function) -> bool:
    """Whether a backward returns inside of a loop over an argument, at its first entry in use.

    That of a softmax before a cross-entropy is given one entry that is not zero.
    """
    for loop in (node for node in backward.walk() if isinstance(node, ast.For)):
        over = {leaf.id for leaf in ast.walk(loop.iter) if isinstance(leaf, ast.Name)}
        if over & set(backward.names) and isinstance(loop.body[-1], ast.Return):
            return True
    return False


OUTPUT_TAKEN = "takes the function's output, not its input"


def _counts(parameter: Parameter, inputs: Sequence[str], outputs: Outputs) -> bool:
    """Whether an argument is given: always when required, with a default only where it is known."""
    if parameter.required:
        return True
    name = parameter.name
    if parameter.kind not in (PLAIN, KEYWORD_ONLY):
        return False
    if name in inputs:  # the forward is given it: the backward gets the same
        return True
    known = name in outputs.locals or name in names.UPSTREAM or name in names.CACHES
    return parameter.default is None and known


def _options(
    parameter: Parameter,
    position: int,
    all_: Sequence[Parameter],
    pairing: Pairing,
    outputs: Outputs,
    inputs: Sequence[str],
) -> list[tuple[float, Source]]:
    """Where one argument may come from."""
    name, low = parameter.name, parameter.name.lower().strip("_")
    if name in pairing.supplied:
        return [(0.0, _given(name, pairing.supplied, inputs))]
    found: list[tuple[float, Source]] = []
    upstream = name in names.UPSTREAM or low in names.UPSTREAM or names.is_gradient(name)
    upstream = upstream or (position == 0 and names.adds_windows(pairing.judged.name))
    cache = low in names.CACHES or "cache" in low
    told = [p for p in all_ if p.name in names.UPSTREAM or names.is_gradient(p.name)]
    target = low in names.TARGETS
    if name in inputs:
        found.append((0.0, ("input", name)))
    if cache:
        if outputs.returned > 1:
            found.append((0.0, ("output", outputs.returned - 1)))
            if outputs.returned > 2:
                found.append((0.9, ("rest", 0)))
        else:
            found.append((0.6, ("returned", 0)))
    if pairing.then is not None and name in pairing.then.names and not (target or name in inputs):
        found.append((0.1, ("output", 1)))  # the cost stands before what it is given
    if name in outputs.names:
        found.append((0.1, ("output", outputs.names.index(name))))
    if low in names.RATES and name not in inputs:
        found.append((0.1, ("constant", RATE)))
    own = name not in inputs and not upstream
    if name in outputs.locals and (own or (name in inputs and _rebinds(pairing.forward, name))):
        found.append((0.2, ("local", name)))
    if upstream and name not in inputs:
        found.append((0.0 if not target else 1.0, ("upstream", name)))
        known = [p.name for p in all_[1:] if p.name in inputs and p.name.lower() in names.TARGETS]
        if position == 0 and known and inputs and inputs[0] not in known:
            found.append((0.5, ("input", inputs[0])))  # a loss is given the prediction again
            kept = [a for a in _OUTPUT_NAMES if a in outputs.attributes]
            found += [(0.45, ("attribute", a)) for a in kept[:2]]  # or what its softmax made
    after = pairing.then or pairing.slope
    if after is not None and position < len(inputs) and not (found or upstream):
        found.append((0.2, ("input", inputs[position])))  # of a method, by its place
    if name in outputs.attributes and not upstream:
        found.append((0.4, ("attribute", name)))
    if low in names.OUTPUTS and name not in inputs:
        # A label that nothing gives is no output: what comes of that convicts nobody.
        cost = 0.2 if pairing.kind == "local" else 1.1 if target else 0.7
        found.append((cost, ("output", 0)))
    if pairing.kind in ("local", "second") and position < len(inputs):
        by_place = ("input", inputs[position])
        if all(source != by_place for _, source in found):
            found.append((0.3, by_place))
    if pairing.kind == "local" and position == 0:
        found.append((0.8, ("output", 0)))
    if not found:
        rest = outputs.returned > 1
        if len(all_) == 2 and position == 1 and rest:
            found.append((0.2, ("output", outputs.returned - 1)))
        if not target:
            product = pairing.kind == "second" and position > 0  # of a Hessian and a vector
            cost = 0.4 if position == 0 or product else 0.9
            found.append((cost, ("upstream", name)))
        if low in ("m", "n", "batch_size", "num_examples", "n_samples"):
            found.append((0.5, ("length", 0)))
        if low.endswith("shape") and inputs:
            found.insert(0, (0.1, ("shape", _shaped(low, inputs))))
    elif (
        position == 0
        and len(told) == 1
        and inputs
        and len(all_) > 1
        and found[-1][1][0] == "upstream"
    ):
        found.append((1.2, ("input", inputs[0])))
    return sorted(found, key=lambda f: f[0])[:4]


def _given(name: str, supplied: Mapping[str, str | int], inputs: Sequence[str]) -> Source:
    """What the judge supplies: the forward's own object where it has one."""
    text = supplied[name]
    if name in inputs:
        return ("input", name)
    same = [n for n in inputs if supplied.get(n) == text and "context" in repr(text)]
    return (
        ("input", same[0]) if same else ("constant", str(text) if isinstance(text, str) else text)
    )


def _shaped(low: str, inputs: Sequence[str]) -> str:
    """The input whose shape an argument asks for: ``x_shape``; the first for ``input_shape``."""
    return next((n for n in inputs if f"{n.lower()}_shape" == low), inputs[0])


def _rebinds(function: Function, name: str) -> bool:
    """Whether an argument may be another value at the end of a function than at its beginning."""
    nodes = (node for node in function.walk() if isinstance(node, ast.Name) and node.id == name)
    return any(isinstance(node.ctx, ast.Store) for node in nodes)


def _numbered(
    parameters: Sequence[Parameter], chosen: Sequence[tuple[float, Source]], outputs: Outputs
) -> list[Plan]:
    """Give the upstreams their numbers and their outputs."""
    cost = sum(one[0] for one in chosen)
    wanted = [source[1] for _, source in chosen if source[0] == "upstream"]
    arrays = list(outputs.paths)
    if len(wanted) > max(len(arrays), 1):
        return []
    order = arrays[: max(len(wanted), 1)]
    by_name = [_output_of(name, outputs) for name in wanted]
    if wanted and all(path is not None for path in by_name) and len(set(by_name)) == len(by_name):
        order = [path for path in by_name if path is not None]
    number = {name: i for i, name in enumerate(wanted)}
    sources = []
    note = ""
    for parameter, (_, (kind, which)) in zip(parameters, chosen, strict=True):
        keyword = parameter.name if parameter.kind == KEYWORD_ONLY or not parameter.required else ""
        if kind == "upstream":
            which = number[which]
        if kind == "output" and "cache" not in parameter.name.lower() and outputs.returned == 1:
            note = OUTPUT_TAKEN
        sources.append((kind, which, keyword))
    if not order:
        return []
    return [Plan(tuple(sources), tuple(order), cost, note if len(parameters) == 1 else "")]


def passing(plan: Plan, pairing: Pairing, path: str) -> Plan | None:
    """The plan of a call whose forward or constructor is given an argument that it could leave out.

    The backward gets the same where it takes it. None where it cannot know the value: it has
    neither such an argument nor a cache, or it may have the argument under another name.
    """
    backward, (place, _, name) = pairing.backward, path.partition("/")
    if backward is None:
        return plan
    if any(source[:2] == ("input", name) for source in plan.sources):
        return plan
    default = next((p.default for p in pairing.forward.parameters if p.name == name), None)
    own = next((p for p in backward.parameters if p.name == name), None)
    if own is not None:
        same = own.default is None or (own.has_default and own.default == default)
        if place != "arg" or own.kind not in (PLAIN, KEYWORD_ONLY) or not same:
            return None
        return replace(plan, sources=(*plan.sources, ("input", name, name)))
    if any(_may_be_it(p) for p in backward.parameters if p.name not in pairing.forward.names):
        return None
    return plan if place == "init" or _has_state(plan, pairing) else None


def _may_be_it(parameter: Parameter) -> bool:
    """Whether a parameter of a backward may stand for one of the forward under another name."""
    if parameter.kind in (VAR_POSITIONAL, VAR_KEYWORD):
        return True
    low = parameter.name.lower()
    known = low in names.RATES | names.CACHES or parameter.name in names.UPSTREAM
    return parameter.has_default and not isinstance(parameter.default, bool) and not known


def _has_state(plan: Plan, pairing: Pairing) -> bool:
    """Whether the backward gets from the forward what that wanted to keep for it."""
    static = pairing.forward.static and pairing.judged.static
    if pairing.owner is not None and not static and pairing.kind != "local":
        return True
    return any(
        kind == "rest" or (kind == "output" and not {"r", f"r/{which}"} & set(plan.outputs))
        for kind, which, _ in plan.sources
    )


def _output_of(name: str, outputs: Outputs) -> str | None:
    """The output that an upstream derivative is named after: ``da`` for ``a``."""
    for i, output in enumerate(outputs.names):
        if output and f"r/{i}" in outputs.paths and names.same(name, output):
            return f"r/{i}"
    return None


def on_output(pairing: Pairing, trees: Iterable[ast.Module]) -> bool:
    """Whether a derivative is meant to be called with the function's output: a(1 - a)."""
    forward, backward = pairing.forward, pairing.judged
    own = backward.parameters[0].name if backward.parameters else ""
    theirs = forward.parameters[0].name if forward.parameters else ""
    if own != theirs and own.lower() not in ("x", "z", "v", "t"):
        return True
    return any(_called_on_output(tree, forward.name, backward.name) for tree in trees)


def _called_on_output(tree: ast.Module, forward: str, backward: str) -> bool:
    """Whether some call of the backward is given what the forward returned."""
    for scope in ast.walk(tree):
        if not isinstance(scope, (ast.FunctionDef, ast.Module)):
            continue
        outputs: set[str] = set()
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign) and _is_call(node.value, forward):
                outputs |= {ast.unparse(target) for target in node.targets}
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and _is_call(node, backward) and node.args:
                first = node.args[0]
                if ast.unparse(first) in outputs or _is_call(first, forward):
                    return True
    return False


def _is_call(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name
