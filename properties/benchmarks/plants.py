"""Right modules made of the ways of the layers, and misconceptions planted into them.

A planted function is a right one with the misconception's formula in the place of a line: what it
returns, writes back or should leave alone. The styles differ in the way of writing, where a layer
has several, and in what their caches are.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..layers import ALL
from ..spec.misconception import Misconception
from ..spec.row import LayerSpec
from ..spec.ways import Line, names, program, scan

STYLES = ("tuples", "dicts", "objects")
STRANGER = "textbook"  # written by hand, as somebody else would
_HEAD = f'''"""Layers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np


{inspect.getsource(scan)}'''


def style_source(style: str) -> str:
    """A right module: a style made of the ways, or the stranger's."""
    if style == STRANGER:
        path = Path(__file__).parent / "styles" / f"{STRANGER}.py"
        return path.read_text(encoding="utf-8")
    rows = [spec for spec in ALL if spec.ways is not None]
    return "\n\n".join((_HEAD, *(functions_of(spec, style) for spec in rows)))


def plant(style: str, misconception: Misconception) -> str:
    """A right row of its own module, in which one function is wrong."""
    row = next(spec for spec in ALL if spec.name == misconception.layer)
    return "\n\n".join((_HEAD, functions_of(row, style, misconception)))


def right_row(style: str, row: LayerSpec) -> str:
    """A right row of its own module."""
    return "\n\n".join((_HEAD, functions_of(row, style)))


def functions_of(spec: LayerSpec, style: str, wrong: Misconception | None = None) -> str:
    """The functions of one row in a style, right or with a misconception."""
    return _Writer(spec, STYLES.index(style), wrong).text()


@dataclass(frozen=True)
class _Cache:
    """How a style passes values on to its backward."""

    packed: Callable[[Sequence[str]], str]
    unpacked: Callable[[Sequence[str]], list[str]]


_CACHES = (
    _Cache(
        lambda kept: f"({', '.join(kept)},)",
        lambda kept: [f"({', '.join(kept)},) = cache"],
    ),
    _Cache(
        lambda kept: f"{{{', '.join(f'{name!r}: {name}' for name in kept)}}}",
        lambda kept: [f"{name} = cache[{name!r}]" for name in kept],
    ),
    _Cache(
        lambda kept: f"SimpleNamespace({', '.join(f'{name}={name}' for name in kept)})",
        lambda kept: [f"{name} = cache.{name}" for name in kept],
    ),
)


class _Writer:
    """The functions of one row in one style, with one misconception or none."""

    def __init__(self, spec: LayerSpec, style: int, wrong: Misconception | None) -> None:
        assert spec.ways is not None
        self._spec, self._ways, self._style = spec, spec.ways, style
        self._way = style % 2  # the third style writes the first way, with another cache
        self._wrong = wrong
        self._gradients = [f"d{name}" for name in spec.differentiable]
        self._given = [line.target for line in program(self._ways.given).lines]
        self._kinds = list(self._ways.texts)

    def text(self) -> str:
        spec, arguments = self._spec, self._ways.arguments
        made = []
        # A forward that another row has written; a mistake may need more of it in the cache.
        if not spec.shares_forward or self._wrong is not None:
            made = [
                f"def {spec.forward}({arguments}):",
                *_indented(self._start(spec.forward)),
                *_indented(line.text for line in program(self._ways.given).lines),
                *_indented(self._branches(self._forward)),
            ]
        if spec.backward is not None:
            made += [
                "",
                "",
                f"def {spec.backward}({', '.join(self._ways.upstreams)}, cache):",
                *_indented(self._start(spec.backward)),
                *_indented(self._branches(self._backward, "kind, *cache = cache")),
            ]
        return "\n".join((*made, ""))

    def _start(self, function: str) -> list[str]:
        wrong = self._wrong
        return [wrong.plant] if wrong and wrong.function == function and wrong.plant else []

    def _branches(self, body: Callable[[str], list[str]], before: str = "") -> Iterator[str]:
        """A body for each kind of call; another kind is refused."""
        if self._kinds == [""]:
            yield from body("")
            return
        yield before.replace("*cache", "cache") or f"kind = {self._ways.kind}"
        for number, kind in enumerate(self._kinds):
            yield f"{'elif' if number else 'if'} kind == {kind!r}:"
            yield from _indented(body(kind))
        yield "raise ValueError(kind)"

    # -- bodies ----------------------------------------------------------------------------------

    def _forward(self, kind: str) -> list[str]:
        spec, ways = self._spec, self._ways
        loss = spec.backward is None
        state = ways.state if ways.updating in ("", kind) else {}
        wanted = [*spec.outputs, *state.values(), *(self._gradients if loss else ())]
        needed = [*wanted, *self._read(spec.forward, kind)]
        lines = [line.text for line in self._lines(kind, needed, ())]
        lines += self._put(spec.forward, kind)
        where = ways.parameters[-1]
        for name, line in state.items():
            lines.append(f"{where}[{name!r}] = {self._formula(spec.forward, name, kind) or line}")
        if loss:
            return [*lines, f"return {', '.join((*spec.outputs, *self._gradients))}"]
        kept = self._kept(kind)
        cache = _CACHES[self._style].packed(kept) if kept else "None"
        if self._kinds != [""]:
            cache = f"(kind, {cache})"
        return [*lines, f"return {', '.join(spec.outputs)}, {cache}"]

    def _backward(self, kind: str) -> list[str]:
        spec = self._spec
        kept = self._kept(kind)
        if not kept:
            return ["raise ValueError('there is no backward after this forward')"]
        wanted = [*self._gradients, *self._read(str(spec.backward), kind)]
        lines = _CACHES[self._style].unpacked(kept)
        lines += [line.text for line in self._lines(kind, wanted, self._made(kind))]
        lines += self._put(str(spec.backward), kind)
        return [*lines, f"return {', '.join(self._gradients)}"]

    def _made(self, kind: str) -> list[str]:
        """The names that a right forward computes."""
        wanted = [*self._spec.outputs, *self._ways.state.values()]
        return [line.target for line in self._lines(kind, wanted, ())]

    def _kept(self, kind: str) -> list[str]:
        """What a backward reads of its forward; nothing after a kind of call that has none."""
        own = {line.target for way in self._ways.programs(kind) for line in way.lines}
        if not set(self._gradients) <= own:
            return []
        made = self._made(kind)
        wanted = [*self._gradients, *self._read(str(self._spec.backward), kind)]
        lines = self._lines(kind, wanted, made)
        reads = {name for line in lines for name in line.reads} | set(wanted)
        known = {*made, *self._given, *self._ways.parameters}
        own_lines = {line.target for line in lines}
        return sorted((reads - own_lines) & known) or [self._ways.parameters[0]]

    # -- the misconception -------------------------------------------------------------------------

    def _formula(self, function: str, argument: str, kind: str) -> str:
        wrong = self._wrong
        if wrong is None or wrong.plant or (wrong.function, wrong.argument) != (function, argument):
            return ""
        return wrong.formula if wrong.when in ("", kind) else ""

    def _read(self, function: str, kind: str) -> list[str]:
        """The quantities that the misconception's formula reads."""
        wrong = self._wrong
        if wrong is None or not self._formula(function, wrong.argument, kind):
            return []
        return sorted(names(ast.parse(wrong.formula)) - set(self._ways.upstreams))

    def _put(self, function: str, kind: str) -> list[str]:
        """The wrong line: a result, or an argument that is changed in place."""
        wrong = self._wrong
        if wrong is None or wrong.argument in self._ways.state:
            return []
        formula = self._formula(function, wrong.argument, kind)
        in_place = wrong.argument in (*self._ways.upstreams, *self._ways.parameters)
        target = f"{wrong.argument}[...]" if in_place else wrong.argument
        return [f"{target} = {formula}"] if formula else []

    # -- right lines -------------------------------------------------------------------------------

    def _lines(self, kind: str, wanted: Sequence[str], made: Sequence[str]) -> list[Line]:
        """The lines that lead to some names, in order; the names in ``made`` are there."""
        defining = self._ways.defining(kind, self._way)
        known = {*made, *self._given, *self._ways.parameters, *self._ways.upstreams}
        found: dict[str, Line] = {}

        def visit(name: str) -> None:
            if name in known or name in found or name not in defining:
                return
            line = defining[name]
            for read in sorted(line.reads):
                visit(read)
            found[name] = line

        for name in wanted:
            visit(name)
        return list(found.values())


def _indented(lines: Sequence[str] | Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield from textwrap.indent(line, "    ").splitlines()
