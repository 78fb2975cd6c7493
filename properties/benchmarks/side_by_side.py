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
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from properties.benchmarks.rivals import RIVALS, properties
from properties.benchmarks.side_by_side_bench import REGIMES, Bench, Bug, bugs, smallest_error
from properties.benchmarks.side_by_side_page import page


def run(
    *, every: int, zoo: bool, shapes: int, slow_shapes: int, tries: int, rivals: Sequence[str] = ()
) -> tuple[Bench, list[Bug]]:
    """The whole comparison."""
    chosen = [r for r in RIVALS if r.installed and (not rivals or r.name in rivals)]
    bench = Bench(chosen, shapes=shapes, slow_shapes=slow_shapes)
    planted_bugs = bugs(every=every, zoo=zoo)
    for number, bug in enumerate(planted_bugs):
        with contextlib.redirect_stdout(io.StringIO()):
            bench.show(bug)
        print(f"\r{number + 1} of {len(planted_bugs)} bugs", end="", file=sys.stderr, flush=True)
    for rival in chosen:  # false alarms: every input, killed early or not
        for regime in REGIMES:
            for row in bench.right:
                for number in range(bench.count(rival, regime)):
                    bench.accepts_right(rival, row, regime, number)
        print(f"\r{rival.name}: inputs done", file=sys.stderr, flush=True)
        if rival.accepts is properties:  # they run the code again, without the planted error
            bench.scores[rival.name].smallest = np.nan
        elif tries:
            bench.scores[rival.name].smallest = smallest_error(
                bench, rival, tries=tries, rows=("affine", "batchnorm", "softmax")
            )
    return bench, planted_bugs


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison and print its page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", metavar="FILE", help="write the page there")
    parser.add_argument("--every", type=int, default=1, help="take every n-th bug only")
    parser.add_argument("--no-zoo", action="store_true", help="planted bugs only")
    parser.add_argument("--shapes", type=int, default=100, help="inputs a bug and regime")
    parser.add_argument("--slow-shapes", type=int, default=20, help="the same for slow checkers")
    parser.add_argument("--tries", type=int, default=20, help="for the smallest error; 0 for none")
    parser.add_argument("--rival", action="append", default=[], help="this checker alone")
    chosen = parser.parse_args(arguments)
    for rival in RIVALS:
        if not rival.installed:
            print(f"{rival.name}: skipped, {rival.needs} is not installed")
    bench, planted_bugs = run(
        every=chosen.every,
        zoo=not chosen.no_zoo,
        shapes=chosen.shapes,
        slow_shapes=chosen.slow_shapes,
        tries=chosen.tries,
        rivals=chosen.rival,
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
