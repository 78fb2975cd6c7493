"""From what is named to what is run: the functions, how they are called, their cases.

A row and a user's ``--inputs`` go the same way: both describe arguments in one notation, from which
cases are drawn. A row without such a text gives cases of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from ..discovery.names import is_gradient
from ..discovery.source import written_globals
from ..spec.notation import Inputs, NotationError, parse_inputs
from ..spec.row import LayerSpec, ObjectSpec
from .calling import Signature, backward_sources, cache_is_last, rate_of
from .drawing import drawn, sampled
from .rewrite.source import Project
from .values import Case, Holder, NoSource, Pair, Place, StepsError
from .ways import Way

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["Subject", "of_inputs", "of_row", "rows_named"]

Sizes = Mapping[str, int]
_CASES = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """A pair and how its cases are drawn.

    draw : gives the values for sizes and a seed; `dout` is filled in when the output is known.
    sizes : the sizes of the cases that are judged; `least` bounds the search for a small one.
    leaves : the arguments that have a gradient, in the order in which they are returned.
    strategy : draws cases of a row that has no sizes of its own.
    targets : the inputs that have a gradient, where something else has found them; else empty.
    accepted : inputs whose gradients are right by a convention, whatever they are multiples of.
    names : what the author calls a row's arguments.
    declared : a row says in which order gradients are returned, and that every case that it draws
        is one for which the functions have to be right.
    """

    pair: Pair
    draw: Callable[[Sizes, int], Case]
    sizes: tuple[Sizes, ...]
    least: Sizes
    leaves: tuple[str, ...]
    strategy: SearchStrategy[Case] | None = None
    targets: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    declared: bool = False


# rows -------------------------------------------------------------------------------------------
def rows_named(rows: Sequence[LayerSpec], name: str) -> list[tuple[LayerSpec, str]]:
    """Return the rows, each with the variant of its inputs, that a user's word means.

    A variant, a row, a layer, a function or a class; the last with or without its module.
    """
    for row in rows:
        if name in variants_of(row):
            return [(row, name)]
    for whole in (True, False):
        found = [
            (row, variant)
            for row in rows
            for variant in variants_of(row)
            if name in (row.name, row.layer, *row.functions)
            or (not whole and name.rpartition(".")[2] in _plain_names(row))
        ]
        if found:
            return found
    return []


def _plain_names(row: LayerSpec) -> set[str]:
    return {full.rpartition(".")[2] for full in row.functions}


def variants_of(row: LayerSpec) -> tuple[str, ...]:
    """Return the variants of a row's inputs; none of a row that has no backward to follow."""
    if row.inputs:
        return tuple(row.inputs)
    return () if isinstance(row, ObjectSpec) else (row.name,)


def of_row(
    project: Project,
    row: LayerSpec,
    variant: str,
    *,
    names: tuple[str, str | None] | None = None,
    sourceless: bool = False,
) -> Subject:
    """Return the subject for a row.

    Parameters
    ----------
    variant : which of its inputs, see `variants_of`.
    names : functions of other names that are taken as the row's.
    sourceless : a function that no source defines is taken to be there all the same.

    Raises
    ------
    StepsError
        The target does not have the functions, or the row has no cases.
    """
    method = row.method if isinstance(row, ObjectSpec) else ""
    if method:
        names = (f"{row.forward}.{method.partition('(')[0]}", None)
    row_names = (row.forward, row.backward)
    names = names or row_names
    forward_name, backward_name = names
    if (row.backward is None) != (backward_name is None):
        said = "needs a backward" if row.backward else "has value and gradient in one function"
        raise StepsError(f"{variant} {said}: {'give' if row.backward else 'leave out'} it")
    forward = _place(project, forward_name, sourceless and not method)
    backward = None if backward_name is None else _place(project, backward_name, sourceless)
    own = project.signature(forward)
    if variant in row.inputs:
        inputs = _read(row.inputs[variant], f"the inputs of {row.name}")
        given = list(inputs.entries)
        if method:
            wanted = [name.strip() for name in method.partition("(")[2].strip(")").split(",")]
            given = [n for n in wanted if n in own.names or len(own.names) >= len(wanted)]
        drawing = drawn(inputs, given, own.names)
    else:
        drawing = sampled(row, own.names)
        given = list(drawing.names)
    fits = own.open or not own.names or len(own.required) <= len(given) <= len(own.names)
    if own.known and not method and names is row_names and not fits:
        raise NoSource(f"{forward_name} takes ({', '.join(own.names)}), which is no {variant}")
    many = len(row.outputs)
    upstreams = ["*dout", *(f"*dout:{k}" for k in range(1, many))]
    # Values go by the row's names; the author's own names are what the printout shows.
    mine = {name: drawing.names.get(name, name) for name in given}
    pair = Pair(
        label=variant,
        forward=forward,
        backward=backward,
        arguments=tuple(mine.values()),
        sources=(*upstreams, "*cache") if backward is not None else (),
        outputs=tuple(range(many)) if backward is not None else (0,),
        owner=_owner(project, row.forward) if method else None,
    )
    leaves = [*row.differentiable, *(name for name in given if name not in row.differentiable)]
    return Subject(
        pair,
        drawing.draw,
        drawing.sizes,
        drawing.least,
        tuple(mine.get(name, name) for name in leaves),
        drawing.strategy,
        names=mine,
        declared=True,
    )


