"""Which returned array should be the gradient of which input, and under which names it goes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from .evidence import Trace
from .names import promised, same_name

if TYPE_CHECKING:
    from .judge import Judge

__all__ = ["contract_names", "expected_gradients", "return_texts"]


def expected_gradients(judge: Judge, trace: Trace) -> Iterator[tuple[str, str]]:
    evidence = judge.evidence
    case = evidence.cases[0]
    leaves = case.leaves()
    places = list(trace.gradients)
    texts = return_texts(judge)
    named: dict[str, str] = {}
    for number, place in enumerate(places):
        text = texts[number] if len(texts) == len(places) else place
        for name in promised(place) + promised(text) + promised("g" + place):
            match = next((leaf for leaf in leaves if leaf == name or same_name(leaf, name)), None)
            if match is not None:
                named[place] = match
                break
        else:
            key = place.strip("[]'\"")
            if key in leaves:
                named[place] = key
    arrays = [
        name
        for name in evidence.subject.leaves
        if name in leaves and isinstance(case.values.get(name), np.ndarray)
    ]
    contract = judge.evidence.subject.pair.label != judge.evidence.subject.pair.forward.name
    every = len(named) == len(places) == len(set(named.values()))
    if (every and not contract) or case.params:
        yield from named.items()
    elif len(arrays) >= len(places) and (contract or not named):
        yield from zip(places, arrays, strict=False)
    else:
        yield from named.items()


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
    """The dicts that are assigned to a variable of the judged function."""
    for statement in judge.evidence.statements.values():
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
    pair = judge.evidence.subject.pair
    texts = [
        p.text
        for p in judge.evidence.probes.values()
        if p.kind == "return" and p.function == pair.judged.name
    ]
    return texts[1:] if judge.joint and len(texts) > 1 else texts
