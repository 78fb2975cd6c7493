"""How often the cause of a wrong net, rule or solver is named, and named right.

``python -m properties.benchmarks.naming_objects [WORD …]`` plants one slip at a time into a right
homework and prints, for each, what was said of it; with words, of those alone whose name has one.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from properties.commands.job import Job
from properties.diagnosis import find_causes
from properties.judge.mismatch import Kind
from properties.judge.suite import by_row
from properties.spec.demands import Demands
from properties.tests.nets.slips import SLIPS, Slip


def causes_of(slip: Slip) -> list[str]:
    """The causes that are named where a slip was planted; ``not found`` where all is right."""
    demands = Demands(profile="quick", shrink=False)
    with tempfile.TemporaryDirectory() as folder:
        slip.plant(Path(folder))
        suite = Job(target=folder, demands=demands, only=frozenset({slip.function})).suite()
        try:
            for cells in by_row(suite.planned):
                suite.judge(cells)
        finally:
            suite.close()
    wrong = [v for v in suite.verdicts if v.status in ("fail", "error")]
    wrong = [v for v in wrong if v.kind is Kind.CORRECTNESS]
    if not wrong:
        return ["not found"]
    finder = find_causes(suite)
    found = (finder.of(verdict, suite.row(verdict.layer)) for verdict in wrong)
    return sorted({cause.misconception for cause in found if cause is not None})


def verdict(slip: Slip, causes: Iterable[str]) -> str:
    """``right``, ``misnamed`` or ``none``."""
    named = set(causes)
    if not named:
        return "none"
    return "right" if named <= set(slip.causes) else "misnamed"


def main() -> None:
    """Print the table and the shares."""
    words = sys.argv[1:]
    count: Counter[str] = Counter()
    for slip in SLIPS:
        if words and not any(word in slip.name for word in words):
            continue
        causes = causes_of(slip)
        said = verdict(slip, causes)
        count[said] += 1
        print(f"{said:8} {slip.function:28} {slip.name:48} {'; '.join(causes)}", flush=True)
    total = sum(count.values())
    print(", ".join(f"{count[k]} of {total} {k}" for k in ("right", "misnamed", "none")))


if __name__ == "__main__":
    main()
