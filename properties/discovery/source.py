"""What a target defines, as values: functions with signatures and syntax trees, and classes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .names import UPSTREAM, is_gradient

POSITIONAL_ONLY, PLAIN, VAR_POSITIONAL, KEYWORD_ONLY, VAR_KEYWORD = range(5)

FunctionNode = ast.FunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function; `default` is its plain default when `has_default`."""

    name: str
    kind: int
    has_default: bool
    default: Any
    annotation: str

    @property
    def required(self) -> bool:
        """Whether a call has to give it."""
        return not self.has_default and self.kind not in (VAR_POSITIONAL, VAR_KEYWORD)


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function or a method of a target.

    `parameters` are without ``self``; `owner` is the class that defines a method; `node` is None
    when the source cannot be read; `arrays` are arrays of its module that it uses.
    """

    name: str
    module: str
    line: int
    parameters: tuple[Parameter, ...]
    doc: str
    node: FunctionNode | None
    owner: str = ""
    static: bool = False
    file: str = ""
    arrays: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters that take one value each."""
        plain = (p for p in self.parameters if p.kind not in (VAR_POSITIONAL, VAR_KEYWORD))
        return tuple(p.name for p in plain)

    @property
    def body(self) -> Sequence[ast.stmt]:
        """Its statements, without the docstring."""
        if self.node is None:
            return ()
        if isinstance(self.node, ast.Lambda):
            return (ast.Return(self.node.body),)
        body = self.node.body
        first = body[0] if body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            return body[1:]
        return body

    @property
    def results(self) -> tuple[str, ...]:
        """Globals that it writes: declared so, or filled as ``grads["w"] = …``."""
        return written_globals(self.body, self.names)

    def adds_to(self, name: str) -> bool:
        """Whether it adds to what a name, or an entry of it, holds already."""
        targets = [node.target for node in self.walk() if isinstance(node, ast.AugAssign)]
        return any(ast.unparse(target).partition("[")[0] == name for target in targets)

    @property
    def is_skeleton(self) -> bool:
        """Whether it does nothing but pass or raise."""
        return self.node is not None and all(
            isinstance(s, (ast.Pass, ast.Raise))
            or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
            or (
                isinstance(s, ast.Return) and (s.value is None or isinstance(s.value, ast.Constant))
            )
            for s in self.body
        )

    def walk(self) -> Iterator[ast.AST]:
        """Give every node of its body."""
        for statement in self.body:
            yield from ast.walk(statement)

    def returns(self) -> list[list[str]]:
        """Give the names of what each return statement returns, "" where it is no name."""
        inner = {id(n) for f in self._inner() for n in ast.walk(f)}
        own = [n for n in self.walk() if isinstance(n, ast.Return) and id(n) not in inner]
        return [_returned(node.value) for node in own if node.value is not None]

    def _inner(self) -> list[FunctionNode]:
        """Functions that are defined inside."""
        kinds = (ast.FunctionDef, ast.Lambda)
        return [node for node in self.walk() if isinstance(node, kinds) and node is not self.node]

    def returned_inside(self) -> dict[str, str]:
        """Give the names in tuples inside the last returned tuple: ``loss, (dx, dw)``, by path."""
        values = [node.value for node in self.walk() if isinstance(node, ast.Return)]
        outer = values[-1].elts if values and isinstance(values[-1], ast.Tuple) else []
        return {
            f"{place}/{index}": name
            for place, part in enumerate(outer)
            if isinstance(part, (ast.Tuple, ast.List))
            for index, name in enumerate(_returned(part))
        }


def written_globals(body: Iterable[ast.stmt], arguments: Iterable[str]) -> tuple[str, ...]:
    """Globals that the statements of a function write; see `Function.results`."""
    nodes = [node for statement in body for node in ast.walk(statement)]
    declared = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    filled = {
        node.value.id
        for node in nodes
        if isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
    }
    return tuple(sorted(declared | (filled - bound - set(arguments))))


def _returned(value: ast.expr) -> list[str]:
    parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value]
    return [part.id if isinstance(part, ast.Name) else _text(part) for part in parts]


