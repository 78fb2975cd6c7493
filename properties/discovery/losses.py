"""What names and code say of a loss: that it is one, that it is a number, what its labels are."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace

from . import names
from .inputs import NUMBERS, Wanted
from .pairs import Pairing
from .source import Function

_SCALAR = names.VALUE - {"residual", "residuals", "fun", "criterion", "error"}


def is_loss(pairing: Pairing) -> bool:
    """Whether a forward compares with labels: by its name, its class's, or a logarithm in it."""
    if pairing.kind == "second":
        return True
    told = set(names.words(pairing.forward.name)) | set(names.words(pairing.judged.name))
    if pairing.owner is not None:
        told |= set(names.words(pairing.owner.name))
    if told & (names.VALUE | {"entropy", "crossentropy", "mse", "bce", "softmax", "logistic"}):
        return True
    code = [ast.unparse(part) for part in pairing.forward.body]
    return pairing.then is not None or any("log(" in text for text in code)


def is_number(pairing: Pairing) -> bool:
    """Whether names say that the forward gives one number: a cost, or what has a gradient."""
    if pairing.kind == "second":
        return False
    if set(names.words(pairing.forward.name)) & _SCALAR:
        return True
    plain = pairing.forward.name in ("f", "fun", "func", "objective", "__call__")
    return plain and bool(set(names.words(pairing.judged.name)) & {"grad", "gradient"})


def only_multiplied(function: Function) -> frozenset[str]:
    """Arguments that a function does nothing with but multiply entries by them, as with a mask."""
    factors, loads = Counter[str](), Counter[str]()
    for node in function.walk():
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            factors.update(
                side.id for side in (node.left, node.right) if isinstance(side, ast.Name)
            )
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            loads[node.id] += 1
    return frozenset(n for n in function.names if 0 < factors[n] == loads[n])


def variants(
    specs: Mapping[str, Wanted], declared: Container[str], masks: Container[str] = ()
) -> Iterator[tuple[float, Mapping[str, Wanted]]]:
    """The labels of examples: numbers or probabilities, one-hot rows or columns, bits, signs.

    Parameters
    ----------
    masks
        Arguments that may hold zeros and ones alone.
    """
    yield 0.0, specs
    plains = {name.partition("/")[2].lower() for name in specs}
    for name, one in specs.items():
        plain = name.partition("/")[2]
        if plain.lower() == "y" and plains & (names.TARGETS - {"y"}):
            continue  # it is then the prediction
        if plain.lower() not in names.TARGETS or plain in declared or len(one.axes) > 2:
            continue
        if one.kind in NUMBERS and one.axes:
            if len(one.axes) == 2:
                yield 0.1, {**specs, name: replace(one, kind="onehot")}
                yield 0.2, {**specs, name: replace(one, kind="onehot_columns")}
            yield 0.3, {**specs, name: replace(one, kind="bits")}
        if one.kind == "normal" and one.axes:
            yield 0.35, {**specs, name: replace(one, kind="signs")}
    for name, one in specs.items():
        plain = name.partition("/")[2]
        if plain in masks and plain not in declared and one.kind == "normal" and one.axes:
            yield 0.3, {**specs, name: replace(one, kind="bits")}


def symmetric_forms(
    pairing: Pairing,
    specs: Mapping[str, Wanted],
    declared: Container[str],
    beside: Iterable[Function],
) -> Iterator[tuple[float, Mapping[str, Wanted]]]:
    """Inputs in which the matrix of a quadratic form, ``x @ A @ x``, is symmetric.

    Not where a function beside it adds ``A`` and ``A.T``: then it need not be.
    """
    found = {
        name: replace(one, kind="symmetric")
        for name, one in specs.items()
        if one.kind == "normal" and len(one.axes) == 2 and one.axes[0] == one.axes[1]
        if name.partition("/")[2] not in declared
    }
    forms = _matrices_of_forms(pairing.forward)
    texts = [t for f in beside if f.module == pairing.forward.module for t in _sums(f)]
    forms -= {name for name in forms if {f"{name} + {name}.T", f"{name}.T + {name}"} & set(texts)}
    found = {n: one for n, one in found.items() if n.partition("/")[2] in forms}
    if found:
        yield 0.4, {**specs, **found}


def _sums(function: Function) -> Iterator[str]:
    for node in function.walk():
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            yield ast.unparse(node).replace("self.", "")


def _matrices_of_forms(function: Function) -> set[str]:
    """Matrices between a vector and the same vector."""
    found = set()
    for node in function.walk():
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.MatMult, ast.Mult)):
            text = ast.unparse(node).replace("self.", "").replace("(", "").replace(")", "")
            parts = [p.strip() for p in text.split(" @ ")]
            ends = [re.sub(r"^.* \* |\.T$", "", p) for p in (parts[0], parts[-1])]
            if len(parts) == 3 and ends[0] == ends[1]:
                found.add(parts[1])
    return found
