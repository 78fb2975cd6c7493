"""How the open contract does on pieces of many styles: false alarms, and mistakes seen.

Run as ``python -m properties.benchmarks.undeclared [--examples N] [--only NAME]``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from properties.discovery.discovering import discover
from properties.discovery.found import NotJudged
from properties.discovery.judging import judge_found
from properties.discovery.session import Session
from properties.discovery.targets import LIMITS
from properties.implementation import open_implementation, resolve_target
from properties.implementation.child.loading import EVERYTHING
from properties.tests.discovery.pieces import ASIDE, REAL, TUNED, Piece, read, written


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
    return told


def main() -> None:
    """Run the pieces and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=8)
    parser.add_argument("--only", default="")
    parser.add_argument("--aside", action="store_true", help="the pieces that were kept aside")
    parser.add_argument("--real", action="store_true", help="the pieces in the manner of courses")
    given = parser.parse_args()
    counts, started = Counts(), time.perf_counter()
    pieces: list[Piece] = [
        p
        for p in read(ASIDE if given.aside else REAL if given.real else TUNED)
        if p.name.startswith(given.only)
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
    for name in (*counts.not_judged, *counts.unsure, *counts.missed):
        print("  ", name)
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
