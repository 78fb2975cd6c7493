"""The page of the side-by-side comparison, in Markdown."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from properties.benchmarks.side_by_side_bench import CLASSES, REGIMES, SUITE, Bench, Bug

_SHOWN = 8  # survivors that are named


def page(bench: Bench, bugs: Sequence[Bug], options: str) -> str:
    """Everything, with how it was measured."""
    parts = [
        "# Side by side",
        f"Made by `python -m properties.benchmarks.side_by_side {options}`.",
        _how(bench, bugs),
        "## Bugs killed, by class",
        _kills(bench, bugs),
        "## False alarms on right code",
        "Two right implementations, the same inputs; an exception counts as an alarm.",
        *(_alarms(bench, regime) for regime in REGIMES),
        "## The smallest error seen, and time",
        "One entry of one gradient of affine, batchnorm or softmax off by a relative power of ten,"
        " at random shapes: the smallest that is seen in 95 % of the tries, and so is every larger"
        " one. Time is the mean of one verdict at the inputs of this page.",
        _rest(bench),
        "## What each misses at random shapes",
        *(_missed(name, bench, bugs, REGIMES[1]) for name in _with_inputs(bench)),
        "With its every property, at its own cases and 25 examples a property:",
        _missed(SUITE, bench, bugs, REGIMES[2]),
        "## How each was used",
        "\n".join(f"- **{rival.name}**: {rival.how}." for rival in bench.rivals),
    ]
    return "\n\n".join(parts)


def _with_inputs(bench: Bench) -> list[str]:
    return [rival.name for rival in bench.rivals]


def _how(bench: Bench, bugs: Sequence[Bug]) -> str:
    kinds = Counter(bug.kind for bug in bugs)
    counted = ", ".join(f"{number} wrong {kind}s" for kind, number in kinds.items())
    versions = []
    for name in ("numpy", "scipy", "torch", "jax", "autograd", "numdifftools"):
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"{name} not installed")
    return (
        f"{len(bugs)} wrong forward/backward pairs: {counted}. Wrong values are wrong outputs of a "
        "forward, with the right code's backward; wrong states are running statistics, masks and "
        "seeds. A checker kills a bug when it objects to it on an input on which it accepts two "
        "right implementations. Fixed inputs: one case a layer, the largest of thirty. "
        f"Random shapes: {bench.shapes.fast} cases of normal values ({bench.shapes.slow} for "
        "the checkers that take more than some 30 ms). The suite's cases: as many, from its own "
        "strategies, with uneven scales, offsets, ties and kinks. All in float64, every checker at "
        f"its defaults, in one run with Python {platform.python_version()}, {', '.join(versions)}."
    )


def _kills(bench: Bench, bugs: Sequence[Bug]) -> str:
    totals = Counter(bug.kind for bug in bugs)
    heads = [f"{regime}: {kind}" for regime in REGIMES for kind in (*CLASSES, "all")]
    lines = [f"| checker | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
    total = ["", *(str(totals[k]) for k in CLASSES), str(len(bugs))]
    lines.append(f"| *bugs* | {' | '.join(total[1:] * len(REGIMES))} |")
    for name, score in bench.scores.items():
        entries = []
        for regime in REGIMES:
            numbers = [len(score.kills[regime][kind]) for kind in CLASSES]
            asked = name in _with_inputs(bench) or regime == REGIMES[-1]
            entries += [str(n) if asked else "" for n in (*numbers, sum(numbers))]
        lines.append(f"| {name} | {' | '.join(entries)} |")
    return "\n".join(lines)


def _alarms(bench: Bench, regime: str) -> str:
    lines = [f"| checker, {regime} | alarms | inputs | per million |", "|---|---|---|---|"]
    for name in _with_inputs(bench):
        score = bench.scores[name]
        alarms, inputs = score.alarms[regime], score.inputs[regime]
        million = f"{1e6 * alarms / max(inputs, 1):,.0f}"
        lines.append(f"| {name} | {alarms} | {inputs} | {million} |")
    return "\n".join(lines)


def _rest(bench: Bench) -> str:
    lines = ["| checker | smallest error | ms of processor time a verdict |", "|---|---|---|"]
    for name in _with_inputs(bench):
        score = bench.scores[name]
        small = f"{score.smallest:.0e}" if np.isfinite(score.smallest) else "none"
        if np.isnan(score.smallest):
            small = "not asked"
        lines.append(f"| {name} | {small} | {1e3 * score.seconds / max(score.checks, 1):.1f} |")
    return "\n".join(lines)


def _missed(name: str, bench: Bench, bugs: Sequence[Bug], regime: str) -> str:
    killed = set().union(*bench.scores[name].kills[regime].values())
    alive = [bug for bug in bugs if bug.name not in killed]
    if not alive:
        return f"- **{name}**: none."
    rows = Counter(f"{bug.row} {bug.kind}" for bug in alive)
    where = ", ".join(f"{number} × {row}" for row, number in rows.most_common())
    some = "; ".join(bug.name for bug in alive[:_SHOWN])
    return f"- **{name}**: {len(alive)} ({where}). Among them: {some}."
