"""How often the diagnosis names the planted misconception.

    python -m properties.benchmarks.naming [--only ROW,…]

Every entry of the catalogue is planted into every style; the fresh cases alone decide, without the
search for a failing example. What a run of the suite adds is measured by ``power``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

from ..diagnosis import observe_with_parts
from ..diagnosis.cause import Finder
from ..diagnosis.finding import Diagnosis
from ..diagnosis.habits import shown_by
from ..diagnosis.observation import fresh_cases
from ..implementation import open_implementation, resolve_target
from ..judge.asking import Questions
from ..judge.mismatch import Disagreement, Kind
from ..judge.property import Property
from ..judge.subject import prepare
from ..judge.verdict import Verdict
from ..layers import ALL as SPECS
from ..layers import MISCONCEPTIONS as CATALOGUE
from ..spec.case import Case
from ..spec.demands import Demands
from ..spec.misconception import Misconception
from ..spec.row import LayerSpec, Purpose
from .plants import STYLES, plant


def cause_of(entry: Misconception, style: str, spec: LayerSpec) -> tuple[Diagnosis | None, float]:
    """Plant an entry and ask for the cause; also how long that took."""
    fresh_cases(spec)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layers.py"
        path.write_text(plant(style, entry), encoding="utf-8")
        target = resolve_target(str(path))
        with open_implementation(
            target, names=list(spec.functions), in_process=True
        ) as implementation:
            subject = prepare(spec, implementation, Demands(profile="quick"))
            observed = observe_with_parts(subject)
            case = next((c for c in fresh_cases(spec) if entry.when in ("", spec.kind_of(c))), None)
            verdict = verdict_of(entry, spec, case)
            started = time.perf_counter()
            cause = Finder(lambda row: observed[row.name]).of(verdict, spec)
            return cause, time.perf_counter() - started


def _asks_nothing(probe: object, case: Case, rng: object) -> Questions[None]:
    yield from ()


def verdict_of(entry: Misconception, spec: LayerSpec, case: Case | None) -> Verdict:
    """What a run would say of a planted entry, on one case."""
    declared = Property(
        name="planted",
        kind=Kind.CORRECTNESS,
        purpose=Purpose.ORDINARY,
        judges="both",
        body=_asks_nothing,
        applies=lambda spec: True,
    )
    shown = shown_by(entry, spec)
    found = Disagreement(
        function=entry.function,
        sentence=shown or "is wrong",
        oracle="planted",
        argument="" if shown else entry.argument,
        case=case,
    )
    return Verdict(declared=declared, layer=spec.name, functions=spec.functions, disagreement=found)


def judged(entry: Misconception, cause: Diagnosis | None) -> str:
    """Right, equal (another formula with the same values), a relation, wrong, or none."""
    if cause is None:
        return "none"
    if cause.key == entry.key:
        return "right"
    if f"; so does: {entry.name}" in cause.evidence or f"; {entry.name}" in cause.evidence:
        return "equal"
    return "wrong" if cause.key else "relation"


def main() -> None:
    """Measure, and list what is not named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--styles", default=",".join(STYLES))
    parser.add_argument("--only", default="", help="rows")
    options = parser.parse_args()
    count: Counter[str] = Counter()
    slowest = 0.0
    rows = options.only.split(",") if options.only else [spec.name for spec in SPECS]
    for entry in CATALOGUE:
        if entry.layer not in rows:
            continue
        spec = next(spec for spec in SPECS if spec.name == entry.layer)
        if entry.kind is Kind.ROBUSTNESS and not shown_by(entry, spec):
            continue  # equal on ordinary cases
        for style in options.styles.split(","):
            cause, seconds = cause_of(entry, style, spec)
            verdict = judged(entry, cause)
            count[f"{entry.kind.value} {verdict}"] += 1
            slowest = max(slowest, seconds)
            if verdict not in ("right", "equal"):
                said = cause.sentence if cause else ""
                print(f"{verdict}: {entry.key} ({style}) {said}")
    print(dict(count), f"slowest {slowest:.2f} s")


if __name__ == "__main__":
    main()
