"""Lines of text no wider than a console: what every part of the terminal report is made with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from .text import ASCII, SYMBOL, wrap

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
_PLAIN = str.maketrans("·–…×", "|-~x")
WIDEST = 100  # columns, whatever the terminal has


class Page:
    """Makes lines as a console can show them: of its width, in its encoding.

    Every status has a symbol of its own, so nothing is lost without colour.
    """

    def __init__(self, console: Console) -> None:
        self.width = max(30, min(WIDEST, console.width))
        self.unicode = _can_encode("✔✘–·─…×", console.encoding)
        self.symbol = SYMBOL if self.unicode else ASCII

    def fit(self, text: str, *, indent: int = 0, style: str = "") -> Iterator[Text]:
        """Wrap text to the width, continuation lines indented."""
        room = self.width - indent
        for paragraph in self.encode(text).split("\n"):
            for part in wrap(paragraph, room):
                yield Text(" " * indent + part, style=style)

    def encode(self, text: str) -> str:
        """Make text that the console's encoding can write."""
        if self.unicode:
            return text
        return text.translate(_PLAIN).encode("ascii", "backslashreplace").decode()

    def mark(self, status: str, text: str) -> Iterator[Text]:
        """A symbol and a text next to it."""
        for place, line in enumerate(self.fit(text, indent=2)):
            if place == 0:
                yield Text(self.symbol[status] + " ", style=COLOUR[status]) + Text(line.plain[2:])
            else:
                yield line

    def rule(self, title: str, status: str) -> Iterator[Text]:
        """An empty line and a title with a line to the right edge."""
        title = self.encode(title)
        bar = "─" if self.unicode else "-"
        if cell_len(title) > self.width - 6:
            title = pad(title, self.width - 7) + ("…" if self.unicode else "~")
        head = f"{bar * 2} {self.symbol[status]} {title} "
        yield Text()
        yield Text(head + bar * max(0, self.width - cell_len(head)), style=COLOUR[status])


def pad(text: str, width: int) -> str:
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
