"""How often `nndl check` names the planted line of a wrong function, and what it costs.

    python -m properties.benchmarks.first_lines --number 200 --seed 0

Misconceptions of the catalogue that are a wrong gradient are planted into right code of three
styles; for each, the line is looked for as `nndl check` does, in the same time, and held against
the line that was planted.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..commands.first_lines import SECONDS, Asked, look
from ..commands.job import Job
from ..layers import ALL, MISCONCEPTIONS
from ..record.listing import Listing
from ..spec.demands import Demands
from ..spec.misconception import Misconception
from .plants import STYLES, plant

ROWS = {row.name: row for row in ALL if row.ways is not None and row.inputs}


def gradients() -> list[Misconception]:
    """The misconceptions that are a wrong gradient, planted as a line of their own."""
    return [
        one
        for one in MISCONCEPTIONS
        if one.layer in ROWS
        and one.kind.value == "correctness"
        and one.function == ROWS[one.layer].judge_of_gradients
        and one.argument.removeprefix("d") in ROWS[one.layer].differentiable
        and not one.plant
    ]


def planted(number: int, seed: int) -> Iterator[tuple[Misconception, str]]:
    """Draw misconceptions and styles."""
    every = [(one, style) for one in gradients() for style in STYLES]
    random.Random(seed).shuffle(every)
    yield from every[:number]


def lines_of(text: str, one: Misconception) -> list[int]:
    """The lines that hold the planted formula; in a loss with several kinds of calls, each."""
    wanted = f"{one.argument} = {one.formula}".split("\n")[0].strip()
    return [n for n, line in enumerate(text.splitlines(), 1) if line.strip() == wanted]


def judge(one: Misconception, style: str, most: float | None = None) -> tuple[Listing, list[int]]:
    """The lines as `nndl check` would show them, and those that were planted."""
    text = plant(style, one)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layers.py"
        path.write_text(text, encoding="utf-8")
        asked = Asked(
            function=one.function,
            row=one.layer,
            arguments=frozenset({one.argument.removeprefix("d")}),
        )
        job = Job(target=str(path), demands=Demands(profile="quick"), in_process=True)
        return look(asked, job, most=most), lines_of(text, one)


def outcome(found: Listing, lines: Sequence[int]) -> str:
    """What came of it: the planted line was ``named``, ``another``, ``none``, or they disagree."""
    if found.disagrees:
        return "disagreement"
    if not found.mistakes:
        return "none"
    return "named" if found.mistakes[0].line in lines else "another"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="a row")
    chosen = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    taken: list[float] = []
    every = planted(10**6 if chosen.only else chosen.number, chosen.seed)
    for one, style in every:
        if chosen.only not in ("", one.layer):
            continue
        started = time.process_time()
        found, lines = judge(one, style, most=600.0)
        taken.append(time.process_time() - started)
        told = outcome(found, lines)
        counts[told] += 1
        if told != "named":
            said = found.disagrees or found.verdict
            print(f"  {told}: {one.key} [{style}], planted {lines}: {said}", flush=True)
        if sum(counts.values()) == chosen.number:
            break
    total, order = sum(counts.values()), sorted(taken)
    print(
        f"{counts['named']} of {total} planted lines named ({counts['named'] / total:.1%}); "
        f"another {counts['another']}, none {counts['none']}, "
        f"check and steps disagree {counts['disagreement']}"
    )
    print(
        f"seconds of a processor: half within {order[total // 2]:.2f}, 95 % within "
        f"{order[int(0.95 * (total - 1))]:.2f}, most {order[-1]:.2f} (budget {SECONDS:g})"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
