"""Derivations made of the declarations of layers: the lines of their right computation."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping

from ..spec.row import LayerSpec
from ..spec.ways import Line, program
from .derivation import Claim, Derivation, Node

_SHORT = {word: word.upper() for word in ("elu", "selu", "gelu", "rnn", "svm", "mse", "bce")}
_SHORT |= {
    "silu": "SiLU",
    "relu": "ReLU",
    "sdpa": "scaled dot-product attention",
    "conv": "convolution",
}

__all__ = ["declared", "derivation_of"]


def declared(rows: Iterable[LayerSpec], written: Collection[str]) -> Iterator[Derivation]:
    """Derivations of the rows that have none yet, each way of writing once.

    A row with several upstream derivatives or kinds of call, a sequence, and a layer that is made
    of others have none: they have to be written.
    """
    seen = {id(row.ways) for row in rows if row.name in written}
    for row in rows:
        ways = row.ways
        if ways is None or id(ways) in seen or not row.inputs or row.composition is not None:
            continue
        seen.add(id(ways))
        plain = list(ways.texts) == [""] and len(row.outputs) == 1
        if row.name not in written and plain and "scan(" not in ways.texts[""][0]:
            yield derivation_of(row)


def derivation_of(row: LayerSpec) -> Derivation:
    """The first way of writing a layer, as nodes and claims.

    The lines that lead to the output are the nodes; a line ``dNAME`` is a claim about NAME, a node
    or an input; every other line of the backward stands where it is read.
    """
    assert row.ways is not None
    ways = row.ways
    lines = program(next(iter(ways.texts.values()))[0]).lines
    forward = program("\n".join(line.text for line in lines)).behind(row.value)
    nodes = [line for line in lines if line.target in forward]
    known = {f"d{line.target}" for line in nodes} | {f"d{name}" for name in ways.parameters}
    helpers: dict[str, ast.expr] = {}
    claims = []
    for line in lines:
        if line.target in forward:
            continue
        expression = _inlined(line, helpers)
        if line.target in known:
            claims.append(Claim(line.target[1:], ast.unparse(expression)))
        else:
            helpers[line.target] = expression
    return Derivation(
        name=row.name,
        title=_title(row.name),
        inputs=next(iter(row.inputs.values())),
        constants=tuple(_node(line) for line in program(ways.given).lines),
        nodes=tuple(_node(line) for line in nodes),
        claims=tuple(claims),
    )


def _title(name: str) -> str:
    words = [_SHORT.get(word, word) for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def _node(line: Line) -> Node:
    return Node(line.target, ast.unparse(line.expression))


def _inlined(line: Line, helpers: Mapping[str, ast.expr]) -> ast.expr:
    class Inline(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return helpers.get(node.id, node)

    made: ast.expr = Inline().visit(ast.parse(ast.unparse(line.expression), mode="eval").body)
    return made
