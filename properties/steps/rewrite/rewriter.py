"""Go through the functions of a module and put a probe at every value."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from .expressions import Expressions
from .probes import Kind, Probe, Statement
from .trees import clone

__all__ = ["CHOICE", "PROBE", "Rewriter"]

PROBE, CHOICE = "_nndl_p", "_nndl_c"


def _names(target: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            yield from _names(part)
    elif isinstance(target, ast.Starred):
        yield from _names(target.value)
    else:
        yield target


def _call(function: str, *args: ast.expr) -> ast.Call:
    return ast.Call(func=ast.Name(function, ast.Load()), args=list(args), keywords=[])


def _is_one_index(index: ast.expr, place: ast.expr, target: ast.Subscript) -> bool:
    """Whether a subscript may be a key, or a place in a list: ``grads[k]``, ``grads[-l - 1]``."""
    if isinstance(index, ast.Name):
        return True
    parts = (ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.Load)
    plain = all(isinstance(node, parts) for node in ast.walk(index))
    return plain and ast.unparse(place) == ast.unparse(target.value)


def _local_names(node: ast.FunctionDef) -> frozenset[str]:
    arguments = node.args
    names = {a.arg for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
    excluded: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        elif isinstance(part, (ast.Global, ast.Nonlocal)):
            excluded |= set(part.names)
    return frozenset(names - excluded)


class Rewriter(Expressions):
    """Numbers the probes and rewrites one function after the other."""

    def __init__(self, first: int, alternatives: Mapping[int, Sequence[ast.stmt]]) -> None:
        self.next = first
        self.first = first
        self.statement_number = first
        self.alternatives = alternatives
        self.probes: dict[int, Probe] = {}
        self.statements: dict[int, Statement] = {}
        self.locals: dict[str, frozenset[str]] = {}
        self.complaints: list[str] = []
        self._function = ""
        self._statement = 0
        self._known: frozenset[str] = frozenset()
        self._taken: dict[tuple[int, str, str], int] = {}
        # Alternatives must not shift the numbers of what follows them.
        self._trying, self._spare = False, 10_000_000

    # probes ---------------------------------------------------------------------------------
    def _number(self, kind: Kind, name: str, text: str, line: int) -> int:
        if kind in ("assign", "input", "loop", "return"):
            # An alternative of a statement keeps the probes of what it replaces.
            key = (self._statement, kind, name)
            if key in self._taken:
                return self._taken[key]
            self._taken[key] = self._spare if self._trying else self.next
        number = self._spare if self._trying else self.next
        if self._trying:
            self._spare += 1
        else:
            self.next += 1
        self.probes[number] = Probe(number, kind, name, text, line, self._function, self._statement)
        return number

    def _call(self, number: int, value: ast.expr, key: ast.expr | None = None) -> ast.expr:
        arguments = [ast.Constant(number), value] + ([key] if key is not None else [])
        return ast.Call(func=ast.Name(PROBE, ast.Load()), args=arguments, keywords=[])

    # functions ------------------------------------------------------------------------------
    def function(self, node: ast.FunctionDef, name: str) -> None:
        self._function, self._known = name, _local_names(node)
        self.locals[name] = self._known
        self._statement = self.statement_number
        self.statement_number += 1
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        entry: list[ast.stmt] = []
        for argument in arguments:
            if argument.arg in ("self", "cls"):
                continue
            number = self._number("input", argument.arg, argument.arg, node.lineno)
            entry.append(self._store(ast.Name(argument.arg, ast.Load()), number))
        body = node.body
        keep = 0
        while keep < len(body) and (
            isinstance(body[keep], (ast.Global, ast.Nonlocal))
            or (
                keep == 0
                and isinstance(body[0], ast.Expr)
                and isinstance(body[0].value, ast.Constant)
            )
        ):
            keep += 1
        node.body = body[:keep] + entry + self.block(body[keep:])

    def block(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        rewritten: list[ast.stmt] = []
        for statement in body:
            self._statement = number = self.statement_number
            self.statement_number += 1
            self._note(number, statement)
            others = self.alternatives.get(number)
            original = self.statement(clone(statement) if others else statement)
            if not others:
                rewritten += original
                continue
            branches: list[ast.stmt] = []
            for which in range(len(others), 0, -1):
                self._statement = number
                test = ast.Compare(
                    left=ast.Call(
                        func=ast.Name(CHOICE, ast.Load()), args=[ast.Constant(number)], keywords=[]
                    ),
                    ops=[ast.Eq()],
                    comparators=[ast.Constant(which)],
                )
                self._trying = True
                other = self.statement(clone(others[which - 1]), plain=True)
                self._trying = False
                branches = [ast.If(test=test, body=other, orelse=branches)]
            # The author's own line comes first: it runs in nearly every trial.
            own = ast.Compare(
                left=ast.Call(
                    func=ast.Name(CHOICE, ast.Load()), args=[ast.Constant(number)], keywords=[]
                ),
                ops=[ast.Eq()],
                comparators=[ast.Constant(0)],
            )
            rewritten.append(ast.If(test=own, body=original, orelse=branches))
        return rewritten

    def _note(self, number: int, statement: ast.stmt) -> None:
        head: list[ast.AST] = [statement]
        if isinstance(statement, (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.FunctionDef)):
            head = [
                part
                for field_name in ("iter", "test", "target", "items")
                for part in [getattr(statement, field_name, None)]
                if isinstance(part, ast.AST)
            ]
        reads, writes = set(), []
        for part in head:
            for node in ast.walk(part):
                if isinstance(node, ast.Name):
                    if isinstance(node.ctx, ast.Store):
                        writes.append(node.id)
                    else:
                        reads.add(node.id)
                elif isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(
                    node.ctx, ast.Store
                ):
                    base: ast.expr = node
                    while isinstance(base, (ast.Subscript, ast.Attribute)):
                        base = base.value
                    if isinstance(base, ast.Name):
                        writes.append(base.id)
        if isinstance(statement, ast.Expr):
            changed = self._changed_in_place(statement.value)
            writes += [part.id for part in changed if isinstance(part, ast.Name)]
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            reads.add(statement.target.id)
        end = statement.end_lineno or statement.lineno
        if head != [statement]:
            end = statement.lineno
        self.statements[number] = Statement(
            number,
            clone(statement),
            self._function,
            statement.lineno,
            end,
            frozenset(reads),
            tuple(dict.fromkeys(writes)),
        )

    # statements -----------------------------------------------------------------------------
    def statement(self, node: ast.stmt, *, plain: bool = False) -> list[ast.stmt]:
        """Rewrite one statement; `plain` leaves the inside of its expressions alone."""
        inside = (lambda value: value) if plain else self.expression
        if isinstance(node, ast.Assign):
            if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                number = self._number("assign", name, ast.unparse(node.value), node.lineno)
                if isinstance(node.value, ast.Dict):
                    self._items(node.value, name, plain)
                    return [node]
                if isinstance(node.value, ast.List):
                    self._parts(node.value, name, plain)
                    return [node]
                node.value = self._call(number, self._inner(node.value, plain))
                return [node]
            text = ast.unparse(node.value)
            entry = len(node.targets) == 1 and isinstance(node.targets[0], ast.Subscript)
            if entry and isinstance(node.value, ast.Tuple):
                node.value = self._stored(node.value, plain)
            else:
                node.value = inside(node.value)
            return [node, *self._after(node.targets, text, node.lineno)]
        if isinstance(node, ast.AnnAssign):
            if node.value is None:
                return [node]
            text = ast.unparse(node.value)
            node.value = self._inner(node.value, plain)
            return [node, *self._after([node.target], text, node.lineno)]
        if isinstance(node, ast.AugAssign):
            text = ast.unparse(node)
            node.value = inside(node.value)
            return [node, *self._after([node.target], text, node.lineno)]
        if isinstance(node, ast.Return):
            return [self._return(node, plain)]
        if isinstance(node, ast.Expr):
            text = ast.unparse(node.value)
            changed = self._changed_in_place(node.value)
            if not self._appended(node.value, plain):
                node.value = inside(node.value)
            return [node, *self._after(changed, text, node.lineno)]
        if isinstance(node, (ast.For, ast.While, ast.If, ast.With, ast.Try)):
            self._compound(node, plain)
            return [node]
        return [node]

    def _items(self, node: ast.Dict, name: str, plain: bool) -> None:
        """The entries of a dict literal are steps of their own: ``{'W1': dW1}``."""
        for position, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                number = self._number(
                    "assign", f"{name}[{key.value!r}]", ast.unparse(value), value.lineno
                )
                node.values[position] = self._call(number, self._inner(value, plain))
            elif not plain:
                node.values[position] = self.expression(value)

    def _parts(self, node: ast.List, name: str, plain: bool) -> None:
        """The parts of a list are steps of their own: ``parts = [dW1, dW2]``."""
        for position, part in enumerate(node.elts):
            if not isinstance(part, ast.Starred):
                number = self._number(
                    "assign", f"{name}[{position}]", ast.unparse(part), part.lineno
                )
                node.elts[position] = self._call(number, self._inner(part, plain))

    def _appended(self, node: ast.expr, plain: bool) -> bool:
        """What is put into a list is a step: ``grads.append(dW)``, ``grads.insert(0, (dW, db))``.

        Returns
        -------
        Whether it is such a call.
        """
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return False
        if node.func.attr not in ("append", "insert") or not node.args:
            return False
        node.args[-1] = self._stored(node.args[-1], plain)
        return True

    def _stored(self, whole: ast.expr, plain: bool) -> ast.expr:
        """What is stored in a list, or the parts of it, as steps."""
        if isinstance(whole, (ast.Tuple, ast.List)):
            whole.elts = [self._stored(part, plain) for part in whole.elts]
            return whole
        text = ast.unparse(whole)
        number = self._number("assign", f"stored {text}", text, whole.lineno)
        return self._call(number, self._inner(whole, plain))

    def _changed_in_place(self, node: ast.expr) -> list[ast.expr]:
        """Names that a call as a statement may change: ``np.add.at(dx, i, v)``, ``out=dx``."""
        if not isinstance(node, ast.Call):
            return []
        found: list[ast.expr] = []
        candidates = [*node.args[:1], *[k.value for k in node.keywords if k.arg == "out"]]
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            candidates.append(node.func.value)
        found += [
            ast.Name(part.id, ast.Store())
            for part in candidates
            if isinstance(part, ast.Name) and part.id in self._known
        ]
        return found

    def _compound(self, node: ast.stmt, plain: bool) -> None:
        if isinstance(node, ast.For):
            entry = self._after(
                [node.target], f"for {ast.unparse(node.target)}", node.lineno, kind="loop"
            )
            if not plain:
                node.iter = self.expression(node.iter)
            node.body = entry + self.block(node.body)
            node.orelse = self.block(node.orelse)
        elif isinstance(node, (ast.While, ast.If)):
            node.body, node.orelse = self.block(node.body), self.block(node.orelse)
        elif isinstance(node, ast.With):
            node.body = self.block(node.body)
        elif isinstance(node, ast.Try):
            node.body, node.orelse = self.block(node.body), self.block(node.orelse)
            node.finalbody = self.block(node.finalbody)
            for handler in node.handlers:
                handler.body = self.block(handler.body)

    def _return(self, node: ast.Return, plain: bool) -> ast.stmt:
        if node.value is None:
            return node
        if isinstance(node.value, ast.Tuple):
            node.value.elts = [
                part
                if isinstance(part, ast.Starred)
                else self._call(
                    self._number("return", f"return[{position}]", ast.unparse(part), node.lineno),
                    self._inner(part, plain),
                )
                for position, part in enumerate(node.value.elts)
            ]
            return node
        number = self._number("return", "return", ast.unparse(node.value), node.lineno)
        node.value = self._call(number, self._inner(node.value, plain))
        return node

    def _after(
        self, targets: Sequence[ast.expr], text: str, line: int, kind: Kind = "assign"
    ) -> list[ast.stmt]:
        """Probes for what a statement has just written: names, items of dicts, attributes."""
        made: list[ast.stmt] = []
        seen: set[str] = set()
        for target in [part for whole in targets for part in _names(whole)]:
            place = self._place(target)
            if place is None or ast.unparse(place) in seen:
                continue
            seen.add(ast.unparse(place))
            name = ast.unparse(place)
            if isinstance(target, ast.Subscript) and _is_one_index(target.slice, place, target):
                number = self._number(kind, name, text, line)
                made.append(self._store_dict_or_array(target, place, number))
                continue
            key: ast.expr | None = None
            if isinstance(place, ast.Subscript) and not isinstance(place.slice, ast.Constant):
                key = clone(place.slice)
            made.append(self._store(place, self._number(kind, name, text, line), key))
        return made

    def _place(self, target: ast.expr) -> ast.expr | None:
        """What a target changes: the array for ``dx[i, j]``, the entry for ``grads['W1']``."""
        if isinstance(target, ast.Name):
            return target if target.id in self._known else None
        if isinstance(target, ast.Attribute):
            return target
        if isinstance(target, ast.Subscript):
            keyed = isinstance(target.slice, (ast.JoinedStr,)) or (
                isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str)
            )
            if isinstance(target.slice, ast.BinOp):
                keyed = any(
                    isinstance(part, ast.Constant) and isinstance(part.value, str)
                    for part in ast.walk(target.slice)
                )
            if isinstance(target.slice, ast.Call) and "format" in ast.unparse(target.slice):
                keyed = True
            return target if keyed else self._place(target.value)
        return None

    def _store_dict_or_array(self, target: ast.Subscript, place: ast.expr, number: int) -> ast.stmt:
        """``grads[key]`` is of a dict, of a list, or a part of an array: told when it runs."""
        whole: ast.stmt = self._store(place, number)
        if not isinstance(place, (ast.Name, ast.Attribute)):
            return whole
        container = clone(place)
        container.ctx = ast.Load()
        from_start = _call("range", _call("len", clone(container)))
        place_in_list = ast.Subscript(from_start, clone(target.slice), ast.Load())
        for kind, key in (("list", place_in_list), ("dict", clone(target.slice))):
            test = _call("isinstance", clone(container), ast.Name(kind, ast.Load()))
            whole = ast.If(test=test, body=[self._store(target, number, key)], orelse=[whole])
        return whole

    def _store(self, place: ast.expr, number: int, key: ast.expr | None = None) -> ast.stmt:
        load, store = clone(place), clone(place)
        for part, context in ((load, ast.Load()), (store, ast.Store())):
            if isinstance(part, (ast.Name, ast.Subscript, ast.Attribute)):
                part.ctx = context
        return ast.Assign(targets=[store], value=self._call(number, load, key), lineno=0)
