"""The error of the last layer, ``delta(z, a, y)`` of a cost class: the cost after an activation."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from . import names
from .pairs import Candidate, Pairing
from .source import Class, Function

_ACTIVATIONS = ("sigmoid", "sigma", "logistic", "activation", "softmax", "tanh")
_NOT_STATIC = "it belongs to an object of which nothing is known; a static method is judged"
_NO_ACTIVATION = "no activation was found that makes {} of {}"


def deltas_of(kind: Class, functions: Sequence[Function]) -> Iterator[Candidate]:
    """Static methods ``delta(z, a, y)`` beside a cost ``fn(a, y)``, of the target's activation."""
    delta = kind.methods.get("delta")
    if delta is None or len(delta.names) != 3 or delta.is_skeleton:
        return
    if not delta.static:
        yield Candidate(delta, kind, (), _NOT_STATIC)
        return
    z, a, y = delta.names
    costs = [m for m in kind.methods.values() if m.static and m.names == (a, y)]
    if not costs or y.lower() not in names.TARGETS:
        return
    known = {f.name: f for f in functions if f.module == delta.module and len(f.names) == 1}
    text = "".join(ast.unparse(part) for part in costs[0].body).replace(" ", "")
    of_classes = "log(" in text and "1-" not in text  # of a softmax, whatever else is there
    likely = [known[n] for n in _ACTIVATIONS if n in known and (n == "softmax" or not of_classes)]
    pairings = tuple(Pairing(f, delta, "pair", then=costs[0]) for f in likely)
    yield Candidate(delta, kind, pairings, "" if pairings else _NO_ACTIVATION.format(a, z))
