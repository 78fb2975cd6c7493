"""A short computation as lines, of which one can be changed and the later ones run again."""

from __future__ import annotations

import ast
from collections.abc import Container, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

Values = dict[str, Any]
_GLOBALS = {"np": np}


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
    """Lines in which every name is assigned once.

    Parameters
    ----------
    text
        One assignment a line.
    given
        Names of the quantities that the lines start from.
    """

    def __init__(self, text: str, given: tuple[str, ...]) -> None:
        self.given = given
        self.lines = tuple(_line(node) for node in ast.parse(text).body)
        self._after: dict[tuple[int, str], tuple[Line, ...]] = {}

    def start(self, quantities: Mapping[str, Any]) -> Values:
        """The values before the first line; raises KeyError where a case has them not."""
        known = dict(quantities)
        known.setdefault("Y", None)
        return {name: known[name] for name in self.given if name != "dout" or "dout" in known}

    def run(self, values: Values) -> Values:
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


def _line(node: ast.stmt) -> Line:
    assert isinstance(node, ast.Assign)
    target = node.targets[0]
    assert isinstance(target, ast.Name)
    return Line(target.id, node.value, compiled(node.value), names(node.value))


def names(expression: ast.expr) -> frozenset[str]:
    """The names that an expression reads."""
    return frozenset(
        node.id for node in ast.walk(expression) if isinstance(node, ast.Name) and node.id != "np"
    )


def compiled(expression: ast.expr) -> CodeType:
    """Code of an expression, all of whose nodes have a place in a text."""
    return compile(ast.Expression(expression), "<line>", "eval")


def value_of(code: CodeType, values: Values) -> Any:
    """Evaluate; raises what numpy raises on shapes that do not fit."""
    return eval(code, _GLOBALS, values)
