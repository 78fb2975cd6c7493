"""Gates beside each other along one axis: what the slices of the code say of its length."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from .inputs import Wanted
from .letters import Specs
from .source import Function


def with_gates(forward: Function, specs: Specs, free: Sequence[str]) -> Specs:
    """Make an axis as long as the slices of it that are taken: ``W[:, H:2 * H], W[:, 2 * H:]``.

    Parameters
    ----------
    forward
        What takes the slices, of its arguments or of sums of products of them.
    specs
        What its arguments look like so far.
    free
        Arguments of whose shapes nobody says anything.
    """
    found = dict(specs)
    plain = {name.rpartition("/")[2]: name for name in specs}
    defined = _definitions(forward)
    for (base, last), (width, count) in _slices(forward).items():
        letter = _letter(width, defined, {n: found[key] for n, key in plain.items()})
        if letter is None:
            continue
        for name in _factors(base, defined, last=last):
            whole, _, entry = name.partition("[")
            key = plain.get(whole, "")
            if key not in free:
                continue
            wide = f"{count} * {letter}"
            if not entry:
                found[key] = _widened(found[key], letter, wide, last=last)
            elif found[key].kind == "dict":
                parts = found[key].parts
                found[key] = replace(
                    found[key],
                    parts=tuple(
                        (k, _widened(one, letter, wide, last=last) if entry == f"{k!r}]" else one)
                        for k, one in parts
                    ),
                )
    return found


def _widened(one: Wanted, letter: str, wide: str, *, last: bool) -> Wanted:
    if one.kind != "normal" or not one.axes or letter in one.letters():
        return one
    rest = one.axes[:-1] if last else one.axes[1:]
    return replace(one, axes=(*rest, wide) if last else (wide, *rest))


def _slices(function: Function) -> dict[tuple[str, bool], tuple[str, int]]:
    """By what is sliced, along its last axis or its first: the width, and how many there are."""
    widths: dict[tuple[str, bool], set[str]] = {}
    counts: dict[tuple[str, bool], int] = {}
    for node in function.walk():
        if not isinstance(node, ast.Subscript):
            continue
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        last = len(parts) > 1 and _multiples(parts[-1]) != []
        multiples = _multiples(parts[-1] if last else parts[0])
        key = ast.unparse(node.value), last
        for number, width in multiples:
            widths.setdefault(key, set()).add(width)
            counts[key] = max(counts.get(key, 0), number)
    return {k: (w.pop(), counts[k]) for k, w in widths.items() if len(w) == 1 and counts[k] > 2}


def _multiples(node: ast.expr) -> list[tuple[int, str]]:
    """Where a slice ends, in multiples of a width: 3 for ``2 * H:``, its last part."""
    if not isinstance(node, ast.Slice) or node.step is not None:
        return []
    lower, upper = _multiple(node.lower), _multiple(node.upper)
    if lower is not None and node.upper is None:
        return [(lower[0] + 1, lower[1])]
    return [one for one in (lower, upper) if one is not None]


def _multiple(node: ast.expr | None) -> tuple[int, str] | None:
    """A multiple of a length: ``H``, ``2 * H``."""
    if isinstance(node, (ast.Name, ast.Attribute)):
        return 1, ast.unparse(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        for number, width in ((node.left, node.right), (node.right, node.left)):
            plain = isinstance(number, ast.Constant) and type(number.value) is int
            if plain and isinstance(width, (ast.Name, ast.Attribute)):
                return int(ast.literal_eval(number)), ast.unparse(width)
    return None


def _definitions(function: Function) -> dict[str, ast.expr]:
    """What names stand for that are assigned once; of a shape that is taken apart, its entry."""
    found: dict[str, list[ast.expr]] = {}
    for node in function.walk():
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(node.value)
            elif isinstance(target, ast.Tuple):
                whole = f"{ast.unparse(node.value)}[{{}}]"
                for place, part in enumerate(target.elts):
                    if isinstance(part, ast.Name) and isinstance(node.value, ast.Attribute):
                        entry = ast.parse(whole.format(place), mode="eval").body
                        found.setdefault(part.id, []).append(entry)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _letter(width: str, defined: Mapping[str, ast.expr], specs: Mapping[str, Wanted]) -> str | None:
    """The letter of a length: ``H = h.shape[1]``, or an argument that is a length."""
    node = defined.get(width)
    if node is None:
        one = specs.get(width)
        axis = one.axes[0] if one is not None and one.kind == "length" else None
        return axis if isinstance(axis, str) and axis.isidentifier() else None
    shape = node.value if isinstance(node, ast.Subscript) else None
    if not (isinstance(shape, ast.Attribute) and shape.attr == "shape"):
        return None
    assert isinstance(node, ast.Subscript)
    one = specs.get(ast.unparse(shape.value))
    try:
        axis = one.axes[ast.literal_eval(node.slice)] if one is not None else None
    except (ValueError, IndexError, TypeError):
        return None
    return axis if isinstance(axis, str) and axis.isidentifier() else None


def _factors(base: str, defined: Mapping[str, ast.expr], *, last: bool) -> Iterator[str]:
    """What has the last axis of a sum of products, or its first.

    ``Wx, Wh, b`` has the last one of ``x @ Wx + h @ Wh + b``.
    """
    node = defined.get(base)
    if node is None:
        yield base
        return
    terms = [node]
    while terms:
        term = terms.pop()
        if isinstance(term, ast.BinOp) and isinstance(term.op, ast.Add):
            terms += [term.left, term.right]
        elif isinstance(term, ast.BinOp) and isinstance(term.op, ast.MatMult):
            yield ast.unparse(term.right if last else term.left)
        elif isinstance(term, ast.Call) and ast.unparse(term.func).endswith((".dot", ".matmul")):
            assert isinstance(term.func, ast.Attribute)
            both = [*([term.func.value] if len(term.args) == 1 else []), *term.args]
            yield ast.unparse(both[-1] if last else both[0])
        elif isinstance(term, ast.Name):
            yield term.id
