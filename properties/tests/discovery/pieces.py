"""Right pieces of hand-written derivatives, and small changes that make each of them wrong."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

TUNED = "pieces.txt"
REAL = "pieces_real.txt"  # in the manner of courses and textbooks
ASIDE = "pieces_aside.txt"  # written without sight of the code that judges them
_CELL = "# %%\n"


@dataclass(frozen=True)
class Piece:
    """A source, and what makes it wrong: pairs of old and new text."""

    name: str
    source: str
    changes: tuple[tuple[str, str], ...]

    def changed(self, index: int) -> str:
        """The source with one mistake."""
        old, new = self.changes[index]
        assert old in self.source, (self.name, old)
        return self.source.replace(old, new, 1)


def read(name: str = TUNED) -> tuple[Piece, ...]:
    """Read the pieces of one of the files here, or of another by its whole path."""
    found = []
    path = Path(__file__).parent / name
    for block in re.split(r"^== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, rest = block.partition("\n")
        lines = rest.split("\n")
        source = "\n".join(line for line in lines if not line.startswith("-- "))
        changes = [line[3:] for line in lines if line.startswith("-- ")]
        found.append(Piece(name, source, tuple(_change(text) for text in changes)))
    return tuple(found)


def written(source: str, folder: Path) -> Path:
    """Write a source into a file, or its cells into a notebook; give the path."""
    if _CELL not in source:
        path = folder / "piece.py"
        path.write_text(source, encoding="utf-8")
        return path
    plain: dict[str, object] = {"cell_type": "code", "metadata": {}}
    plain |= {"execution_count": None, "outputs": []}
    cells = [{**plain, "source": text} for text in source.split(_CELL)[1:]]
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    path = folder / "piece.ipynb"
    path.write_text(json.dumps(book), encoding="utf-8")
    return path


def _change(text: str) -> tuple[str, str]:
    old, _, new = (text if " => " in text else text + " ").partition(" => ")
    return old.replace("\\n", "\n"), new.replace("\\n", "\n")
