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
        # With less in a line two may fit beside each other.
        narrow = [_Grid(page, every, _LETTERS, left_out=n) for n in range(3)]
        grid = next((one for one in narrow if many and one.abreast > 1), narrow[0])
    lines = [grid.line(layer.status, layer.name, grid.numbers(layer)) for layer in every]
    height = -(-len(lines) // (grid.abreast if many else 1))
    columns = [lines[start : start + height] for start in range(0, len(lines), height)]
    head = grid.line("", "layer", grid.heads)
    head.stylize("dim")
    yield Text("  ").join([head] * len(columns))
    for place in range(height):
        yield Text("  ").join(column[place] for column in columns if place < len(column))
    if grid.heads[-1] in _LETTERS:
        meant = (f"{k} {_WORDS[_LETTERS.index(k)]}" for k in grid.heads)
        yield from page.fit(", ".join(meant), style="dim")


class _Grid:
    """The columns of the table: as wide as what stands in them.

    With ``left_out`` seconds have one digit less, and with 2 the functions are left out as well.
    """

    def __init__(
        self, page: Page, every: Sequence[Layer], heads: tuple[str, ...], left_out: int = 0
    ) -> None:
        self.page = page
        self.first, self.digits = int(left_out > 1), 2 - (left_out > 0)
        timed = any(layer.seconds is not None for layer in every)
        self.heads = heads[self.first : None if timed else -1]
        self.between = 1 if heads is _LETTERS else 2
        rows = [self.heads, *map(self.numbers, every)]
        self.sizes = [max(map(len, column)) for column in zip(*rows, strict=False)]
        numbers = sum(self.sizes) + self.between * len(self.sizes)
        longest = max(cell_len(page.encode(layer.name)) for layer in every)
        self.name = max(5, min(longest, page.width - numbers - 2))
        self.width = 2 + self.name + numbers

    @property
    def abreast(self) -> int:
        """How many fit beside each other."""
        return max(1, (self.page.width + 2) // (self.width + 2))

    def numbers(self, layer: Layer) -> tuple[str, ...]:
        """What stands in the columns."""
        seconds = "" if layer.seconds is None else _short(layer.seconds, self.digits)
        told = map(str, (layer.functions, layer.properties, layer.examples))
        return (*told, seconds)[self.first :]

    def line(self, status: str, title: str, values: Sequence[str]) -> Text:
        """A symbol, a name and what stands in the columns."""
        symbol = self.page.symbol[status] if status else " "
        made = Text.assemble((symbol + " ", COLOUR.get(status, "")))
        made.append(pad(self.page.encode(title), self.name))
        for value, size in zip(values, self.sizes, strict=False):
            made.append(" " * self.between + value.rjust(size))
        return made


def _short(seconds: float, digits: int = 2) -> str:
    """Some digits after the point, none from ten seconds on."""
    return f"{seconds:.{digits}f}" if seconds < 10 else f"{seconds:.0f}"
