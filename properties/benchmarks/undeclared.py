"""How the open contract does on pieces of many styles: false alarms, mistakes seen, smallest error.

Run as ``python -m properties.benchmarks.undeclared [--examples N] [--only NAME]``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from properties.discovery.discovering import discover
from properties.discovery.found import Found, NotJudged
from properties.discovery.judging import judge_found
from properties.discovery.locating import RIGHT, WRONG, compare
from properties.discovery.session import Session
from properties.discovery.targets import LIMITS
from properties.discovery.trying import items_of, leaves_of, make_example, see
from properties.implementation import open_implementation, resolve_target
from properties.implementation.child.loading import EVERYTHING
from properties.tests.discovery.pieces import ASIDE, TUNED, Piece, read, written

_RELATIVE = 1e-9


@dataclass
class Counts:
    """What came out."""

    right: int = 0
    false_alarms: list[str] = field(default_factory=list)
    not_judged: list[str] = field(default_factory=list)
    examples: int = 0
    caught: int = 0
    missed: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    small_tried: int = 0
    small_seen: int = 0


def judge(source: str, folder: Path, counts: Counts | None, examples: int) -> dict[str, str]:
    """Judge a source; with counts, look for small errors in what is right too."""
    file = written(source, folder)
    told: dict[str, str] = {}
    target = resolve_target(str(file))
    with open_implementation(target, names=[EVERYTHING], limits=LIMITS) as implementation:
        session = Session(implementation)
        for one in discover(session):
            if isinstance(one, NotJudged):
                told[one.name] = "not judged"
                continue
            result = judge_found(one, session, examples=examples)
            told[one.name] = result.status
            if counts is not None:
                counts.examples += result.examples
                if result.status == "right" and not result.notes:
                    _small_errors(one, session, counts)
    return told


def _small_errors(found: Found, session: Session, counts: Counts) -> None:
    """Put one entry of each gradient off by a small relative error, and see whether it is told."""
    rng = np.random.default_rng(0)
    try:
        example = make_example(
            session, found.pairing, {**found.init, **found.args}, 0, 5, least=found.least
        )
        seen = [see(session, found.pairing, example, found.plan)]
    except Exception:
        return
    for leaf in leaves_of(seen, found.plan, found.reading) or ():
        for item in items_of(found.pairing, found.plan, seen):
            got = np.asarray(item.values[0], dtype=float)
            if compare(got, leaf.wanted[0], leaf.bounds[0]) != RIGHT or not np.any(got):
                continue
            place = tuple(rng.choice(np.argwhere(got != 0.0)))
            off = got.copy()
            off[place] *= 1.0 + _RELATIVE
            counts.small_tried += 1
            counts.small_seen += compare(off, leaf.wanted[0], leaf.bounds[0]) == WRONG
            break


def main() -> None:
    """Run the pieces and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=8)
    parser.add_argument("--only", default="")
    parser.add_argument("--aside", action="store_true", help="the pieces that were kept aside")
    given = parser.parse_args()
    counts, started = Counts(), time.perf_counter()
    pieces: list[Piece] = [
        p for p in read(ASIDE if given.aside else TUNED) if p.name.startswith(given.only)
    ]
    with tempfile.TemporaryDirectory() as folder:
        for piece in pieces:
            told = judge(piece.source, Path(folder), counts, given.examples)
            counts.right += list(told.values()).count("right")
            counts.false_alarms += [f"{piece.name}: {n}" for n, s in told.items() if s == "wrong"]
            counts.not_judged += [
                f"{piece.name}: {n}" for n, s in told.items() if s == "not judged"
            ]
            for index, change in enumerate(piece.changes):
                told = judge(piece.changed(index), Path(folder), None, 8)
                if "wrong" in told.values():
                    counts.caught += 1
                elif "not judged" in told.values():
                    counts.unsure.append(f"{piece.name}: {change[1]}")
                else:
                    counts.missed.append(f"{piece.name}: {change[1]}")
    print(f"{counts.right} functions right, {len(counts.not_judged)} not judged, in "
          f"{len(pieces)} pieces and {counts.examples} examples")  # fmt: skip
    print(f"false alarms: {counts.false_alarms or 'none'}")
    print(f"mistakes: {counts.caught} seen, {len(counts.unsure)} not judged, "
          f"{len(counts.missed)} missed")  # fmt: skip
    print(f"one entry off by {_RELATIVE:g}: {counts.small_seen} of {counts.small_tried} seen")
    for name in (*counts.not_judged, *counts.unsure, *counts.missed):
        print("  ", name)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
