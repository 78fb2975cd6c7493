"""Small changes of one statement: what an author may have meant.

If one small change of one line makes everything right, that line is where the mistake is, and the
change says what is wrong with it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..rewrite.trees import clone
from .changes import SIGNS, changes

__all__ = ["Edit", "edits"]

_MOST = 900


@dataclass(frozen=True, slots=True)
class Edit:
    """A changed statement; `sentence` says what was changed, `cost` how far-fetched it is."""

    node: ast.stmt
    sentence: str
    cost: float


def edits(
    statement: ast.stmt, names: Sequence[str], unused: frozenset[str] = frozenset()
) -> list[Edit]:
    """Return changed copies of an assignment or a return, the likeliest first.

    names : variables that may stand in for another one.
    unused : those of them that nothing reads; they are likely to be what is missing.
    """
    if not isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)):
        return []
    found: dict[str, Edit] = {}
    original = ast.unparse(statement)
    missed = unused - _read(statement)
    for edit in _all(statement, names):
        text = ast.unparse(edit.node)
        if text != original and text not in found:
            uses = missed & _read(edit.node) if missed else missed
            found[text] = replace(edit, cost=max(edit.cost - 2, 0.5)) if uses else edit
    return sorted(found.values(), key=lambda one: one.cost)[:_MOST]


def _read(statement: ast.stmt) -> set[str]:
    return {
        n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    }


def _all(statement: ast.stmt, names: Sequence[str]) -> Iterator[Edit]:
    if isinstance(statement, ast.AugAssign):
        for operator in (ast.Add, ast.Sub, ast.Mult, ast.Div):
            if not isinstance(statement.op, operator):
                updated = clone(statement)
                updated.op = operator()
                had = SIGNS[type(statement.op)]
                yield Edit(updated, f"{SIGNS[operator]} instead of {had}", 1)
        target = clone(statement.target)
        assign = ast.Assign(targets=[target], value=clone(statement.value), lineno=1)
        yield Edit(ast.copy_location(assign, statement), "= instead of an update", 2)
    if (
        isinstance(statement, ast.Assign)
        and len(statement.targets) == 1
        and isinstance(statement.targets[0], (ast.Name, ast.Subscript))
    ):
        update = ast.AugAssign(
            target=clone(statement.targets[0]),
            op=ast.Add(),
            value=clone(statement.value),
        )
        yield Edit(ast.copy_location(update, statement), "+= instead of =", 3)
    value = getattr(statement, "value", None)
    if value is None:
        return
    paths = list(_paths(value))
    for path in paths:
        node = _at(value, path)
        for new, sentence, cost in changes(
            node, names, inside=_in_product(value, path), whole=not path
        ):
            changed = clone(statement)
            if path:
                _put(_at(_value(changed), path[:-1]), path[-1], new)
            else:
                setattr(changed, "value", new)  # noqa: B010
            yield Edit(ast.fix_missing_locations(changed), sentence, cost)
    yield from _in_target(statement, names)


def _in_product(value: ast.expr, path: Path) -> bool:
    """Whether a term that is added there needs brackets: it is a factor or an argument."""
    for end in range(len(path)):
        above = _at(value, path[:end])
        if isinstance(above, ast.Call) or (
            isinstance(above, ast.BinOp) and not isinstance(above.op, (ast.Add, ast.Sub))
        ):
            return True
    return False


def _value(statement: ast.stmt) -> ast.expr:
    value: ast.expr = getattr(statement, "value")  # noqa: B009
    return value


def _in_target(statement: ast.stmt, names: Sequence[str]) -> Iterator[Edit]:
    """Change the index of what is written to: ``dscores[range(N), y] -= 1``."""
    target = (
        statement.target
        if isinstance(statement, ast.AugAssign)
        else (statement.targets[0] if isinstance(statement, ast.Assign) else None)
    )
    if isinstance(target, (ast.Tuple, ast.List)) and isinstance(statement, ast.Assign):
        for a in range(len(target.elts)):
            for b in range(a + 1, len(target.elts)):
                swapped = clone(statement)
                parts = swapped.targets[0].elts  # type: ignore[attr-defined]
                parts[a], parts[b] = parts[b], parts[a]
                one, two = ast.unparse(target.elts[a]), ast.unparse(target.elts[b])
                yield Edit(swapped, f"{one} and {two} are interchanged", 2)
    if not isinstance(target, ast.Subscript):
        return
    index = ast.Subscript(value=ast.Name("_", ast.Load()), slice=target.slice, ctx=ast.Load())
    for path in _paths(index):
        node = _at(index, path)
        if not path or (isinstance(node, ast.Name) and node.id == "_"):
            continue
        for new, sentence, cost in changes(node, names):
            whole = clone(index)
            _put(_at(whole, path[:-1]), path[-1], new)
            changed = clone(statement)
            place = changed.target if isinstance(changed, ast.AugAssign) else (changed.targets[0])  # type: ignore[attr-defined]
            assert isinstance(place, ast.Subscript)
            place.slice = whole.slice
            yield Edit(ast.fix_missing_locations(changed), sentence, cost + 1)


# walking ----------------------------------------------------------------------------------------
Path = tuple[tuple[str, int], ...]


def _paths(node: ast.AST, path: Path = ()) -> Iterator[Path]:
    """Every expression below a node, as the way that leads to it."""
    if isinstance(node, ast.Name) and node.id in ("np", "numpy", "math", "self"):
        return
    yield path
    for name, value in ast.iter_fields(node):
        if isinstance(node, ast.Call) and name == "func":
            if isinstance(value, ast.Attribute):
                yield from _paths(value.value, (*path, ("func", -1), ("value", -1)))
            continue
        if name == "ctx" or (isinstance(node, ast.NamedExpr) and name == "target"):
            continue
        if isinstance(value, ast.expr):
            yield from _paths(value, (*path, (name, -1)))
        elif isinstance(value, list):
            for position, part in enumerate(value):
                if isinstance(part, ast.expr):
                    yield from _paths(part, (*path, (name, position)))
                elif isinstance(part, ast.keyword):
                    yield from _paths(part.value, (*path, (name, position), ("value", -1)))


def _at(node: ast.AST, path: Path) -> ast.expr:
    for name, position in path:
        value = getattr(node, name)
        node = value[position] if position >= 0 else value
    assert isinstance(node, (ast.expr, ast.keyword))
    return node  # type: ignore[return-value]


def _put(parent: ast.AST, step: tuple[str, int], new: ast.expr) -> None:
    name, position = step
    if position >= 0:
        getattr(parent, name)[position] = new
    else:
        setattr(parent, name, new)