# functions that no row declares -----------------------------------------------------------------
def of_inputs(
    project: Project,
    forward: str,
    backward: str | None,
    text: str | None,
    *,
    targets: Iterable[str] = (),
    accepted: Iterable[str] = (),
    way: Way | None = None,
    options: Mapping[str, Any] | None = None,
    sourceless: bool = False,
) -> Subject:
    """Return the subject for any two functions or methods, or one that gives value and gradient.

    ``targets`` are the inputs that are known to have a gradient, all of them where it is empty, and
    ``accepted`` those whose gradients the open contract calls right.
    ``way`` is how the backward is called, where the open contract has found it out. ``options`` are
    arguments among whose values the strings and flags are those for which it is wrong.

    Raises
    ------
    StepsError
        A function is not in the target, or `text` does not fit its arguments.
    """
    owner = forward.rpartition(".")[0] if "." in forward and project.find(forward) else ""
    if owner and backward is not None and backward.rpartition(".")[0] != owner:
        raise StepsError(f"{forward} is a method: give --backward {owner}.backward, or its name")
    first = _place(project, forward, sourceless)
    second = None if backward is None else _place(project, backward, sourceless)
    holder = Holder() if way is None else way.holder
    after = None if holder.then is None else _place(project, holder.then.function, False)
    own = project.signature(first)
    made = _maker(project, owner, holder) if owner else Signature()
    behind = Signature() if second is None else project.signature(second)
    if text is None:
        raise StepsError(_ask(project, first, own, owner, made))
    rates = [n for n in behind.required if rate_of([n]) and n not in (*own.names, *made.names)]
    for rate in rates:
        if f"{rate}:" not in text:
            text = f"{text}, {rate}: 0.125"  # a step tells its gradient, whatever the rate
    inputs = _read(text, "--inputs")
    given = list(inputs.entries)
    plain = {name.partition("/")[2] for name in holder.supplied}
    known = [*given, *plain]
    later = () if holder.then is None else holder.then.order
    _check(first.name, own, owner, made, behind, known, later)
    values = [n for n in own.names if n in known] if own.known else given
    # What the backward alone takes, such as a learning rate, is drawn with the values.
    beside = (*behind.names, *later)
    behind_alone = [n for n in given if n in beside and n not in (*own.names, *made.names)]
    made_with = [n for n in made.names if n in given] if holder.kind == "made" else []
    names = [n for n in (*values, *behind_alone, *made_with) if n in given]
    fixed = {n: v for n, v in (options or {}).items() if n in inputs.entries}
    fixed = {n: v for n, v in fixed.items() if isinstance(v, (str, bool))}
    drawing = drawn(inputs, names, names, exact=bool(targets), fixed=fixed)
    positional = list(takewhile(lambda n: n in known, own.positional)) if own.known else given
    sources: tuple[str, ...] = () if way is None else way.sources
    outputs: tuple[int, ...] = (0,) if way is None else way.outputs
    returned = project.returned(first)
    if second is not None and way is None:
        sources, outputs = backward_sources(
            behind, [*values, *behind_alone], returned, project.locals_of(first)
        )
    pair = Pair(
        label=owner or forward,
        forward=first,
        backward=second,
        arguments=tuple(positional),
        keywords=tuple(n for n in values if n not in positional),
        sources=sources,
        outputs=outputs,
        cache_last=cache_is_last(returned, outputs),
        rate=rate_of(behind_alone),
        named=() if way is None else way.keywords,
        reading="" if way is None else way.reading,
        owner=_owner(project, owner) if owner else None,
        holder=replace(holder, results=_left_in(project, second or first)),
        then=after,
        made_with=tuple(made_with),
    )
    return Subject(
        pair,
        drawing.draw,
        drawing.sizes,
        drawing.least,
        tuple(dict.fromkeys([*values, *made_with])),
        targets=frozenset(targets),
        accepted=frozenset(accepted),
    )


