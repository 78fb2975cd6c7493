"""The right computation of a layer as text, line by line, in the ways people write it.

One text serves everywhere: its lines are the quantities that misconceptions are written in, they
are changed one at a time to find a slip, and right modules for misconceptions to be planted into
are made of them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import CodeType
from typing import Any

import numpy as np

from .case import Array

Values = dict[str, Any]


def scan(
    step: Callable[..., Array], start: Array, *series: Array, backwards: bool = False
) -> Array:
    """States of a recurrence, stacked along the axis of time, the last but one.

    Parameters
    ----------
    step
        Gives the next state from the one before and what each series holds at that time.
    start
        The state before the first step.
    series
        Arrays with time as their last axis but one.
    backwards
        Whether to begin at the end.

    >>> scan(lambda total, x_t: total + x_t, np.zeros(1), np.array([[1.0], [2.0], [4.0]])).ravel()
    array([1., 3., 7.])
    """
    state, states = start, []
    times = range(series[0].shape[-2])
    for t in reversed(times) if backwards else times:
        state = step(state, *(one[..., t, :] for one in series))
        states.append(state)
    return np.stack(states[::-1] if backwards else states, -2)


FUNCTIONS: Mapping[str, Any] = {"np": np, "scan": scan}
"""What a line may call beside what it reads."""
_BUILTINS = ("len", "max", "float")


def sizes(**shapes: str) -> str:
    """Lines that name the sides of arguments, for what is given; ``_`` leaves a side unnamed.

    >>> print(sizes(x="N T D", w="_ M"))
    <BLANKLINE>
    N = x.shape[0]
    T = x.shape[1]
    D = x.shape[2]
    M = w.shape[1]
    """
    named = (
        (name, k, side) for name, shape in shapes.items() for k, side in enumerate(shape.split())
    )
    lines = [f"{side} = {name}.shape[{k}]" for name, k, side in named if side != "_"]
    return "\n".join(("", *lines))


@dataclass(frozen=True)
class Line:
    """``target = expression``."""

    target: str
    expression: ast.expr
    code: CodeType
    reads: frozenset[str]

    @property
    def text(self) -> str:
        """As it is written."""
        return f"{self.target} = {ast.unparse(self.expression)}"


class Program:
    """Lines in which every name is assigned once."""

    def __init__(self, text: str) -> None:
        self.lines = tuple(_line(node) for node in ast.parse(text).body)
        self._after: dict[tuple[int, str], tuple[Line, ...]] = {}

    def run(self, values: Mapping[str, Any]) -> Values:
        """The values after the last line that can be run; the others are left out."""
        found = dict(values)
        for line in self.lines:
            if line.reads <= found.keys():
                found[line.target] = value_of(line.code, found)
        return found

    def behind(self, name: str) -> frozenset[str]:
        """The lines that a name is computed from, itself included."""
        wanted = {name}
        for line in reversed(self.lines):
            if line.target in wanted:
                wanted |= line.reads
        return frozenset(line.target for line in self.lines if line.target in wanted)

    def between(self, place: int, name: str) -> tuple[Line, ...]:
        """The lines that a change of one line reaches on its way to a name."""
        if (place, name) not in self._after:
            self._after[place, name] = self._reached(place, self.behind(name))
        return self._after[place, name]

    def _reached(self, place: int, within: Container[str]) -> tuple[Line, ...]:
        touched = {self.lines[place].target}
        found = []
        for line in self.lines[place + 1 :]:
            if line.reads & touched and line.target in within:
                touched.add(line.target)
                found.append(line)
        return tuple(found)


@cache
def program(text: str) -> Program:
    """The lines of a text, read once."""
    return Program(text)


def _line(node: ast.stmt) -> Line:
    assert isinstance(node, ast.Assign), f"one assignment a line: {ast.unparse(node)}"
    target = node.targets[0]
    assert isinstance(target, ast.Name), f"one name a line: {ast.unparse(node)}"
    return Line(target.id, node.value, compiled(node.value), names(node.value))


def names(expression: ast.AST) -> frozenset[str]:
    """The names that an expression reads; not those that a function in it binds."""
    nodes = list(ast.walk(expression))
    bound = {node.arg for node in nodes if isinstance(node, ast.arg)}
    read = {node.id for node in nodes if isinstance(node, ast.Name)}
    return frozenset(read - bound - FUNCTIONS.keys() - set(_BUILTINS))


def compiled(expression: ast.expr) -> CodeType:
    """Code of an expression, all of whose nodes have a place in a text."""
    return compile(ast.Expression(expression), "<line>", "eval")


def value_of(code: CodeType, values: Mapping[str, Any]) -> Any:
    """Evaluate; raises what numpy raises on shapes that do not fit."""
    space = dict(FUNCTIONS)
    for name in _read_inside(code):  # functions see globals alone
        with suppress(KeyError):  # of numpy, an attribute
            space[name] = values[name]
    return eval(code, space, values)


def _read_inside(code: CodeType) -> Iterator[str]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from inner.co_names
            yield from _read_inside(inner)


@dataclass(frozen=True, kw_only=True, eq=False)
class Ways:
    """The right computations of a layer.

    Parameters
    ----------
    arguments
        Those of the forward, as in its signature.
    given
        Names for sizes and options, one assignment a line; no mistake is looked for in them.
    texts
        For each kind of call the ways of writing it, one assignment a line. Lines that read an
        upstream derivative are the backward's.
    kind
        An expression of the arguments that tells the kind of call, where there is more than one.
    upstreams
        Names of the upstream derivatives, one for each output.
    state
        What a call writes back into its last argument, and the line that holds it.
    updating
        The kind of call that does so.
    """

    arguments: str
    given: str = ""
    texts: Mapping[str, tuple[str, ...]]
    kind: str = ""
    upstreams: tuple[str, ...] = ("dout",)
    state: Mapping[str, str] = field(default_factory=dict)
    updating: str = ""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The arguments of the forward, one by one."""
        return tuple(self.arguments.split(", "))

    def kind_of(self, args: Mapping[str, Any]) -> str:
        """The kind of a call with these arguments."""
        return str(eval(self.kind, {}, dict(args))) if self.kind else ""

    def line_of(self, argument: str) -> str:
        """The line that holds an output, gradient or state."""
        return self.state.get(argument, argument)

    def programs(self, kind: str) -> tuple[Program, ...]:
        """The ways of writing one kind of call."""
        return tuple(program(text) for text in self.texts.get(kind, ()))

    def defining(self, kind: str, first: int = 0) -> Mapping[str, Line]:
        """For each name the line that defines it: a given one, or of the first way of its kind that
        has one, beginning with a certain way; of another kind where its own has none."""
        return _lines_by_name(self.given, tuple(self.texts.items()), kind, first)

    def start(self, quantities: Mapping[str, Any]) -> Values:
        """The values that a program starts from: arguments, sizes, options, upstream."""
        wanted = (*self.parameters, *(line.target for line in program(self.given).lines))
        wanted = (*wanted, *self.upstreams)
        found: Values = {}
        for name in wanted:
            with suppress(Exception):  # a case that has not all of them
                found[name] = quantities[name]
        return found


