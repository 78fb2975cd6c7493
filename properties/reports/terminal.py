"""The terminal report: a matrix, one panel per wrong function, one line that sums up.

Every status has a symbol of its own, so nothing is lost without colour. Nothing but a script's
unbreakable line is wider than the console.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ..record.schema import Function, Property, Record
from .arrays import scalar
from .blocks import array_lines, columns, entry_lines
from .matrix import Column, Matrix, matrix
from .phrases import cause, found_by, lines_of, of_class, remarks, sentence, summary, values
from .text import ASCII, SYMBOL, WORD, counted, fold_code, no_command, wrap

COLOUR: Mapping[str, str] = {
    "pass": "green",
    "fail": "bold red",
    "error": "bold magenta",
    "inconclusive": "yellow",
    "skipped": "dim",
    "missing": "dim",
    "noted": "yellow",
    "none": "dim",
}
WIDEST = 100  # columns, whatever the terminal has
_KEYS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
PANELS = 12  # wrong functions shown in full


def render_terminal(
    record: Record,
    console: Console,
    table: bool = False,
    *,
    every: bool = False,
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
    """
    page = _Page(record, console)
    for line in page.lines(table=table, every=every):
        line.plain = no_command(line.plain)
        console.print(line, soft_wrap=True, highlight=False, markup=False, emoji=False)


