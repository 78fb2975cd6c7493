"""A run on one screen: one line a layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from ..record.schema import Function, Record, Shown
from .matrix import layer_status
from .page import COLOUR, Page, pad
from .text import WORD, counted

SCREEN = 24  # layers that stand below each other; more stand in columns where they fit
_WORDS = ("functions", "properties", "examples", "seconds")
_LETTERS = ("f", "p", "e", "s")


@dataclass(frozen=True, kw_only=True)
class Layer:
    """What is said of a layer in one line; ``found`` where nobody declared it."""

    name: str
    status: Shown
    functions: int
    properties: int
    examples: int
    seconds: float | None
    found: str = ""


def layers(record: Record) -> list[Layer]:
    """One for each layer of a record, but those of which nothing is there."""
    made = []
    for name in record.layers:
        functions = [f for f in record.functions if f.layer == name]
        status = layer_status(functions)
        if status != "missing":
            made.append(_layer(record, name, functions, status))
    return made


def _layer(record: Record, name: str, functions: Sequence[Function], status: Shown) -> Layer:
    # A property speaks of several functions of a row, and was asked once.
    asked = {(f.row, p.name): p.examples for f in functions for p in f.properties}
    rows = dict.fromkeys(f.row for f in functions)
    times = [record.seconds[row] for row in rows if row in record.seconds]
    return Layer(
        name=name,
        status=status,
        functions=len([f for f in functions if f.status != "missing"]),
        properties=len(asked),
        examples=sum(asked.values()),
        seconds=sum(times) if times else None,
        found=functions[0].found,
    )


def overview_lines(page: Page, record: Record) -> Iterator[Text]:
    """One line a layer; then what nobody declared, each with what it was taken for."""
    every = layers(record)
    declared = [layer for layer in every if not layer.found]
    if declared:
        yield from _table(page, declared)
    for layer in every:
        if layer.found:
            told = [f"{layer.found}: {WORD[layer.status]}", counted(layer.examples, "example")]
            told += [] if layer.seconds is None else [f"{_short(layer.seconds)} s"]
            yield from page.mark(layer.status, " · ".join(told))


def _table(page: Page, every: Sequence[Layer]) -> Iterator[Text]:
    """The layers below each other with words above; where they are many, in columns."""
    many = len(every) > SCREEN
    grid = _Grid(page, every, _WORDS)
    if many or grid.width > page.width:
        grid = _Grid(page, every, _LETTERS)
    lines = [grid.line(layer.status, layer.name, _numbers(layer)) for layer in every]
    abreast = max(1, (page.width + 2) // (grid.width + 2)) if many else 1
    height = -(-len(lines) // abreast)
    columns = [lines[start : start + height] for start in range(0, len(lines), height)]
    head = grid.line("", "layer", grid.heads)
    head.stylize("dim")
    yield Text("  ").join([head] * len(columns))
    for place in range(height):
        yield Text("  ").join(column[place] for column in columns if place < len(column))
    if grid.heads[0] in _LETTERS:
        meant = (f"{k} {w}" for k, w in zip(grid.heads, _WORDS, strict=False))
        yield from page.fit(", ".join(meant), style="dim")


class _Grid:
    """The columns of the table: as wide as what stands in them."""

    def __init__(self, page: Page, every: Sequence[Layer], heads: tuple[str, ...]) -> None:
        timed = any(layer.seconds is not None for layer in every)
        self.page = page
        self.heads = heads if timed else heads[:-1]
        self.between = 1 if heads is _LETTERS else 2
        rows = [self.heads, *map(_numbers, every)]
        self.sizes = [max(map(len, column)) for column in zip(*rows, strict=False)]
        numbers = sum(self.sizes) + self.between * len(self.sizes)
        longest = max(cell_len(page.encode(layer.name)) for layer in every)
        self.name = max(5, min(longest, page.width - numbers - 2))
        self.width = 2 + self.name + numbers

    def line(self, status: str, title: str, values: Sequence[str]) -> Text:
        """A symbol, a name and what stands in the columns."""
        symbol = self.page.symbol[status] if status else " "
        made = Text.assemble((symbol + " ", COLOUR.get(status, "")))
        made.append(pad(self.page.encode(title), self.name))
        for value, size in zip(values, self.sizes, strict=False):
            made.append(" " * self.between + value.rjust(size))
        return made


def _numbers(layer: Layer) -> tuple[str, ...]:
    seconds = "" if layer.seconds is None else _short(layer.seconds)
    return (*map(str, (layer.functions, layer.properties, layer.examples)), seconds)


def _short(seconds: float) -> str:
    """Two digits after the point, none from ten seconds on."""
    return f"{seconds:.2f}" if seconds < 10 else f"{seconds:.0f}"
