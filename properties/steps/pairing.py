"""From what the user names to what is run: the functions, how they are called, their cases."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .contract import CONTRACT, ContractFunction
from .draws import generator, signed
from .inputs import custom_cases, other_sizes, parse_inputs, resized, sizes_of
from .source import Project, definition
from .values import Case, NoSource, Pair, Place, StepsError

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = [
    "Subject",
    "contract_pair",
    "contract_subject",
    "custom_subject",
    "labels_present",
    "signature",
    "unread",
]

Sizes = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Subject:
    """A pair and how its cases are drawn.

    draw : gives the values for sizes and a seed; `dout` is filled in when the output is known.
    sizes : the sizes of the cases that are judged; `least` bounds the search for a small one.
    strategy : draws cases of a user's spec, which has no sizes of its own.
    by_contract : every drawn case is one that the functions have to be right for.
    """

    pair: Pair
    draw: Callable[[Sizes, int], Case]
    sizes: tuple[Sizes, ...]
    least: Sizes
    scalar: bool
    leaves: tuple[str, ...]
    strategy: SearchStrategy[Case] | None = None
    by_contract: bool = False


def labels_present(project: Project) -> list[str]:
    """Return the contract's labels whose functions the project has."""
    return [
        label
        for label, one in CONTRACT.items()
        if project.find(one.forward, module=one.module) is not None
        and (one.backward is None or project.find(one.backward, module=one.module))
    ]


def _labels_for(layer: str) -> list[str]:
    plain = layer.strip()
    if plain in CONTRACT:
        return [plain]
    return [
        label
        for label, one in CONTRACT.items()
        if plain
        in (
            one.forward,
            one.backward,
            f"{one.module}.{one.forward}",
            one.forward.partition(".")[0],
            f"{one.module}.{one.forward}".removesuffix(".loss"),
            f"{one.module}.{one.backward}",
        )
    ]


def contract_subject(project: Project, layer: str, *, sourceless: bool = False) -> Subject:
    """Return the subject for a contract name: a label or the name of one of its functions.

    sourceless : a function that the source does not define is taken to be there all the same.

    Raises
    ------
    StepsError
        There is no such name in the contract, or the target does not have the function.
    """
    labels = _labels_for(layer)
    if not labels:
        raise StepsError(
            f"{layer!r} is not in the contract: give one of {', '.join(CONTRACT)}, "
            f"or --forward and --backward"
        )
    for label in labels:
        one = CONTRACT[label]
        forward = project.find(one.forward, module=one.module)
        backward = None if one.backward is None else project.find(one.backward, module=one.module)
        if forward is not None and (one.backward is None or backward is not None):
            return _contract(project, one, forward, backward)
    one = CONTRACT[labels[0]]
    if sourceless and "." not in one.forward:
        forward = project.find(one.forward, module=one.module) or unread(project, one.forward)
        backward = None if one.backward is None else unread(project, one.backward)
        return _contract(project, one, forward, backward)
    missing = " or ".join(filter(None, (one.forward, one.backward)))
    raise NoSource(f"{project.label} has no {missing} (looked for it in {one.module}.py)")


def contract_pair(
    project: Project, layer: str, forward: str, backward: str | None, *, sourceless: bool = False
) -> Subject:
    """Return the subject for functions of any name that do what a layer of the contract does.

    Raises
    ------
    StepsError
        The layer is not in the contract, or has no such pair.
    """
    labels = _labels_for(layer)
    if not labels or "." in CONTRACT[labels[0]].forward:
        known = ", ".join(one.label for one in CONTRACT.values() if "." not in one.forward)
        raise StepsError(f"{layer!r} is no layer made of functions; such are {known}")
    one = CONTRACT[labels[0]]
    if (one.backward is None) != (backward is None):
        said = "needs a backward" if one.backward else "has value and gradient in one function"
        raise StepsError(f"{one.label} {said}: {'give' if one.backward else 'leave out'} it")
    second = None if backward is None else _found(project, backward, sourceless)
    return _contract(project, one, _found(project, forward, sourceless), second)


def unread(project: Project, name: str) -> Place:
    """Return a place for a function whose source is not known."""
    return Place(name, project.root, project.package, "", 0)


def signature(project: Project, place: Place) -> list[str]:
    """Return the names of a function's positional arguments, none when its source is not known."""
    tree = project.tree(place.file)
    node = None if tree is None else definition(tree, place.name)
    if node is None:
        return []
    names = [a.arg for a in [*node.args.posonlyargs, *node.args.args]]
    return [n for n in names if n not in ("self", "cls")]


def _contract(
    project: Project, one: ContractFunction, forward: Place, backward: Place | None
) -> Subject:
    style = "method" if "." in one.forward else "joint" if backward is None else "pair"
    own = signature(project, forward)
    given = one.arguments
    if style == "method":
        given = tuple(name for name in given if name in own or len(own) >= len(given))
    # Values go by the contract's names; the author's own names are what the printout shows.
    names = dict(zip(given, own, strict=False))

    def draw(sizes: Sizes, seed: int) -> Case:
        rng = generator(seed, *sizes.values())
        values = {names.get(k, k): v for k, v in one.values(rng, sizes).items() if k in given}
        return Case(
            values=values,
            dout=1.0,
            sizes=dict(sizes),
            seed=seed,
            init={} if one.init is None else one.init(sizes),
        )

    least = one.least or dict.fromkeys(one.sizes[0], 1)
    pair = Pair(
        one.label,
        forward,
        backward,
        style,  # type: ignore[arg-type]
        tuple(names.get(k, k) for k in given),
        (),
        ("*dout", "*cache"),
    )
    sizes = one.sizes if len(one.sizes) > 2 or style == "method" else (*one.sizes, one.sizes[0])
    leaves = tuple(names.get(k, k) for k in given)
    return Subject(pair, draw, sizes, least, one.loss, leaves, by_contract=True)


