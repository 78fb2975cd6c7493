"""How often the first wrong line is named in code that nobody declared, and what it costs.

    python -m properties.benchmarks.found_lines [--aside] [--only NAME] [--folder FOLDER]

The wrong pieces are those of the open contract; a folder of pairs ``NAME/right.py`` and
``NAME/wrong.py`` is added to them. A line that is missing counts as named by the line before it or
after it.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..commands.first_lines import SECONDS, asked_of_found, look
from ..commands.job import Job
from ..commands.undeclared import Search, judge_undeclared
from ..implementation import resolve_target
from ..record.listing import Listing
from ..spec.demands import Demands
from ..tests.discovery.pieces import ASIDE, TUNED, read


@dataclass(frozen=True)
class Wrong:
    """A wrong source, and the lines that make it so."""

    name: str
    source: str
    lines: frozenset[int]


def changed(right: str, wrong: str) -> frozenset[int]:
    """The lines of a wrong source that differ from the right one, the neighbours of what lacks."""
    old, new = right.split("\n"), wrong.split("\n")
    found: set[int] = set()
    for tag, _, _, start, end in difflib.SequenceMatcher(None, old, new, False).get_opcodes():
        if tag == "equal":
            continue
        lacks = tag == "delete" or any(line.strip() == "pass" for line in new[start:end])
        found |= set(range(start, end + 2)) if lacks else set(range(start + 1, end + 1))
    return frozenset(found)


def statement(source: str, line: int) -> set[int]:
    """The lines of the simple statement that begins in a line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and node.lineno == line and not hasattr(node, "body"):
            return set(range(line, (node.end_lineno or line) + 1))
    return {line}


def pieces(folder: str | None, name: str = TUNED) -> Iterator[Wrong]:
    """All wrong sources; cells of notebooks have no lines of one file."""
    for piece in read(name):
        if "# %%" in piece.source:
            continue
        for index in range(len(piece.changes)):
            source = piece.changed(index)
            name = f"{piece.name}: {piece.changes[index][1]}"
            yield Wrong(name, source, changed(piece.source, source))
    for path in sorted(Path(folder).glob("*/wrong.py")) if folder else ():
        source = path.read_text(encoding="utf-8")
        right = path.with_name("right.py").read_text(encoding="utf-8")
        yield Wrong(path.parent.name, source, changed(right, source))


def judge(one: Wrong, folder: Path) -> tuple[str, Listing | None, float]:
    """What came of it: ``named``, ``another``, ``none``, ``disagreement``, ``not followed``,
    ``not wrong``."""
    file = folder / "piece.py"
    file.write_text(one.source, encoding="utf-8")
    demands = Demands(profile="quick")
    found = judge_undeclared(Search(target=resolve_target(str(file)), demands=demands))
    is_wrong = any(result.status == "wrong" for result in found.results)
    told: tuple[str, Listing | None, float] = (
        "not followed" if is_wrong else "not wrong",
        None,
        0.0,
    )
    for asked in asked_of_found(found.results):
        job = Job(target=str(file), demands=demands, in_process=True)
        started = time.process_time()
        listing = look(asked, job, most=600.0)
        taken = time.process_time() - started
        if listing.disagrees:
            outcome = "disagreement"
        elif not listing.mistakes:
            outcome = "none"
        else:
            named = statement(one.source, listing.mistakes[0].line)
            outcome = "named" if one.lines & named else "another"
        if told[0] != "named":
            told = outcome, listing, taken
    return told


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--aside", action="store_true", help="the pieces that were kept aside")
    parser.add_argument("--folder", help="pairs NAME/right.py, NAME/wrong.py")
    chosen = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for one in pieces(chosen.folder, ASIDE if chosen.aside else TUNED):
            if not one.name.startswith(chosen.only):
                continue
            outcome, listing, taken = judge(one, Path(folder))
            counts[outcome] += 1
            times.append(taken)
            if outcome != "named":
                said = "" if listing is None else listing.disagrees or listing.verdict
                print(f"  {outcome}: {one.name!r} {sorted(one.lines)}: {said}", flush=True)
    asked = sum(counts.values()) - counts["not wrong"]
    print(f"{counts['named']} of {asked} first wrong lines named: {dict(counts)}")
    times.sort()
    print(
        f"seconds of a processor: half within {times[len(times) // 2]:.2f}, 95 % within "
        f"{times[int(0.95 * (len(times) - 1))]:.2f}, most {times[-1]:.2f} (budget {SECONDS:g})"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
