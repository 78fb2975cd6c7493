"""Lengths that are multiples of others, as the width of a model is of its number of heads."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from ..spec.lengths import Axis
from .freeing import is_free
from .letters import Specs, exchange
from .source import Function


def as_multiples(specs: Specs, functions: Sequence[Function]) -> Specs:
    """Lengths that the code divides by another, ``d_model // heads``, as multiples of that.

    With as many heads as columns each is one wide, and a scale by its width would not show.
    """
    lengths, attributes = _lengths(specs), _attributes(functions)
    known = {**_defaults(functions), **lengths}

    def of(node: ast.expr) -> str:
        return attributes.get(ast.unparse(node), ast.unparse(node))

    quotients = [
        (of(node.left), of(node.right))
        for function in functions
        for node in function.walk()
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.FloorDiv, ast.Mod))
    ]
    for whole, part in quotients:
        letter, count = lengths.get(whole), known.get(part)
        if letter is not None and is_free(letter) and count not in (None, letter):
            specs = exchange(specs, {letter: f"{count} * {letter}"})
            lengths = _lengths(specs)
    return specs


def multiples(
    specs: Specs, said: str, functions: Sequence[Function]
) -> Iterator[tuple[float, Specs]]:
    """What a message or ``assert d_model % n_heads == 0`` says to be a multiple of another."""
    told = re.search(r"(?:self\.)?(\w+) % (?:self\.)?(\w+)", said)
    words = told.groups() if told else re.findall(r"\w+", said)
    lengths, defaults = _lengths(specs), _defaults(functions)
    if told:
        attributes = _attributes(functions)
        words = [attributes.get(f"self.{word}", word) for word in told.groups()]
        whole, part = words
        count = int(part) if part.isdigit() else defaults.get(part)
        letter = lengths.get(whole)
        if count is not None and part not in lengths and isinstance(letter, str):
            yield 0.02, exchange(specs, {letter: f"{count} * {letter}"})
    named = [lengths[word] for word in words if word in lengths]
    for first, second in itertools.permutations(dict.fromkeys(named), 2):
        if isinstance(first, str) and isinstance(second, str) and first.isidentifier():
            later = 0.0 if named.index(first) < named.index(second) else 0.2
            yield 0.02 + later, exchange(specs, {first: f"{second} * {first}"})


def _lengths(specs: Specs) -> dict[str, Axis]:
    return {n.rpartition("/")[2]: one.axes[0] for n, one in specs.items() if one.kind == "length"}


def _defaults(functions: Sequence[Function]) -> dict[str, Axis]:
    """Whole numbers larger than one that arguments are where nobody gives them."""
    found = {p.name: p.default for f in functions for p in f.parameters if p.has_default}
    return {n: one for n, one in found.items() if type(one) is int and one > 1}


def _attributes(functions: Sequence[Function]) -> Mapping[str, str]:
    """The arguments that a constructor keeps as they are: ``self.h = heads``."""
    found: dict[str, str] = {}
    made = (f for f in functions if f.name == "__init__")
    for node in (n for f in made for n in f.walk() if isinstance(n, ast.Assign)):
        for target in node.targets:
            both = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                both = list(zip(target.elts, node.value.elts, strict=False))
            for left, right in both:
                if isinstance(left, ast.Attribute) and isinstance(right, ast.Name):
                    found[ast.unparse(left)] = right.id
    return found
