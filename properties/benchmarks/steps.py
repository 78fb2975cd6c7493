"""Measure the step debugger: right styles, planted mistakes, pairs of mistakes, time.

Run ``python -m properties.benchmarks.steps`` from the checkout. A planted mistake that raises, or
that leaves every gradient as it was, is no mistake and is drawn again. Two mistakes of which one
leaves the other without effect are no pair.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from properties.layers import ALL
from properties.steps import Report, StepsError, debug
from properties.steps.evidence.gather import gather
from properties.steps.rewrite.session import InProcess, Session
from properties.steps.rewrite.source import open_project
from properties.steps.subjects import of_row, rows_named
from properties.steps.values import Array
from properties.tests.steps.zoo import Planted, Style, mutants, sample, styles


def judge(style: Style, text: str, *, seed: int = 0, repair: bool = True) -> Report:
    """Debug a text as the file that the contract expects."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / style.file
        path.write_text(text, encoding="utf-8")
        return debug(
            str(path),
            style.label,
            make_runner=InProcess,
            seed=seed,
            seconds=3_600.0,  # the clock decides nothing here
            shrink=False,
            repair=repair,
        )


def is_wrong(report: Report) -> bool:
    """Whether a returned gradient is wrong."""
    return any(g.status == "wrong" for g in report.gradients)


def right_styles() -> list[tuple[Style, Report]]:
    """Debug every unplanted style."""
    return [(style, judge(style, style.text)) for style in styles()]


def planted(number: int, seed: int, *, verbose: bool = False) -> list[tuple[Planted, Report]]:
    """Debug `number` planted mistakes, evenly over styles and operators."""
    every = [one for style in styles() for one in mutants(style)]
    found: list[tuple[Planted, Report]] = []
    for one in sample(every, 4 * number, seed):
        try:
            report = judge(one.style, one.text)
        except (StepsError, SyntaxError):
            continue
        if not is_wrong(report):
            continue
        found.append((one, report))
        if verbose and not named(one, report):
            first = report.first_wrong
            print(
                f"  {one.style.layer}/{one.style.name} line {one.line} [{one.operator}]: "
                f"{one.was}  ->  {one.now}\n      said: line "
                f"{None if first is None else first.line}: {report.verdict[:160]}",
                flush=True,
            )
        if len(found) == number:
            break
    return found


def named(one: Planted, report: Report) -> bool:
    """Whether the planted line is the first wrong step."""
    return report.first_wrong is not None and report.first_wrong.line == one.line


def pairs(number: int, seed: int, *, verbose: bool = False) -> list[tuple[bool, str]]:
    """Plant two mistakes into one backward: are both lines named?"""
    rng = random.Random(seed)
    found: list[tuple[bool, str]] = []
    all_styles = styles()
    while len(found) < number:
        style = rng.choice(all_styles)
        every = list(mutants(style))
        if len(every) < 2:
            continue
        one, two = rng.sample(every, 2)
        if one.line == two.line or not (_matters(one) and _matters(two)):
            continue
        lines = one.text.splitlines()
        lines[two.line - 1] = two.text.splitlines()[two.line - 1]
        if _hides(style, "\n".join(lines) + "\n", one.text, two.text):
            continue
        try:
            report = judge(style, "\n".join(lines) + "\n")
        except StepsError:
            continue
        if not is_wrong(report):
            continue
        lines_said = {m.line for m in report.mistakes}
        good = {one.line, two.line} <= lines_said
        text = f"{style.layer}/{style.name} {one.line}: {one.now} & {two.line}: {two.now}"
        found.append((good, text))
        if verbose and not good:
            print(f"  {text}\n      said {sorted(lines_said)}: {report.verdict[:160]}", flush=True)
    return found


def _matters(one: Planted) -> bool:
    try:
        return is_wrong(judge(one.style, one.text, repair=False))
    except StepsError:
        return False


def _hides(style: Style, both: str, one: str, two: str) -> bool:
    """Whether one of two mistakes makes the other without effect."""
    try:
        together = _gradients(style, both)
        return any(
            all(np.array_equal(together[name], alone[name]) for name in together)
            for alone in (_gradients(style, one), _gradients(style, two))
        )
    except (StepsError, KeyError):
        return True


def _gradients(style: Style, text: str) -> Mapping[str, Array]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / style.file
        path.write_text(text, encoding="utf-8")
        project = open_project(str(path))
        subject = of_row(project, *rows_named(ALL, style.label)[0])
        with Session(project, subject.pair, InProcess()) as session:
            return gather(session, subject, subject.sizes[:1]).traces[0].gradients


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mistakes", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", action="store_true")
    chosen = parser.parse_args(arguments)
    start = time.perf_counter()
    right = right_styles()
    for style, report in right:
        if report.mistakes or is_wrong(report) or report.judged_share < 1:
            unjudged = [(s.line, s.name, s.reason) for s in report.steps if s.status != "right"]
            print(f"  {style.layer}/{style.name}: {report.verdict[:70]} {unjudged}")
    false = sum(bool(r.mistakes) or any(s.status == "wrong" for s in r.steps) for _, r in right)
    lines = sum(r.judged_share for _, r in right) / len(right)
    print(
        f"unplanted: {len(right)} styles, something wrong said of {false}, "
        f"{lines:.1%} of the lines judged ({time.perf_counter() - start:.0f} s)",
        flush=True,
    )
    start = time.perf_counter()
    results = planted(chosen.mistakes, chosen.seed, verbose=chosen.verbose)
    hits = sum(named(one, report) for one, report in results)
    by_operator = Counter(one.operator for one, _ in results)
    good = Counter(one.operator for one, report in results if named(one, report))
    print(
        f"planted: {hits} of {len(results)} first named ({hits / max(len(results), 1):.1%}); "
        + ", ".join(f"{k} {good[k]}/{n}" for k, n in sorted(by_operator.items()))
        + f" ({time.perf_counter() - start:.0f} s)",
        flush=True,
    )
    with_cause = sum(
        bool(r.mistakes) and r.mistakes[0].cause != "no known cause" for _, r in results
    )
    print(f"with a cause: {with_cause} of {len(results)}")
    if chosen.pairs:
        both = pairs(chosen.pairs, chosen.seed, verbose=chosen.verbose)
        print(f"pairs: both named in {sum(g for g, _ in both)} of {len(both)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
