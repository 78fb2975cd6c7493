"""Which returned array should be the gradient of which input, and under which names it goes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ..values import Array
from .adjoints import agree, squeezed
from .gather import Trace
from .names import promised, same_name

if TYPE_CHECKING:
    from .judge import Judge

__all__ = ["contract_names", "expected_gradients", "return_texts"]


def expected_gradients(judge: Judge, trace: Trace) -> Iterator[tuple[str, str]]:
    """Yield (place, input) for the returned arrays whose input is known.

    By name where a name tells; by position where the contract fixes the order; else in the
    order of the inputs, by the shapes.
    """
    evidence = judge.evidence
    case = evidence.cases[0]
    leaves = case.leaves()
    places = list(trace.gradients)
    texts = return_texts(judge)
    named: dict[str, str] = {}
    for number, place in enumerate(places):
        text = texts[number] if len(texts) == len(places) else place
        match = _leaf_of(place, text, leaves)
        if match is not None:
            named[place] = match
    arrays = [
        name
        for name in evidence.subject.leaves
        if name in leaves and isinstance(case.values.get(name), np.ndarray)
    ]
    contract = judge.evidence.subject.pair.label != judge.evidence.subject.pair.forward.name
    every = len(named) == len(places) == len(set(named.values()))
    if evidence.subject.pair.style == "object":
        # What is returned goes with the inputs, what is left in the object with its parameters.
        free = [place for place in places if place not in named and place[:5] != "self."]
        yield from zip(free, [name for name in arrays if name not in named.values()], strict=False)
        yield from named.items()
    elif (every and not contract) or case.params:
        yield from named.items()
    elif contract and len(arrays) >= len(places):
        yield from zip(places, arrays, strict=False)
    elif not named:
        yield from _by_shape(judge, list(trace.gradients), trace, arrays)
    else:
        yield from named.items()
        # What a backward returns beside is a gradient as well; a loss may return anything.
        rest = [place for place in places if place not in named]
        left = [name for name in arrays if name not in named.values()]
        if rest and not judge.joint:
            yield from _by_shape(judge, rest, trace, left)


def _leaf_of(place: str, text: str, leaves: Mapping[str, Array]) -> str | None:
    """Return the input that the name of a returned array tells, None when it tells none."""
    for name in promised(place) + promised(text) + promised("g" + place):
        match = next((leaf for leaf in leaves if leaf == name or same_name(leaf, name)), None)
        if match is not None:
            return match
    key = place.strip("[]'\"")
    if key in leaves:
        return key
    # "dmu / n": the one name in it that promises an input.
    inside = {
        leaf
        for part in _names_in(text)
        for name in promised(part)
        for leaf in leaves
        if leaf == name or same_name(leaf, name)
    }
    return inside.pop() if len(inside) == 1 else None


def _names_in(text: str) -> list[str]:
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return []
    return [n.id for n in ast.walk(tree) if isinstance(n, ast.Name)]


def _by_shape(
    judge: Judge, places: Sequence[str], trace: Trace, arrays: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Pair returned arrays with inputs in the order of both, where the shapes agree.

    Of several such pairings the one counts in which most gradients are right: what cannot be
    told apart is not called wrong.
    """
    adjoints = {c.name: c.adjoints[0] for c in judge.candidates if c.kind == "leaf"}
    best: tuple[str, ...] = ()
    most = -1
    for some in combinations([a for a in arrays if a in adjoints], len(places)):
        values = [(trace.gradients[p], adjoints[a]) for p, a in zip(places, some, strict=True)]
        if all(squeezed(g.shape) == squeezed(a.value.shape) for g, a in values):
            right = sum(agree(g, a) for g, a in values)
            if right > most:
                best, most = some, right
    if not best and len(arrays) == len(places) == len(trace.gradients):
        best = tuple(arrays)
    yield from zip(places, best, strict=False)


def contract_names(judge: Judge) -> Iterator[tuple[str, str]]:
    """Variables that are returned as they are, with the input whose gradient they should be."""
    trace = judge.evidence.traces[0]
    expected = judge.expected(trace)
    texts = return_texts(judge)
    if len(texts) == len(trace.gradients):
        for text, place in zip(texts, trace.gradients, strict=True):
            if text.isidentifier() and place in expected:
                yield text, expected[place]
    for place, leaf in expected.items():
        key = place.strip("[]'\"")
        for text in texts:
            if text.isidentifier():
                yield f"{text}['{key}']", leaf
            for literal in (text, *_literals(judge, text)):
                for name in _values_of_dict(literal, key):
                    yield name, leaf


def _literals(judge: Judge, name: str) -> Iterator[str]:
    """The dicts that are assigned to a variable of the judged function and not changed after."""
    every = judge.evidence.statements.values()
    if sum(name in statement.writes for statement in every) > 1:
        return
    for statement in every:
        node = statement.node
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Dict)
            and ast.unparse(node.targets[0]) == name
        ):
            yield ast.unparse(node.value)


def _values_of_dict(text: str, key: str) -> Iterator[str]:
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return
    if isinstance(node, ast.Dict):
        for name, value in zip(node.keys, node.values, strict=True):
            if isinstance(name, ast.Constant) and name.value == key and isinstance(value, ast.Name):
                yield value.id


def return_texts(judge: Judge) -> list[str]:
    """Return the source of each returned gradient; the parts of a tuple one by one."""
    pair = judge.evidence.subject.pair
    texts = [
        p.text
        for p in judge.evidence.probes.values()
        if p.kind == "return" and p.function == pair.judged.name
    ]
    texts = texts[1:] if judge.joint and len(texts) > 1 else texts
    return [part for text in texts for part in _parts(text)]


def _parts(text: str) -> list[str]:
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return [text]
    if isinstance(node, (ast.Tuple, ast.List)):
        return [part for one in node.elts for part in _parts(ast.unparse(one))]
    return [text]
