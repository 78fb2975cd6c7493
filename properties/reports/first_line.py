"""The first wrong line of a function: where it is, what it holds, and what would make it right."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import PurePath

import numpy as np

from ..record.listing import Listing, Mistake
from .arrays import numbers
from .phrases import at
from .text import SYMBOL, apart

_MARK = f"{SYMBOL['fail']} "


def first_line(listing: Listing) -> list[str]:
    """What is known of the first wrong line, as lines of plain text; the first says where it is.

    Where no line can be named, the one line says why.
    """
    told = [f"! {listing.disagrees}"] if listing.disagrees else []
    if not listing.mistakes:
        return told or [f"No line can be named: {listing.verdict}"]
    first = listing.mistakes[0]
    name = PurePath(first.file or listing.file).name
    found = [f"First wrong line: {at(name, first.line, first.cell)}", *code(first)]
    if value := entry(first):
        found.append(f"  {value}")
    said = first.cause.partition("; it would be right")[0]
    if said and said != "no known cause" and not said.startswith("it would be right"):
        found.append(f"  {called(first)}: {said}")
    if first.better:
        found.append(f"  right with: {first.better}")
    elif first.suspects:
        near = lines([(n, None) for n in dict.fromkeys(first.suspects)])
        verb = "feed" if near.startswith("lines") else "feeds"
        found.append(f"  {near} {verb} it and cannot be judged alone")
    if others := listing.mistakes[1:]:
        found.append(f"  wrong independently of it: {lines([(m.line, m.cell) for m in others])}")
    return found + [f"  {one}" for one in told]


def lines(places: Sequence[tuple[int, int | None]]) -> str:
    """Some lines, with their cells: ``line 3``, ``lines 3, 5``, ``cell 2:3, cell 4:5``."""
    if all(cell is None for _, cell in places):
        many = "s" if len(places) > 1 else ""
        return f"line{many} {', '.join(str(line) for line, _ in places)}"
    return ", ".join(f"cell {cell}:{line}" for line, cell in places)


def code(mistake: Mistake) -> list[str]:
    """The lines around a mistake with their numbers, the wrong one marked."""
    plain = textwrap.dedent("\n".join(line.text for line in mistake.around)).split("\n")
    return [
        f"  {line.line:>4} {_MARK if line.line == mistake.line else '  '}{text}".rstrip()
        for line, text in zip(mistake.around, plain, strict=False)
    ]


def entry(mistake: Mistake) -> str:
    """The entry that is most off: what it is, and what it should be."""
    got, wanted = numbers(mistake.got), numbers(mistake.wanted)
    if got is None or wanted is None or not got.size:
        return ""
    if got.shape != wanted.shape:
        return f"{called(mistake)} has shape {got.shape}, should have {wanted.shape}"
    off = np.abs(got - wanted)
    place = np.unravel_index(int(np.argmax(np.where(np.isnan(off), np.inf, off))), got.shape)
    index = f"[{', '.join(str(int(i)) for i in place)}]" if got.ndim else ""
    is_, should = apart(float(got[place]), float(wanted[place]))
    return f"{called(mistake)}{index} is {is_}, should be {should}"


def called(mistake: Mistake) -> str:
    """The name of what is wrong; an expression that is returned has none."""
    return "the value" if mistake.name.startswith("returned ") else mistake.name
