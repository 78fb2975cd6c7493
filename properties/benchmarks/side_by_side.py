"""This suite beside other gradient checkers: the same bugs, the same right code, the same inputs.

``python -m properties.benchmarks.side_by_side --page docs/side-by-side.md`` plants the catalogue's
mistakes and takes the wrong functions of the homework zoo, shows each to every checker that is
installed, and counts kills, false alarms, the smallest error seen, and time. A checker kills a bug
when it objects to it on an input on which it accepts two right implementations.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from properties.benchmarks.inputs import ROWS
from properties.benchmarks.rivals import RIVALS
from properties.benchmarks.side_by_side_bench import Bench, Bug, Score, Shapes, bugs, smallest_error
from properties.benchmarks.side_by_side_page import page


def run(
    *, every: int, zoo: bool, shapes: Shapes, tries: int, rivals: Sequence[str] = (), jobs: int = 1
) -> tuple[Bench, list[Bug]]:
    """The whole comparison, its rows dealt out to processes."""
    chosen = [r for r in RIVALS if r.installed and (not rivals or r.name in rivals)]
    planted_bugs = bugs(every=every, zoo=zoo)
    shares = [
        Share(rivals=[r.name for r in chosen], shapes=shapes, bugs=own, rows=rows)
        for own, rows in _dealt(planted_bugs, jobs)
    ]
    bench = Bench(chosen, shapes)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:  # torch has threads
        for scores in pool.map(counted, shares):
            bench.add(scores)
        if tries:
            smallest = pool.map(smallest_of, [r.name for r in chosen], repeat(tries))
            for rival, error in zip(chosen, smallest, strict=True):
                bench.scores[rival.name].smallest = error
    return bench, planted_bugs


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one process counts: some rows, with their bugs and their right code."""

    rivals: Sequence[str]
    shapes: Shapes
    bugs: Sequence[Bug]
    rows: Sequence[str]


def _dealt(planted: Sequence[Bug], jobs: int) -> list[tuple[list[Bug], list[str]]]:
    """The bugs by row, the rows with the most first, each to the share that has the fewest."""
    numbers = Counter(bug.row for bug in planted)
    shares: list[list[str]] = [[] for _ in range(jobs)]
    for row in sorted(ROWS, key=lambda row: -numbers[row]):
        min(shares, key=lambda rows: sum(numbers[r] for r in rows)).append(row)
    return [([bug for bug in planted if bug.row in rows], rows) for rows in shares]


def counted(share: Share) -> dict[str, Score]:
    """Show the bugs and the right inputs of a share to every checker."""
    bench = Bench([r for r in RIVALS if r.name in share.rivals], share.shapes)
    for number, bug in enumerate(share.bugs):
        with contextlib.redirect_stdout(io.StringIO()):
            bench.show(bug)
        if number % 20 == 0:
            print(f"{number} of {len(share.bugs)} bugs", file=sys.stderr, flush=True)
    bench.right_inputs(share.rows)
    return bench.scores


def smallest_of(name: str, tries: int) -> float:
    """The smallest error that a checker sees, over three rows."""
    (rival,) = (r for r in RIVALS if r.name == name)
    bench = Bench([rival], Shapes(fast=1, slow=1))
    return smallest_error(bench, rival, tries=tries, rows=("affine", "batchnorm", "softmax"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison and print its page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", metavar="FILE", help="write the page there")
    parser.add_argument("--every", type=int, default=1, help="take every n-th bug only")
    parser.add_argument("--no-zoo", action="store_true", help="planted bugs only")
    parser.add_argument("--shapes", type=int, default=100, help="inputs a bug and regime")
    parser.add_argument("--slow-shapes", type=int, default=30, help="for checkers above 30 ms")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--tries", type=int, default=20, help="for the smallest error; 0 for none")
    parser.add_argument("--rival", action="append", default=[], help="this checker alone")
    chosen = parser.parse_args(arguments)
    for rival in RIVALS:
        if not rival.installed:
            print(f"{rival.name}: skipped, {rival.needs} is not installed")
    bench, planted_bugs = run(
        every=chosen.every,
        zoo=not chosen.no_zoo,
        shapes=Shapes(fast=chosen.shapes, slow=chosen.slow_shapes),
        tries=chosen.tries,
        rivals=chosen.rival,
        jobs=chosen.jobs,
    )
    options = (
        f"--every {chosen.every} --shapes {chosen.shapes} --slow-shapes {chosen.slow_shapes} "
        f"--tries {chosen.tries} --page docs/side-by-side.md"
    )
    text = page(bench, planted_bugs, options)
    print(text)
    if chosen.page:
        Path(chosen.page).write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
