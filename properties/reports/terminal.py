"""The terminal report: one line a layer, one panel per wrong function, one line that sums up.

A run that passes fits on a screen. Nothing but a script's unbreakable line is wider than the
console.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ..record.listing import Listing
from ..record.schema import Function, Property, Record
from .arrays import scalar
from .blocks import array_lines, columns, entry_lines
from .first_line import first_line
from .matrix import matrix
from .matrix_lines import matrix_lines
from .overview import overview_lines
from .page import COLOUR, Page
from .phrases import (
    cause,
    found_by,
    location,
    of_class,
    remarks,
    seen,
    sentence,
    summary,
    values,
)
from .text import SYMBOL, counted, fold_code, no_command

PANELS = 12  # wrong functions shown in full
ListingOf = Callable[[Function], Listing | None]
_AGAIN = "To judge just this again:"


def render_terminal(
    record: Record,
    console: Console,
    *,
    table: bool = False,
    every: bool = False,
    grid: bool = False,
    script: bool = False,
    listing_of: ListingOf | None = None,
) -> None:
    """Print the report of a record.

    Parameters
    ----------
    record : Record
        The record of a run.
    console : rich.console.Console
        Where to print; its width, colours and encoding are respected.
    table : bool
        Also print the table argument, ratio, difference, analytical, numerical, per function.
    every : bool
        Show every failing property in full, not just the one per function that says most.
    grid : bool
        Also print the matrix layers × properties.
    script : bool
        Also print the script that repeats a failure.
    listing_of : callable
        Gives the lines of a function, in place of the record; it may take its time, what comes
        before them is printed already.
    """
    page = _Report(record, console, script=script)
    page.listing_of = listing_of or record.listing_of
    for line in page.lines(table=table, every=every, grid=grid):
        line.plain = no_command(line.plain)
        console.print(line, soft_wrap=True, highlight=False, markup=False, emoji=False)


def panel_text(record: Record, function: Function, *, width: int = 100) -> str:
    """The panel of one wrong function as plain text, without a title."""
    console = Console(file=io.StringIO(), width=width, force_terminal=False, color_system=None)
    lines = _Report(record, console, script=False).body(function, every=False)
    return "\n".join(no_command(line.plain) for line in lines)


class _Report(Page):
    """Makes the lines of one report."""

    def __init__(self, record: Record, console: Console, *, script: bool) -> None:
        super().__init__(console)
        self.record = record
        self.with_script = script
        self.listing_of: ListingOf = record.listing_of

    def lines(self, *, table: bool, every: bool, grid: bool) -> Iterator[Text]:
        """All lines from the first to the summary."""
        record = self.record
        if not record.functions:
            yield from self.fit("Nothing was checked: the record holds no function.")
            yield from self.remarks()
            yield from self.summary()
            return
        yield from overview_lines(self, record)
        if grid:
            yield Text()
            yield from matrix_lines(self, matrix(record))
        wrong = list(record.with_status("fail", "error"))
        follow = [] if every else [f for f in wrong if f.because]
        wrong = [f for f in wrong if f not in follow]
        for function in wrong if every else wrong[:PANELS]:
            yield from self.panel(function, every=every)
        if not every and len(wrong) > PANELS:
            rest = wrong[PANELS:]
            yield from self.rule(f"{counted(len(rest), 'more wrong function')}", "fail")
            for function in rest:
                yield from self.mark("fail", f"{function.name}: {sentence(function)}")
        for place, function in enumerate(follow):
            if not place:
                yield Text()
            yield from self.mark("fail", f"{function.name}: {function.blame}")
        if table:
            yield from self.tables()
        yield from self.remarks()
        yield from self.summary()

    # panels ------------------------------------------------------------------------------

    def panel(self, function: Function, *, every: bool) -> Iterator[Text]:
        """Everything about one wrong function."""
        yield from self.rule(function.name, function.status)
        yield from self.body(function, every=every)

    def body(self, function: Function, *, every: bool) -> Iterator[Text]:
        """What is wrong, where, why, and the numbers."""
        failures = function.failures
        yield from self.fit(sentence(function), style="bold")
        if function.detail and function.detail not in sentence(function):
            yield from self.fit(function.detail, style="dim")
        if function.file:
            yield from self.fit(location(function), style="dim")
        shown = failures if every else failures[:1]
        for number, prop in enumerate(shown):
            yield Text()
            if number:
                yield from self.mark(prop.shown, f"{prop.title}: {prop.sentence}")
            yield from self.evidence(prop, None if number else function)
        if not failures:
            yield from self.beside(function)
        rest = [self.short(prop) for prop in failures[len(shown) :]]
        if rest:
            more = f" and {len(rest) - 8} more" if len(rest) > 8 else ""
            yield from self.fit(f"Also failing: {', '.join(rest[:8])}{more}")

    def short(self, prop: Property) -> str:
        """One property in one line."""
        where = f" ({prop.argument})" if prop.argument else ""
        return f"{prop.title}{where}{of_class(prop, ', {}')}"

    def evidence(self, prop: Property, function: Function | None) -> Iterator[Text]:
        """Cause, example, arrays, script and the command that repeats it."""
        if prop.cause is not None:
            yield from self.fit(cause(prop, sure=True))
            if prop.cause.evidence:
                yield from self.fit(f"Evidence: {prop.cause.evidence}", indent=2, style="dim")
            if told := seen(prop):
                yield from self.fit(told, indent=2, style="dim")
        yield from self.fit(found_by(prop))
        room = self.width - 2
        # The script holds the inputs with every digit; they are not shown twice.
        shown = self.with_script and prop.script
        for name, value in () if shown else prop.inputs.items():
            for line in array_lines(name, value, room):
                yield Text("  " + self.encode(line), style="dim")
        compared = entry_lines(prop, room)
        for line in compared:
            yield self.coloured(line)
        if not compared and (numbers := values(prop)):
            yield from self.fit(numbers, indent=2)
        if prop.one_sided is not None:
            sides = prop.one_sided
            told = f"left {scalar(sides.left)}, right {scalar(sides.right)}"
            told += f", got {scalar(sides.got)}" if sides.got is not None else ""
            yield from self.fit(f"One-sided slopes at the kink: {told}", indent=2)
        if prop.traceback:
            yield from self.quoted("Traceback:", prop.traceback, 12)
        if function is not None:
            yield from self.beside(function)
        yield from self.script(prop)

    def coloured(self, line: str) -> Text:
        """Paint the marked entries of a line of numbers."""
        text = Text("  " + self.encode(line))
        text.highlight_regex(r"\S+ ?◀|\S+\*", COLOUR["fail"])
        return text

    def beside(self, function: Function) -> Iterator[Text]:
        """What is known of a function beside its failures: what it printed, its lines."""
        if function.printed:
            yield from self.quoted("It printed:", function.printed, 6)
        yield from self.listing(function)

    def listing(self, function: Function) -> Iterator[Text]:
        """The first wrong line of a function."""
        found = self.listing_of(function)
        if found is None:
            return
        yield Text()
        for line in first_line(found):
            line = self.encode(line.replace(SYMBOL["fail"], self.symbol["fail"]))
            if cell_len(line) <= self.width:
                yield Text(line)
            else:
                yield from self.fit(line.lstrip(), indent=len(line) - len(line.lstrip()))

    def quoted(self, title: str, text: str, most: int) -> Iterator[Text]:
        """The first lines of a traceback or of what the implementation printed."""
        lines = text.strip("\n").split("\n")
        yield from self.fit(title)
        for line in lines[:most]:
            yield from self.fit("| " + line[: 3 * self.width], indent=2, style="dim")
        if len(lines) > most:
            yield from self.fit(
                f"({counted(len(lines) - most, 'more line')})", indent=2, style="dim"
            )

    def script(self, prop: Property) -> Iterator[Text]:
        """The command that repeats it, and last the script, at the left edge to be pasted."""
        more = " --script" if prop.script and not self.with_script else ""
        if prop.repeat:
            yield Text()
            told = "To judge just this again, with a script to paste:" if more else _AGAIN
            yield from self.fit(told)
            yield from self.fit(prop.repeat + more, indent=2)
        if not prop.script or not self.with_script:
            return
        folded = fold_code(prop.script, self.width).split("\n")
        yield Text()
        yield from self.fit("# Paste this into a file and run it:", style="dim")
        if len(folded) > 60:
            told = f"# {len(folded)} lines: too long to show here, it is in the JSON record"
            yield from self.fit(told, style="dim")
            return
        for line in folded:
            yield Text(self.encode(line), style="cyan")

    # the rest ----------------------------------------------------------------------------

    def tables(self) -> Iterator[Text]:
        """Argument, ratio, difference, analytical, numerical, as in paramz' checkgrad."""
        heads = ("argument", "ratio", "difference", "analytical", "numerical")
        for function in self.record.functions:
            rows = [row for prop in function.properties for row in prop.table]
            if not rows:
                continue
            cells = [heads, *(tuple(scalar(getattr(row, h)) for h in heads) for row in rows)]
            yield from self.rule(f"{function.name}: analytical, numerical", function.status)
            for place, line in enumerate(columns(cells)):
                yield Text(self.encode(line)[: self.width], style="dim" if place == 0 else "")

    def remarks(self) -> Iterator[Text]:
        """What is reported without counting, what is missing, and the run's notes."""
        for place, (status, text) in enumerate(remarks(self.record)):
            if not place:
                yield Text()
            yield from self.mark(status, text)

    def summary(self) -> Iterator[Text]:
        """The last line."""
        status = {"pass": "pass", "fail": "fail"}.get(self.record.verdict, "error")
        yield Text()
        for line in self.mark(status, summary(self.record)):
            yield Text(line.plain, style=COLOUR[status])