class Quantities(dict[str, Any]):
    """The right values of a case by name, each computed when it is asked for.

    Raises KeyError for a name that no line defines, NameError where a line reads such a name, and
    what numpy raises where it does not fit the case.
    """

    def __init__(
        self,
        ways: Ways,
        args: Mapping[str, Any],
        upstreams: Sequence[Array] = (),
        known: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(args)
        self._made_of = (ways, dict(args), tuple(upstreams), dict(known or {}))
        self.update(known or {})
        self.update(zip(ways.upstreams, upstreams, strict=False))
        self._lines = ways.defining(ways.kind_of(args))

    def __missing__(self, name: str) -> Any:
        if name not in self._lines:
            raise KeyError(name)
        with np.errstate(all="ignore"):
            self[name] = value_of(self._lines[name].code, self)
        return self[name]

    def __reduce__(self) -> tuple[Any, ...]:
        return Quantities, self._made_of

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Lengths of named axes: whole numbers among what is given, and of arrays by ``len``."""
        ways, args, *_ = self._made_of
        given = [line.target for line in program(ways.given).lines]
        own = (line for way in ways.programs(ways.kind_of(args)) for line in way.lines)
        given += [line.target for line in own if line.text.startswith(f"{line.target} = len(")]
        found: dict[str, int] = {}
        for name in given:
            with suppress(Exception):  # a line that does not fit the case
                if type(self[name]) is int:
                    found[name] = self[name]
        return found


@cache
def _lines_by_name(
    given: str, texts: tuple[tuple[str, tuple[str, ...]], ...], kind: str, first: int
) -> dict[str, Line]:
    own = next((ways for name, ways in texts if name == kind), ())
    first = first % len(own) if own else 0
    others = [text for name, ways in texts if name != kind for text in ways]
    found: dict[str, Line] = {}
    for text in (given, *own[first : first + 1], *own, *others):
        for line in program(text).lines:
            found.setdefault(line.target, line)
    return found