def _ask(project: Project, place: Place, own: Signature, owner: str, made: Signature) -> str:
    if not place.module:
        return f"{project.label} has no function {place.name!r} whose source can be read"
    said = f"say what the arguments of {place.name} ({', '.join(own.names)})"
    if owner:
        said += f" and of {owner} ({', '.join(made.names) or 'none'})"
    example = "x: (N, D), n_in: D, n_out: M" if owner else f"{next(iter(own.names), 'x')}: (4, 3)"
    return f"no layer is declared for it: {said} look like with --inputs, such as '{example}'"


def _read(text: str, where: str) -> Inputs:
    try:
        return parse_inputs(text)
    except NotationError as error:
        raise StepsError(f"{where}: {error}") from error


def _check(
    name: str,
    own: Signature,
    owner: str,
    made: Signature,
    behind: Signature,
    given: Sequence[str],
    later: Sequence[str] = (),
) -> None:
    """Complain of arguments that nothing takes, and of those that nothing is said of."""
    if not own.known:
        return
    known = {*own.names, *made.names, *behind.names, *later}
    strangers = [one for one in given if one not in known]
    takes = f"{name} takes {', '.join(own.names) or 'no arguments'}"
    if owner:
        takes += f", and {owner} is made with {', '.join(made.names) or 'nothing'}"
    if strangers and not own.open and not made.open:
        raise StepsError(f"--inputs names {', '.join(strangers)}, but {takes}")
    missing = [one for one in own.required if one not in given]
    if missing:
        raise StepsError(f"--inputs says nothing of {', '.join(missing)}, which {name} needs")
    missing = [one for one in made.required if one not in given]
    if missing:
        raise StepsError(f"--inputs says nothing of {', '.join(missing)}; {takes}")


def _maker(project: Project, owner: str, holder: Holder) -> Signature:
    """The arguments of a class, or of the function that makes the functions."""
    if holder.kind == "made":
        return project.signature(_place(project, owner, False))
    return project.constructor(owner)


def _left_in(project: Project, place: Place) -> dict[str, bool]:
    """Variables of the module that a backward leaves gradients in, and whether it adds to them."""
    node = project.definition(place)
    if node is None:
        return {}
    added = {
        ast.unparse(part.target).partition("[")[0]
        for part in ast.walk(node)
        if isinstance(part, ast.AugAssign)
    }
    written = written_globals(node.body, project.signature(place).names)
    return {name: name in added for name in written if is_gradient(name)}


def _owner(project: Project, name: str) -> Place:
    """Find a class, "C" or "module.C", or a function that makes others."""
    place = project.owner(name) or project.find(name)
    if place is None:
        raise NoSource(f"{project.label} has no class {name!r}")
    return place


def _place(project: Project, name: str, sourceless: bool) -> Place:
    """Find a function: "f", "Class.f", or either with its module before it."""
    parts = name.split(".")
    for k in range(len(parts)):
        if k and parts[k - 1][:1].isupper():
            break  # a method is no function
        module = parts[k - 1] if k else None
        place = project.find(".".join(parts[k:]), module=module)
        if place is not None:
            return place
    if sourceless:
        return Place(name, project.root, project.package, "", 0)
    raise NoSource(f"{project.label} has no function {name!r}")