def _text(node: ast.expr) -> str:
    """Give the attribute of ``self.x``, the name in ``dw / m`` and ``dw.ravel()``, else ""."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        inner = node.func.value
        shaped = node.func.attr in ("ravel", "flatten", "reshape", "copy", "squeeze")
        if shaped and isinstance(inner, ast.Name) and is_gradient(inner.id):
            return inner.id if inner.id not in UPSTREAM or inner.id in ("g", "grad") else ""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        left = node.left
        if isinstance(left, ast.Name) and is_gradient(left.id) and left.id not in UPSTREAM:
            return left.id
    return ""


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class of a target, with the methods of its bases.

    A `factory` is a function that makes and hands out functions; they are its methods.
    """

    name: str
    module: str
    bases: tuple[str, ...]
    doc: str
    methods: Mapping[str, Function]
    factory: bool = False

    @property
    def file(self) -> str:
        """The file that defines it, as its own methods say."""
        return next((m.file for m in self.methods.values() if m.owner == self.name), self.module)


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """Everything that a target defines.

    `failures` and `notes` say by module why a part did not run, and what had to be done for it.
    """

    functions: tuple[Function, ...]
    classes: tuple[Class, ...]
    trees: Mapping[str, ast.Module]
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def function(self, name: str, module: str = "") -> Function | None:
        """Give the function of a name, from a module if that is said."""
        found = [f for f in self.functions if f.name == name and module in ("", f.module)]
        return found[0] if found else None


def read_survey(answer: Mapping[str, Any], is_ours: Callable[[str], bool]) -> Survey:
    """Read what the child said of its modules; `is_ours` tells files that a report may name."""
    functions: list[Function] = []
    classes: list[Class] = []
    trees: dict[str, ast.Module] = {}
    sources: dict[str, Sequence[str]] = {}
    for module in answer["modules"]:
        name = str(module["name"])
        lines = [str(line) for line in module["source"]]
        sources[name] = lines
        trees[name] = _tree(lines)
    nodes = {name: dict(_definitions(tree)) for name, tree in trees.items()}
    everywhere = {key: node for known in nodes.values() for key, node in known.items()}
    for module in answer["modules"]:
        name = str(module["name"])
        known = nodes[name]
        functions += [
            _function(
                one,
                name,
                known.get((str(one["name"]), int(one["line"]))),
                is_ours=is_ours,
                arrays=module["arrays"],
            )
            for one in module["functions"]
        ]
        for one in module["classes"]:
            methods = {}
            for method in one["methods"]:
                key = (str(method["name"]), int(method["line"]))
                node = known.get(key) or everywhere.get(key)
                methods[str(method["name"])] = _function(
                    method,
                    name,
                    node,
                    str(method["owner"]),
                    bool(method["static"]),
                    is_ours=is_ours,
                    arrays=module["arrays"],
                )
            bases = tuple(str(b) for b in one["bases"])
            classes.append(Class(str(one["name"]), name, bases, str(one["doc"]), methods))
    failures = {str(k): str(v) for k, v in answer["failures"].items()}
    notes = {str(k): [*dict.fromkeys(map(str, told))] for k, told in answer["notes"].items()}
    return Survey(tuple(functions), tuple(classes), trees, sources, failures, notes)


def _tree(lines: Sequence[str]) -> ast.Module:
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _definitions(tree: ast.Module) -> Iterator[tuple[tuple[str, int], FunctionNode]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            yield (node.name, first), node
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield (target.id, node.value.lineno), node.value


def _function(
    one: Mapping[str, Any],
    module: str,
    node: FunctionNode | None,
    owner: str = "",
    static: bool = False,
    *,
    is_ours: Callable[[str], bool],
    arrays: Sequence[str] = (),
) -> Function:
    file = str(one["file"])
    parameters = [
        Parameter(str(n), int(kind), bool(given), default, str(annotation))
        for n, kind, given, default, annotation in one["parameters"]
    ]
    if owner and not static and parameters:
        parameters = parameters[1:]
    return Function(
        str(one["name"]),
        module,
        int(one["line"]),
        tuple(parameters),
        str(one["doc"]),
        node,
        owner,
        static,
        file if is_ours(file) else "",
        _used(node, arrays),
    )


def _used(node: FunctionNode | None, arrays: Sequence[str]) -> tuple[str, ...]:
    """Names of the module's arrays that a function reads and does not bind."""
    if node is None:
        return ()
    bound = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    bound |= {part.id for part in names if isinstance(part.ctx, ast.Store)}
    read = {part.id for part in names if isinstance(part.ctx, ast.Load)}
    return tuple(name for name in arrays if name in read - bound)
