"""The smallest error of one entry of one gradient that the suite sees.

``python -m properties.benchmarks.sensitivity`` takes well-conditioned random cases, puts one entry
of one right gradient off by a relative error, and counts how often the oracle objects on that case
alone. Well-conditioned means: values of order one; a gradient of at least three entries (below, an
error of 1e-9 cannot be told from arithmetic in float32, and is reported as such); an entry of at
least a tenth of the largest (a smaller one is what is left of terms that cancel); under the exact
oracle, an entry at which no margin is exactly zero.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from properties.benchmarks.sampling import draw, layers, make_probe, opened
from properties.judge.compare import exact as exactly
from properties.judge.subjects.functions import Probe
from properties.spec.case import Case, Run
from properties.spec.row import Purpose

SIZES = tuple(10.0**-k for k in range(6, 17))
ENOUGH = 0.95
# What must be seen; layers that are not named here must show 1e-12.
BARS = {
    "affine_relu": 1e-9,
    "affine_batchnorm_relu": 1e-9,
    "conv_bn_relu": 1e-10,
    "autoencoder": 1e-9,
    "gplvm": 1e-9,
    "log_determinant_term": 1e-9,
    "trace_term": 1e-9,
}
EXACT_BAR = 1e-15
# Batchnorm takes the mean away, so what was added before it has no gradient.
_ALWAYS_ZERO = {("affine_batchnorm_relu", "b")}


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """How often an error of each size was seen, of one layer under one oracle."""

    layer: str
    oracle: str
    bar: float
    tries: int
    caught: dict[float, int]

    @property
    def share(self) -> float:
        """Share of the tries in which an error of the bar's size was seen."""
        return self.caught[self.bar] / max(self.tries, 1)

    @property
    def smallest(self) -> float:
        """The smallest error that was seen in 95 % of the tries, and so was every larger one."""
        seen = np.inf
        for size in sorted(self.caught, reverse=True):
            if self.caught[size] < ENOUGH * self.tries:
                break
            seen = size
        return float(seen)


def measure(probe: Probe, purpose: Purpose, *, tries: int, seed: int) -> Sensitivity | None:
    """Plant errors of every size into right gradients; None where the layer has no such cases."""
    spec = probe.spec
    strategy = spec.cases(purpose)
    if strategy is None or spec.reference is None:
        return None
    exact = purpose is Purpose.INTEGER
    bar = EXACT_BAR if exact else BARS.get(spec.name, 1e-12)
    caught = dict.fromkeys(SIZES, 0)
    done, number = 0, 0
    while done < tries:
        rng = np.random.Generator(np.random.SFC64([seed, number]))
        case = draw(strategy, f"{seed}:{spec.name}:{number}")
        number += 1
        run = probe.now(probe.run(case))
        places = list(well_conditioned(probe, case, run, exact=exact))
        if not places:
            if number > 50 * tries:
                return None
            continue
        name, index = places[int(rng.integers(len(places)))]
        done += 1
        for size in SIZES:
            wrong = planted(run, name, index, size * float(rng.choice((-1.0, 1.0))))
            caught[size] += sees(probe, case, wrong, exact=exact)
    oracle = "exact arithmetic" if exact else "reference with bound"
    return Sensitivity(layer=spec.name, oracle=oracle, bar=bar, tries=tries, caught=caught)


def well_conditioned(
    probe: Probe, case: Case, run: Run, *, exact: bool
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The entries whose relative error means something: argument and index."""
    truth = exactly(probe.truth_of_gradients(case, run)) if exact else {}
    for name, gradient in run.gradients.items():
        if (probe.spec.name, name) in _ALWAYS_ZERO or (gradient.size < 3 and not exact):
            continue
        least = 0.1 * float(np.max(np.abs(gradient), initial=0.0))
        good = (gradient != 0.0) & (truth[name].error == 0.0 if exact else abs(gradient) >= least)
        for index in np.argwhere(good):
            yield name, tuple(int(i) for i in index)


def planted(run: Run, name: str, index: tuple[int, ...], relative: float) -> Run:
    """The run with one entry of one gradient off by a relative error."""
    gradient = np.array(run.gradients[name], dtype=np.float64)
    entry = gradient[index]
    off = entry + entry * relative
    if off == entry != 0.0 and abs(relative) >= 2.0**-53:  # less than one place: the next number
        off = np.nextafter(entry, np.copysign(np.inf, entry * relative))
    gradient[index] = off
    return replace(run, gradients={**run.gradients, name: gradient})


def sees(probe: Probe, case: Case, run: Run, *, exact: bool) -> bool:
    """Whether the oracle objects to the gradients of a run."""
    if not exact:
        return probe.wrong_gradient(case, run) is not None
    truth = exactly(probe.truth_of_gradients(case, run))
    return probe.find(case, dict(run.gradients), truth, prefix="d") is not None


def table(rows: Sequence[Sensitivity]) -> str:
    """The result in Markdown."""
    lines = [
        "| layer | oracle | bar | seen at the bar | seen in 95 % from |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.layer} | {row.oracle} | {row.bar:.0e} | {row.caught[row.bar]} of {row.tries}"
        f"{'' if row.share >= ENOUGH else ' **missed**'} | {row.smallest:.0e} |"
        for row in rows
    ]
    return "\n".join(lines)


def run(target: str, *, tries: int, seed: int, only: Sequence[str] = ()) -> list[Sensitivity]:
    """Measure every layer of a right implementation under both oracles."""
    suite = opened(target, in_process=True, only=only)
    try:
        found = [
            measure(make_probe(suite, spec), purpose, tries=tries, seed=seed)
            for spec in layers(suite)
            for purpose in (Purpose.SMOOTH, Purpose.INTEGER)
        ]
    finally:
        suite.close()
    return [row for row in found if row is not None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", default="bundled")
    parser.add_argument("--tries", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", default=[], metavar="LAYER")
    chosen = parser.parse_args(arguments)
    rows = run(chosen.target, tries=chosen.tries, seed=chosen.seed, only=chosen.only)
    print(table(rows))
    return 0 if all(row.share >= ENOUGH for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
