"""A layer that is made of others, as the text of its calls.

The same text is the layer's right computation, with the lines of its parts in the place of the
calls; it is run with parts that are wrong in one point; and it says which functions of the code
under test are to be called one after the other.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from types import CodeType
from typing import Any, Generic, Protocol, TypeVar

from .ways import Line, Ways, names, program


class Part(Protocol):
    """What is asked of a row that another is made of."""

    @property
    def name(self) -> str: ...
    @property
    def forward(self) -> str: ...
    @property
    def backward(self) -> str | None: ...
    @property
    def functions(self) -> tuple[str, ...]: ...
    @property
    def outputs(self) -> tuple[str, ...]: ...
    @property
    def differentiable(self) -> tuple[str, ...]: ...
    @property
    def ways(self) -> Ways | None: ...


P = TypeVar("P", bound=Part)


@dataclass(frozen=True, kw_only=True)
class Composition(Generic[P]):
    """The rows that a layer is made of, and the calls of their functions.

    ``arguments`` are those of the layer's forward, where its ways are the lines of its parts.
    """

    parts: tuple[P, ...]
    text: str
    arguments: str = ""

    def functions(self, argument: str) -> tuple[str, ...]:
        """The functions of the parts whose mistakes show in an output, gradient or state; not those
        that only made a cache for them."""
        return tuple(
            step.function for step in self._behind(argument, caches=False) if step.function
        )

    def run(
        self, functions: Mapping[str, Callable[..., Any]], args: Mapping[str, Any], argument: str
    ) -> dict[str, Any]:
        """The values of the names behind an argument, with these functions in the place of the real
        ones; of all names where ``argument`` is empty. ``args`` holds ``dout`` as well where there
        is one."""
        values = dict(args)
        behind = self._behind(argument, caches=True) if argument else _steps(self.text)
        for step in behind:
            exec(step.code, dict(functions), values)
        return values

    def part_of(self, function: str) -> P:
        """The row that a function belongs to."""
        return next(part for part in self.parts if function in part.functions)

    def _behind(self, argument: str, *, caches: bool) -> list[_Step]:
        steps = _steps(self.text)
        forwards = {part.forward: part for part in self.parts}
        wanted, found = {argument}, []
        for step in reversed(steps):
            part = forwards.get(step.function)
            made = set(step.targets)
            if part is not None and part.backward is not None and not caches:
                made.discard(step.targets[-1])
            leaves = part is not None and part.ways is not None and argument in part.ways.state
            if made & wanted or leaves:
                wanted |= step.reads
                found.append(step)
        return found[::-1]


@dataclass(frozen=True)
class _Step:
    """One line of a composition; ``function`` is empty where it only adds values up."""

    targets: tuple[str, ...]
    function: str
    args: tuple[str, ...]
    reads: frozenset[str]
    code: CodeType


@cache
def _steps(text: str) -> tuple[_Step, ...]:
    found = []
    for node in ast.parse(text).body:
        assert isinstance(node, ast.Assign)
        target, value = node.targets[0], node.value
        targets = target.elts if isinstance(target, ast.Tuple) else [target]
        function, args = "", []
        if isinstance(value, ast.Call):
            function, args = ast.unparse(value.func), value.args
        found.append(
            _Step(
                targets=tuple(ast.unparse(part) for part in targets),
                function=function,
                args=tuple(ast.unparse(arg) for arg in args),
                reads=names(value) - {function},
                code=compile(ast.Module([node], []), "<composition>", "exec"),
            )
        )
    return tuple(found)


class Inlined(Ways):
    """The ways of a layer that is made of others: the lines of its parts in the place of the
    calls, of each part the first way; put together when they are asked for: most runs need none."""

    def __init__(self, composition: Composition[Any]) -> None:
        self.__dict__.update(arguments=composition.arguments, _composition=composition)

    @cached_property
    def _whole(self) -> Ways:
        return _inlined(self.__dict__["_composition"])

    @property
    def given(self) -> str:
        return self._whole.given

    @property
    def texts(self) -> Mapping[str, tuple[str, ...]]:
        return self._whole.texts

    @property
    def kind(self) -> str:
        return self._whole.kind

    @property
    def state(self) -> Mapping[str, str]:
        return self._whole.state

    @property
    def updating(self) -> str:
        return self._whole.updating

    def __reduce__(self) -> tuple[Any, ...]:
        return replace, (self._whole,)  # the rows of a composition cannot be pickled


def _inlined(composition: Composition[Any]) -> Ways:
    arguments = composition.arguments
    parts = {name: part for part in composition.parts for name in part.functions}
    kinds = [kind for part in composition.parts for kind in ways_of(part).texts if kind]
    state: dict[str, str] = {}
    given: list[str] = []
    texts: dict[str, tuple[str, ...]] = {}
    for kind in dict.fromkeys(kinds or [""]):
        calls = tuple(step for step in _steps(composition.text) if step.function)
        taken = {*arguments.split(", "), *(name for call in calls for name in call.targets)}
        renamings: dict[str, dict[str, str]] = {}
        lines: list[str] = []
        for call in calls:
            part = parts[call.function]
            ways = ways_of(part)
            if call.function == part.forward:
                renamings[part.name] = _renaming(part, kind, call, calls, taken)
            renaming = renamings[part.name]
            state |= {name: renaming[line] for name, line in ways.state.items()}
            known = {*arguments.split(", "), *(line.partition(" =")[0] for line in given)}
            upstream = _of_upstream(ways, kind)
            for line in _lines(ways, kind):
                if (line.target in upstream) != (call.function == part.backward):
                    continue
                text = _renamed(line, renaming)
                of_case = names(ast.parse(text.partition(" = ")[2])) <= known
                if of_case and line in program(ways.given).lines:
                    given += [] if text in given else [text]
                    known.add(renaming[line.target])
                else:
                    lines.append(text)
        texts[kind] = ("\n".join(lines),)
    every = [ways_of(part) for part in composition.parts]
    return Ways(
        arguments=arguments,
        given="\n".join(given),
        texts=texts,
        kind=next((ways.kind for ways in every if ways.kind), ""),
        state=state,
        updating=next((ways.updating for ways in every if ways.updating), ""),
    )


def ways_of(part: Part) -> Ways:
    """The ways of a part; raises ValueError where it declares none."""
    if part.ways is None:
        raise ValueError(f"{part.name} is a part of another layer: give it ways")
    return part.ways


def _lines(ways: Ways, kind: str) -> tuple[Line, ...]:
    text = (ways.texts.get(kind) or ways.texts[""])[0]
    return (*program(ways.given).lines, *program(text).lines)


def _of_upstream(ways: Ways, kind: str) -> set[str]:
    """The names that depend on the upstream derivative."""
    found = set(ways.upstreams)
    for line in _lines(ways, kind):
        if line.reads & found:
            found.add(line.target)
    return found


def _renaming(
    part: Part, kind: str, call: _Step, calls: Sequence[_Step], taken: set[str]
) -> dict[str, str]:
    """What the names of a part are called in the whole."""
    ways = ways_of(part)
    found = dict(zip(ways.parameters, call.args, strict=True))
    found |= dict(zip(part.outputs, call.targets, strict=False))
    cache = call.targets[-1]
    for back in calls:
        if back.function == part.backward and cache in back.args:
            gradients = (f"d{name}" for name in part.differentiable)
            found |= dict(zip(gradients, back.targets, strict=True))
            found |= dict(zip(ways.upstreams, back.args, strict=False))
    for line in _lines(ways, kind):
        if line.target not in found:
            own = line.target in taken
            found[line.target] = f"{line.target}_{part.name}" if own else line.target
            taken.add(line.target)
    return found


def _renamed(line: Line, names_of: Mapping[str, str]) -> str:
    class Rename(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            name = names_of.get(node.id, node.id)
            if name.isidentifier():  # nearly all are, and to parse them shows at the start
                return ast.Name(name, node.ctx)
            return ast.parse(name, mode="eval").body

    tree = ast.parse(line.text)
    return ast.unparse(Rename().visit(tree))
