"""Mutants of a package: where something may be changed, and the package with one change."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..edits import here
from ..spec.row import LayerSpec
from .wrong_variables import Others

# Of the changes that there are, those of which one in most places shows nothing new are left out.
OPERATORS = (
    "drop term",
    "drop factor",
    "times two",
    "sign",
    "drop sign",
    "transpose",
    "drop transpose",
    "swap operands of @",
    "@ to *",
    "* to @",
    "* to /",
    "/ to *",
    "+ to -",
    "- to +",
    "sum to mean",
    "mean to sum",
    "max to min",
    "maximum to minimum",
    "var to std",
    "axis flipped",
    "axis dropped",
    "keepdims added",
    "keepdims dropped",
    "< to <=",
    "<= to <",
    "> to >=",
    ">= to >",
    "constant + 1",
    "constant - 1",
    "wrong variable",
)
# Checks of arguments, and what no property asks for.
_LEFT_ALONE = (
    "check_",
    "real_arrays",
    "number",
    "mode_of",
    "arrays",
    "array",
    "upstream",
    "norm_upstream",
    "scores_and_labels",
    "gplvm_hyperparameter",
)
_OF_FORM = ("shape", "dtype", "ndim", "size")  # whose array it is shows in no value
_WITHOUT_NUMBERS = ("isinstance", "len", "type", "np.result_type")


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change: where, which operator, and the statement before and after."""

    module: str
    function: str
    line: int
    operator: str
    before: str
    after: str
    source: str

    @property
    def key(self) -> tuple[str, ...]:
        """What names it wherever it stands in its module."""
        return (self.module, self.function, self.operator, self.before, self.after)


@dataclass(frozen=True)
class Place:
    """A node that may be changed, with the statement and the function that it stands in."""

    function: str
    statement: ast.stmt
    node: ast.AST


def homes(folder: Path, rows: Sequence[LayerSpec]) -> dict[str, tuple[LayerSpec, ...]]:
    """The modules of a package in which rows have their functions."""
    found: dict[str, tuple[LayerSpec, ...]] = {}
    for path in sorted(folder.rglob("*.py")):
        module = path.relative_to(folder).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        mine = tuple(row for row in rows if row.forward in names)
        if mine and not module.startswith("tests/"):
            found[module] = mine
    return found


def mutants(folder: Path, others: Mapping[str, Others]) -> Iterator[Mutant]:
    """Every mutant of some modules of the package in a folder, each source once."""
    sources: set[str] = set()
    keys: Counter[tuple[str, ...]] = Counter()
    for module in others:
        tree = ast.parse((folder / module).read_text(encoding="utf-8"))
        for place in list(places(tree)):
            for mutant in _mutants_of(module, tree, place, others.get(module)):
                if mutant.source in sources:
                    continue
                sources.add(mutant.source)
                keys[mutant.key] += 1
                if keys[mutant.key] > 1:  # the function has this statement more than once
                    mutant = replace(mutant, before=f"{mutant.before}  # {keys[mutant.key]}")
                yield mutant


def _mutants_of(
    module: str, tree: ast.Module, place: Place, others: Others | None
) -> Iterator[Mutant]:
    before = _shown(place.statement)
    for operator, new in list(_changes(place, others)):
        _put(tree, place.node, new)
        yield Mutant(
            module=module,
            function=place.function,
            line=place.statement.lineno,
            operator=operator,
            before=before,
            after=_shown(new if place.node is place.statement else place.statement),
            source=ast.unparse(ast.fix_missing_locations(tree)),
        )
        _put(tree, new, place.node)


def _put(tree: ast.Module, old: ast.AST, new: ast.AST) -> None:
    """Put a node in the place of another; the same turned round takes it back."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, field, new)
                return
            if isinstance(value, list) and any(child is old for child in value):
                value[[child is old for child in value].index(True)] = new
                return


def _changes(place: Place, others: Others | None) -> Iterator[tuple[str, ast.AST]]:
    for edit in here(place.node, among=OPERATORS):
        yield edit.operator, edit.new
    if others is not None:
        other = others.instead_of(place.node, place.statement)
        if other is not None:
            yield "wrong variable", other


def _shown(statement: ast.AST) -> str:
    """A simple statement, or the head of a compound one."""
    lines = ast.unparse(statement).splitlines()
    return lines[0] if lines else ""


def _is_guard(function: str) -> bool:
    return function.startswith(_LEFT_ALONE) or function.endswith("_inputs")


def places(tree: ast.Module) -> Iterator[Place]:
    """What may be changed in a module, in order."""
    for owner in tree.body:
        members = owner.body if isinstance(owner, ast.ClassDef) else [owner]
        for function in members:
            if not isinstance(function, ast.FunctionDef):
                continue
            if _is_guard(function.name):
                continue
            name = function.name if owner is function else f"{_name(owner)}.{function.name}"
            for statement in _statements(function.body):
                for node in _nodes(statement):
                    yield Place(name, statement, node)


def _name(owner: ast.stmt) -> str:
    return getattr(owner, "name", "")


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that compute; not docstrings, and not refusals with their messages."""
    for statement in body:
        if isinstance(statement, ast.Raise):
            continue
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        refuses = isinstance(statement, ast.If) and any(
            isinstance(inner, ast.Raise) for inner in statement.body
        )
        if not refuses:
            yield statement
            yield from _statements(getattr(statement, "body", []))
        yield from _statements(getattr(statement, "orelse", []))


def _nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a statement itself; those of the statements within it are theirs."""
    if isinstance(statement, (ast.With, ast.Try)):
        return
    if isinstance(statement, ast.AugAssign):
        yield statement
    for field, value in ast.iter_fields(statement):
        if field in ("body", "orelse", "annotation"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.expr):
                yield from _expressions(child)


def _expressions(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.JoinedStr):
        return
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        if name in _WITHOUT_NUMBERS or _is_guard(name.split(".")[-1]):
            return
    if isinstance(node, ast.Attribute) and node.attr in _OF_FORM:
        return
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.keyword):
            child = child.value
        if isinstance(child, ast.comprehension):
            child = child.iter
        if isinstance(child, ast.expr):
            yield from _expressions(child)
