"""What the code does with an argument, and what that says of it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from .hint import Hint
from .names import vocabulary
from .products import squared
from .source import Function

_RANDOM = vocabulary(
    """zeros ones empty full randn rand random normal uniform standard_normal eye range arange
    identity reshape xavier he random_sample integers randint linspace"""
)
"""Calls whose arguments are lengths."""


def name_of(node: ast.AST, aliases: Mapping[str, str]) -> str | None:
    if isinstance(node, (ast.Name, ast.Attribute)):
        return aliases.get(ast.unparse(node))
    return None


def look(node: ast.AST, found: Mapping[str, Hint], aliases: Mapping[str, str]) -> None:
    square = squared(node)
    vector = name_of(square[0], aliases) if square is not None else None
    if vector:
        found[vector].ranks = found[vector].ranks or [1]
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
        name = name_of(node.value, aliases)
        parts = node.targets[0].elts
        if name and not any(isinstance(part, ast.Starred) for part in parts):
            found[name].entries = max(found[name].entries, len(parts))
            found[name].single += 1
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute):
        name = name_of(node.value.value, aliases)
        target = node.targets[0]
        parts = target.elts if isinstance(target, ast.Tuple) else []
        whole = parts and not any(isinstance(part, ast.Starred) for part in parts)
        if name and node.value.attr == "shape" and whole:
            found[name].ranks[:] = [len(parts)]
    elif isinstance(node, ast.Subscript):
        _subscript(node, found, aliases)
    elif isinstance(node, ast.Call):
        _call(node, found, aliases)
    elif isinstance(node, ast.BinOp):
        _operation(node, found, aliases)
    elif isinstance(node, ast.Compare):
        _threshold([node.left, *node.comparators], found, aliases)
        name = name_of(node.left, aliases)
        if name and all(isinstance(operator, (ast.Eq, ast.NotEq)) for operator in node.ops):
            told = [_number(other) for other in node.comparators]
            found[name].compared |= {value for value in told if value is not None}
        for other in node.comparators:
            if name and isinstance(other, ast.Constant) and isinstance(other.value, str):
                found[name].options.append(other.value)
            if name and isinstance(other, (ast.Tuple, ast.List, ast.Set)):
                found[name].options += [
                    p.value
                    for p in other.elts
                    if isinstance(p, ast.Constant) and isinstance(p.value, str)
                ]
    elif isinstance(node, (ast.If, ast.IfExp)):
        test = node.test.operand if isinstance(node.test, ast.UnaryOp) else node.test
        name = name_of(test, aliases)
        if name:
            found[name].kind("flag")
    elif isinstance(node, (ast.For, ast.comprehension)):
        for part in ast.walk(node.iter):
            name = name_of(part, aliases)
            direct = part is node.iter or (
                isinstance(node.iter, ast.Call)
                and part in node.iter.args
                and ast.unparse(node.iter.func) in ("zip", "enumerate", "reversed")
            )
            if name and direct:
                found[name].iterated = True
                found[name].at_least = max(found[name].at_least, 1)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        name = name_of(node.value, aliases)
        if name:
            found[name].ranks = found[name].ranks or [2]


def _threshold(
    sides: Sequence[ast.expr], found: Mapping[str, Hint], aliases: Mapping[str, str]
) -> None:
    """Take what a size is compared with for positive: ``np.abs(r) <= delta``."""
    calls = [ast.unparse(side.func) for side in sides if isinstance(side, ast.Call)]
    if any(call.rpartition(".")[2] in ("abs", "absolute", "fabs", "norm") for call in calls):
        for name in filter(None, (name_of(side, aliases) for side in sides)):
            found[name].kind("positive")


def _number(node: ast.expr) -> float | None:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        return None
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if plain else None


def _subscript(node: ast.Subscript, found: Mapping[str, Hint], aliases: Mapping[str, str]) -> None:
    index = node.slice
    value = node.value
    if isinstance(value, ast.Attribute) and value.attr == "shape":
        name = name_of(value.value, aliases)
        if name and isinstance(index, ast.Constant) and isinstance(index.value, int):
            least = index.value + 1 if index.value >= 0 else -index.value
            found[name].at_least = max(found[name].at_least, least)
        return
    name = name_of(value, aliases)
    if name:
        hint = found[name]
        if isinstance(index, ast.Constant) and isinstance(index.value, str):
            if index.value not in hint.keys:
                hint.keys.append(index.value)
        elif isinstance(index, (ast.JoinedStr, ast.BinOp)) and _is_text(index):
            hint.kind("dict")
        elif isinstance(index, ast.Tuple):
            plain = [p for p in index.elts if not _is_new_axis(p)]
            if not any(isinstance(p, ast.Constant) and p.value is Ellipsis for p in plain):
                hint.at_least = max(hint.at_least, len(plain))
            last = plain[-1] if len(plain) == 2 else None
            hint.column = isinstance(last, ast.Constant) and last.value == 0 and not hint.loose
            hint.loose = hint.loose or not hint.column
        else:
            hint.at_least = max(hint.at_least, 1)
        if isinstance(index, ast.Constant) and type(index.value) is int and index.value >= 0:
            hint.entries = max(hint.entries, index.value + 1)
            hint.single += 1
        elif not isinstance(index, ast.Tuple):
            hint.loose = True
    for part in index.elts if isinstance(index, ast.Tuple) else [index]:
        inner = name_of(part.value if isinstance(part, ast.Subscript) else part, aliases)
        if inner and not isinstance(value, ast.Attribute) and not _is_shape(part):
            found[inner].kind("labels")


def _is_shape(node: ast.expr) -> bool:
    return "shape" in ast.unparse(node)


def _is_text(node: ast.expr) -> bool:
    return any(
        isinstance(p, ast.JoinedStr) or (isinstance(p, ast.Constant) and isinstance(p.value, str))
        for p in ast.walk(node)
    )


def _is_new_axis(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and node.value is None) or "newaxis" in ast.unparse(node)


def _call(node: ast.Call, found: Mapping[str, Hint], aliases: Mapping[str, str]) -> None:
    function = ast.unparse(node.func)
    last = function.rpartition(".")[2]
    called = name_of(node.func, aliases)
    if called:
        found[called].called = True
    owner = None
    if isinstance(node.func, ast.Attribute):
        owner = name_of(node.func.value, aliases)
        if owner and last in ("keys", "items", "values", "get"):
            found[owner].kind("dict")
            if last == "get" and node.args and isinstance(node.args[0], ast.Constant):
                found[owner].options.append(str(node.args[0].value))
        if owner and last == "astype" and node.args and "int" in ast.unparse(node.args[0]):
            found[owner].kind("labels")
    if last in _RANDOM:
        lengths = node.args
        if function.rpartition(".")[0] in ("np", "numpy") and last in ("reshape", "full"):
            lengths = node.args[1:] if last == "reshape" else node.args[:1]
        for part in [*lengths, *(k.value for k in node.keywords)]:
            inner = part.elts if isinstance(part, (ast.Tuple, ast.List)) else [part]
            for one in inner:
                for leaf in ast.walk(one):
                    name = name_of(leaf, aliases)
                    if name is None or last in ("arange", "linspace"):
                        continue
                    if _indexed(one, leaf):
                        found[name].kind("sizes")
                    elif not _inside_shape(one, leaf):
                        found[name].kind("length")
    if owner and last == "reshape" and _keeps_the_last(node):
        found[owner].ranks = found[owner].ranks or [3, 2]
    if last == "einsum":
        _ranks_of_einsum(node, found, aliases)
    arguments = [name_of(a, aliases) for a in node.args]
    first = arguments[0] if arguments else None
    for name in (*arguments, *([owner] if owner else [])) if last in ("dot", "matmul") else ():
        if name:
            found[name].factor = True
    if last in ("log", "log2", "log10", "sqrt", "gammaln") and node.args:
        for leaf in ast.walk(node.args[0]):
            name = name_of(leaf, aliases)
            if name:
                guarded = last.startswith("log") and _has_guard(node.args[0])
                unit = guarded or _complement(node.args[0], leaf)
                found[name].kind("unit" if unit else "positive?")
    if first is None:
        return
    hint = found[first]
    if last == "cholesky":
        hint.kind("spd")
        hint.ranks = [2]
    elif last in ("inv", "det", "slogdet", "eigh") or (last == "solve" and first):
        hint.kind("regular")
        hint.ranks = [2]
    elif last in ("allclose", "array_equal") and _transposed(node.args):
        hint.kind("symmetric")
        hint.ranks = [2]
    elif last == "clip" and len(node.args) == 3 and "1 -" in ast.unparse(node.args[2]):
        hint.kind("unit")
    elif last == "len" and function == "len":
        hint.at_least = max(hint.at_least, 1)
    for keyword in node.keywords:
        if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant):
            axis = keyword.value.value
            if isinstance(axis, int) and last in ("sum", "mean", "max", "argmax", "var", "std"):
                least = axis + 1 if axis >= 0 else -axis
                hint.at_least = max(hint.at_least, least)


def _transposed(arguments: Sequence[ast.expr]) -> bool:
    """Whether something is compared with its own transpose."""
    texts = [ast.unparse(a) for a in arguments[:2]]
    return len(texts) == 2 and texts[1] in (f"{texts[0]}.T", f"{texts[0]}.transpose()")


def _complement(whole: ast.expr, leaf: ast.AST) -> bool:
    """Whether ``1 - p`` is in it: p is a probability."""
    return any(
        isinstance(part, ast.BinOp)
        and isinstance(part.op, ast.Sub)
        and _number(part.left) == 1.0
        and any(one is leaf for one in ast.walk(part.right))
        for part in ast.walk(whole)
    )


def _has_guard(whole: ast.expr) -> bool:
    """Whether a small number keeps a logarithm finite, as that of a probability: ``p + 1e-9``."""
    numbers = (node.value for node in ast.walk(whole) if isinstance(node, ast.Constant))
    return any(isinstance(n, float) and 0.0 < n <= 1e-5 for n in numbers)


def _ranks_of_einsum(node: ast.Call, found: Mapping[str, Hint], aliases: Mapping[str, str]) -> None:
    """Ranks as the subscripts of ``np.einsum("ni,oij->no", x, A)`` say them."""
    text = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    if not isinstance(text, str) or "." in text:
        return
    operands = text.replace(" ", "").partition("->")[0].split(",")
    for subscripts, operand in zip(operands, node.args[1:], strict=False):
        name = name_of(operand, aliases)
        if name:
            found[name].ranks[:] = [len(subscripts)]


def _keeps_the_last(call: ast.Call) -> bool:
    """Whether all axes but the last become one, as in ``x.reshape(-1, x.shape[-1])``."""
    assert isinstance(call.func, ast.Attribute)
    whole = ast.unparse(call.func.value)
    return [ast.unparse(part) for part in call.args] == ["-1", f"{whole}.shape[-1]"]


def _indexed(whole: ast.expr, leaf: ast.AST) -> bool:
    """Whether an entry of a list of lengths is meant: ``sizes[i]``."""
    return any(isinstance(part, ast.Subscript) and part.value is leaf for part in ast.walk(whole))


def lists_of_sizes(
    function: Function, found: Mapping[str, Hint], aliases: Mapping[str, str]
) -> None:
    """Lists whose entries become lengths: ``randn(y, x) for x, y in zip(sizes, sizes[1:])``."""
    kept = _kept_in(function, aliases)
    for node in function.walk():
        if not isinstance(node, (ast.ListComp, ast.For)):
            continue
        loops = node.generators if isinstance(node, ast.ListComp) else [node]
        body: list[ast.AST] = [node.elt] if isinstance(node, ast.ListComp) else list(node.body)
        made = {
            leaf.id
            for part in body
            for call in ast.walk(part)
            if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in _RANDOM
            for leaf in ast.walk(call)
            if isinstance(leaf, ast.Name)
        }
        for loop in loops:
            targets = {leaf.id for leaf in ast.walk(loop.target) if isinstance(leaf, ast.Name)}
            for leaf in ast.walk(loop.iter):
                name = name_of(leaf, aliases)
                if name and targets & made:
                    found[name].kinds.insert(0, "sizes")
                kept_of = kept.get(leaf.id, "") if isinstance(leaf, ast.Name) else ""
                if kept_of in found and targets & made:
                    found[kept_of].kinds.insert(0, "sizes")


def _kept_in(function: Function, aliases: Mapping[str, str]) -> dict[str, str]:
    """Locals that keep the entries of an argument: ``pairs = list(zip(sizes, sizes[1:]))``."""
    kept: dict[str, str] = {}
    for node in function.walk():
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            inside = list(ast.walk(node.value))
            calls = {ast.unparse(leaf.func) for leaf in inside if isinstance(leaf, ast.Call)}
            names = {name for name in (name_of(leaf, aliases) for leaf in inside) if name}
            if calls and calls <= {"zip", "list", "tuple", "enumerate"} and len(names) == 1:
                kept[node.targets[0].id] = names.pop()
    return kept


def _inside_shape(whole: ast.expr, leaf: ast.AST) -> bool:
    """Whether a name stands in ``x.shape`` or ``len(x)`` rather than for a length itself."""
    for part in ast.walk(whole):
        if isinstance(part, ast.Attribute) and part.value is leaf:
            return True
        if isinstance(part, ast.Call) and leaf in part.args:
            return True
        if isinstance(part, ast.Subscript) and part.value is leaf:
            return True
    return False


def _spread_rank(node: ast.expr) -> int:
    """The rank of ``gamma[:, :, None, None]``, and so of what it scales; else 0.

    One new axis alone may as well make a table of two vectors.
    """
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Tuple):
        return 0
    new = [_is_new_axis(part) for part in node.slice.elts]
    plain = [isinstance(part, ast.Slice) for part in node.slice.elts[:2]]
    return len(new) if all(plain) and len(new) > 3 and all(new[2:]) else 0


def _operation(node: ast.BinOp, found: Mapping[str, Hint], aliases: Mapping[str, str]) -> None:
    if isinstance(node.op, ast.Sub):
        for part in filter(None, (name_of(s, aliases) for s in (node.left, node.right))):
            found[part].subtracted = True
    for one, other in ((node.left, node.right), (node.right, node.left)):
        name, rank = name_of(one, aliases), _spread_rank(other)
        if name and rank and not isinstance(node.op, ast.MatMult):
            found[name].at_least = max(found[name].at_least, rank)
    for side in (node.left, node.right) if isinstance(node.op, ast.MatMult) else ():
        name = name_of(side, aliases)
        if name:
            found[name].at_least = max(found[name].at_least, 1)
            found[name].factor = True