class _Page:
    """Makes the lines of one report; each line is a ``Text`` no wider than ``width``."""

    def __init__(self, record: Record, console: Console) -> None:
        self.record = record
        self.width = max(30, min(WIDEST, console.width))
        self.unicode = _can_encode("✔✘–·─…×", console.encoding)
        self.symbol = SYMBOL if self.unicode else ASCII

    def lines(self, *, table: bool, every: bool) -> Iterator[Text]:
        """All lines from the first to the summary."""
        record = self.record
        if not record.functions:
            yield from self.fit("Nothing was checked: the record holds no function.")
            yield from self.remarks()
            yield from self.summary()
            return
        yield from self.matrix(matrix(record))
        wrong = record.with_status("fail", "error")
        for function in wrong if every else wrong[:PANELS]:
            yield from self.panel(function, every=every)
        if not every and len(wrong) > PANELS:
            rest = wrong[PANELS:]
            yield from self.rule(f"{counted(len(rest), 'more wrong function')}", "fail")
            for function in rest:
                yield from self.mark("fail", f"{function.name}: {sentence(function)}")
        if table:
            yield from self.tables()
        yield from self.remarks()
        yield from self.summary()

    # pieces ------------------------------------------------------------------------------

    def fit(self, text: str, *, indent: int = 0, style: str = "") -> Iterator[Text]:
        """Wrap text to the width, continuation lines indented."""
        room = self.width - indent
        for paragraph in self.encode(text).split("\n"):
            for part in wrap(paragraph, room):
                yield Text(" " * indent + part, style=style)

    def encode(self, text: str) -> str:
        """Make text that the console's encoding can write."""
        return text if self.unicode else text.encode("ascii", "backslashreplace").decode()

    def mark(self, status: str, text: str, indent: int = 0) -> Iterator[Text]:
        """A symbol and a text next to it."""
        for place, line in enumerate(self.fit(text, indent=indent + 2)):
            if place == 0:
                head = Text(" " * indent + self.symbol[status] + " ", style=COLOUR[status])
                yield head + Text(line.plain[indent + 2 :])
            else:
                yield line

    def rule(self, title: str, status: str) -> Iterator[Text]:
        """An empty line and a title with a line to the right edge."""
        title = self.encode(title)
        bar = "─" if self.unicode else "-"
        if cell_len(title) > self.width - 6:
            title = _pad(title, self.width - 7) + ("…" if self.unicode else "~")
        head = f"{bar * 2} {self.symbol[status]} {title} "
        yield Text()
        yield Text(head + bar * max(0, self.width - cell_len(head)), style=COLOUR[status])

    # matrix ------------------------------------------------------------------------------

    def matrix(self, found: Matrix) -> Iterator[Text]:
        """Layers × properties; columns are lettered, and the letters explained below.

        Rows that share no property stand apart, under letters of their own.
        """
        name = min(max((cell_len(r) for r in found.rows), default=5), max(12, self.width // 3))
        for place, part in enumerate(found.parts()):
            if place:
                yield Text()
            cell = 2 if len(part.columns) <= len(_KEYS) else 4
            fit = max(1, (self.width - name - 3) // cell)
            for start in range(0, len(part.columns) or 1, fit):
                block = part.columns[start : start + fit]
                yield from self.matrix_block(part, block, start, name, cell)
            yield from self.legend(part)
        yield from self.symbols(found)

    def matrix_block(
        self, found: Matrix, block: tuple[Column, ...], start: int, name: int, cell: int
    ) -> Iterator[Text]:
        """The columns that fit beside each other."""
        if block:
            head = Text(" " * (name + 3), style="dim")
            for place, _ in enumerate(block, start=start):
                head.append(f"{_key(place):>{cell}}", style="dim")
            yield head
        for row in found.rows:
            line = Text()
            status = found.layer[row]
            line.append(self.symbol[status] + " ", style=COLOUR[status])
            line.append(_pad(self.encode(row), name) + " ")
            for column in block:
                state = found.cell(row, column)
                line.append(" " * (cell - 1))
                line.append(self.symbol[state], style=COLOUR[state])
            if not block:
                line.append(" " + WORD[status], style=COLOUR[status])
            line.rstrip()
            yield line

    def legend(self, found: Matrix) -> Iterator[Text]:
        """What the letters mean, class by class."""
        yield Text()
        for cls in dict.fromkeys(c.cls for c in found.columns):
            # A no-break space keeps a letter and its name on one line.
            names = [
                f"{_key(place)} {c.title}".replace(" ", "\u00a0")
                for place, c in enumerate(found.columns)
                if c.cls == cls
            ]
            for place, line in enumerate(wrap(", ".join(names), self.width - 13)):
                text = self.encode(line.replace("\u00a0", " "))
                yield Text(f"{cls if place == 0 else '':<12.12} {text}", style="dim")

    def symbols(self, found: Matrix) -> Iterator[Text]:
        """The symbols in use, and what they mean."""
        used = {found.layer[row] for row in found.rows} | set(found.cells.values()) | {"none"}
        keys = [f"{self.symbol[s]} {WORD[s]}" for s in SYMBOL if s in used]
        yield Text()
        yield from self.fit("   ".join(keys), style="dim")

    # panels ------------------------------------------------------------------------------

    def panel(self, function: Function, *, every: bool) -> Iterator[Text]:
        """Everything about one wrong function."""
        failures = function.failures
        yield from self.rule(function.name, function.status)
        yield from self.fit(sentence(function), style="bold")
        if function.detail and function.detail != sentence(function):
            yield from self.fit(function.detail, style="dim")
        if function.file:
            line = f":{function.line}" if function.line else ""
            yield from self.fit(f"{function.file}{line}", style="dim")
        shown = failures if every else failures[:1]
        for place, prop in enumerate(shown):
            yield Text()
            if place:
                yield from self.mark(prop.shown, f"{prop.title}: {prop.sentence}")
            yield from self.evidence(prop, None if place else function)
        if not failures:
            yield from self.beside(function)
        rest = failures[len(shown) :]
        if rest:
            yield Text()
            yield from self.fit("Also failing:")
            for prop in rest[:8]:
                yield from self.mark(prop.shown, self.short(prop))
            if len(rest) > 8:
                yield from self.fit(f"and {len(rest) - 8} more", indent=2)

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
        yield from self.fit(found_by(prop))
        room = self.width - 2
        # The script holds the inputs with every digit; they are not shown twice.
        for name, value in () if prop.script else prop.inputs.items():
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
        """What is known of each line of a function."""
        found = self.record.listing_of(function)
        if found is None:
            return
        yield from self.fit(f"Line by line: {found.verdict}")
        for line in lines_of(found):
            why = f"   # {line.why}" if line.why else ""
            yield from self.mark(line.status, f"{line.number:>4} {line.text}{why}", indent=2)

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
        if prop.repeat:
            yield Text()
            yield from self.fit("To judge just this again:")
            yield from self.fit(prop.repeat, indent=2)
        if not prop.script:
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
        for place, line in enumerate(self.mark(status, summary(self.record))):
            yield line if place else Text(line.plain, style=COLOUR[status])


def _key(place: int) -> str:
    """The letter of a column; its number when there are more columns than letters."""
    return _KEYS[place] if place < len(_KEYS) else str(place + 1)


def _pad(text: str, width: int) -> str:
    """Cut or fill to a width in terminal cells."""
    while cell_len(text) > width:
        text = text[:-1]
    return text + " " * (width - cell_len(text))


def _can_encode(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True