def custom_subject(
    project: Project,
    forward: str,
    backward: str | None,
    inputs: str | None,
    *,
    sourceless: bool = False,
) -> Subject:
    """Return the subject for any two functions, or one that gives value and gradient.

    Raises
    ------
    StepsError
        A function is not in the target, or `inputs` does not fit its arguments.
    """
    if "." in forward and project.find(forward) is not None:
        from .objects import object_subject

        return object_subject(project, forward, backward, inputs)
    first = _found(project, forward, sourceless)
    second = None if backward is None else _found(project, backward, sourceless)
    own = signature(project, first)
    if inputs is None and not first.module:
        raise StepsError(f"{project.label} has no function {forward!r} whose source can be read")
    if inputs is None:
        raise StepsError(
            f"{forward} is no function of the contract: say what its arguments "
            f"({', '.join(own)}) look like with --inputs '{own[0] if own else 'x'}: "
            f"(4, 3), …'"
        )
    wanted = parse_inputs(inputs)
    plain = own or list(wanted)
    own = _fitting(project, first, own, list(wanted))
    sizes = sizes_of(wanted)

    def draw(now: Sizes, seed: int) -> Case:
        rng = generator(seed, *now.values())
        return Case(
            values=custom_cases(resized(wanted, now), rng), dout=1.0, sizes=dict(now), seed=seed
        )

    names = tuple(name for name in own if name in wanted)
    positional = tuple(itertools.takewhile(lambda name: name in wanted, plain))
    keywords = tuple(name for name in names if name not in positional)
    sources: tuple[str, ...] = ()
    if second is not None:
        arguments = signature(project, second)
        sources = _backward_arguments(arguments, names) if arguments else ("*dout", "*cache")
    style = "joint" if second is None else "pair"
    pair = Pair(
        forward,
        first,
        second,
        style,  # type: ignore[arg-type]
        positional,
        keywords,
        sources,
    )
    other = other_sizes(wanted, sizes)
    return Subject(pair, draw, (sizes, other, sizes), dict.fromkeys(sizes, 1), False, names)


def _fitting(project: Project, place: Place, own: list[str], given: list[str]) -> list[str]:
    """Return the arguments of a function, after a check that ``--inputs`` fits them."""
    tree = project.tree(place.file)
    node = None if tree is None else definition(tree, place.name)
    if node is None:
        return given
    own = own + [a.arg for a in node.args.kwonlyargs]
    strangers = [name for name in given if name not in own]
    if strangers and node.args.kwarg is None:
        raise StepsError(
            f"--inputs names {', '.join(strangers)}, but {place.name} takes "
            f"{', '.join(own) or 'no arguments'}"
        )
    required = own[: len(own) - len(node.args.defaults) - len(node.args.kwonlyargs)]
    required += [
        a.arg
        for a, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is None
    ]
    missing = [name for name in required if name not in given]
    if missing:
        raise StepsError(f"--inputs says nothing of {', '.join(missing)}, which {place.name} needs")
    return own


_UPSTREAM = (
    "dout",
    "grad_output",
    "grad_out",
    "upstream",
    "g",
    "dy",
    "dY",
    "dz",
    "dL",
    "d_out",
    "delta",
    "grad",
    "dloss",
    "upstream_grad",
    "dvalues",
    "dupstream",
)
_CACHES = ("cache", "ctx", "saved", "context", "tape", "memo", "store", "state")


def _backward_arguments(own: list[str], forward: tuple[str, ...]) -> tuple[str, ...]:
    """Where each argument of a backward comes from: upstream, cache, or an input by name."""
    if len(own) == 2 and own[1] not in forward:
        return (
            ("*cache", "*dout") if own[0] in _CACHES or own[1] in _UPSTREAM else ("*dout", "*cache")
        )
    found: list[str] = []
    for position, name in enumerate(own):
        if name in _CACHES:
            found.append("*cache")
        elif name in forward:
            found.append(name)
        elif name in _UPSTREAM or (position == 0 and "*dout" not in found):
            found.append("*dout")
        elif name in ("out", "output", "y", "value"):
            found.append("*out")
        else:
            found.append("*cache")
    if found.count("*cache") > 1:
        return ("*dout", "*spread")
    return tuple(found)


def _found(project: Project, name: str, sourceless: bool) -> Place:
    module, _, plain = name.rpartition(".")
    place = project.find(name) or project.find(plain, module=module.rpartition(".")[2] or None)
    if place is None and sourceless:
        return unread(project, name)
    if place is None:
        raise NoSource(f"{project.label} has no function {name!r}")
    return place


def with_params(case: Case, described: Mapping[str, Any], seed: int) -> Case:
    """Draw parameters of the shapes that a constructed object has."""
    rng = np.random.default_rng([seed, 99])
    params = {}
    for name, shape in zip(described["names"], described["shapes"], strict=True):
        value = signed(rng, *[int(n) for n in shape])
        params[name] = np.abs(value) if name.startswith("gamma") else value / 2
    return Case(case.values, case.dout, case.sizes, params, case.init, case.seed)
