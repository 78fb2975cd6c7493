"""What the terminal shows, word for word, in the files beside this one.

The records are kept too, so that the files change when the report does and not when a row is
added. After a change, ``python -m properties.tests.reports.test_golden`` writes the texts again:
look at each.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from properties.record.schema import Record, read
from properties.reports.terminal import render_terminal

from .samples import all_right

HERE = Path(__file__).resolve().parent / "golden"
# The layers of both courses.
NAMES = (HERE / "names.txt").read_text(encoding="utf-8").split()
PIPE = 100  # the width of what goes into a pipe or the log of a CI system
CASES = [
    *((name, width) for name in ("passing", "wrong") for width in (60, 80, PIPE, 120)),
    ("undeclared", 60),
    ("undeclared", 80),
]


def record_of(name: str) -> Record:
    if name == "passing":
        return all_right(NAMES)
    return read((HERE / f"{name}.json").read_bytes())


def shown(name: str, width: int, *, encoding: str = "utf-8", colour: bool = False) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    system = "standard" if colour else None
    console = Console(file=stream, width=width, force_terminal=colour, color_system=system)  # type: ignore[arg-type]
    render_terminal(record_of(name), console)
    stream.flush()
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize(("name", "width"), CASES)
def test_it_is_as_it_was_looked_at(name: str, width: int) -> None:
    text = shown(name, width)
    assert text == (HERE / f"{name}-{width}.txt").read_text(encoding="utf-8")
    assert max(map(cell_len, text.split("\n"))) <= min(width, 100)


def test_without_unicode() -> None:
    text = shown("wrong", 80, encoding="ascii")
    assert text == (HERE / "wrong-80-ascii.txt").read_text(encoding="utf-8")


def test_with_colours() -> None:
    text = shown("wrong", 80, colour=True)
    assert text == (HERE / "wrong-80-colour.txt").read_text(encoding="utf-8")


def test_a_passing_run_of_all_rows_fits_a_screen() -> None:
    lines = (HERE / "passing-80.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    assert len(lines) <= 40
    assert "PASS" in lines[-1]


if __name__ == "__main__":
    texts = {f"{name}-{width}": shown(name, width) for name, width in CASES}
    texts["wrong-80-ascii"] = shown("wrong", 80, encoding="ascii")
    texts["wrong-80-colour"] = shown("wrong", 80, colour=True)
    for name, text in texts.items():
        (HERE / f"{name}.txt").write_text(text, encoding="utf-8", newline="\n")
