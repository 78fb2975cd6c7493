"""How often the diagnosis names the planted misconception.

    python -m properties.benchmarks.naming

Every entry of the catalogue is planted into every style; the fresh cases alone decide, without the
search for a failing example. What a run of the suite adds is measured by ``power``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

from ..diagnosis.catalogue import ALL as CATALOGUE
from ..diagnosis.cause import Causes
from ..diagnosis.diagnose import Diagnosis
from ..diagnosis.misconception import Misconception
from ..diagnosis.observation import fresh_cases
from ..diagnosis.plant import STYLES, plant, style_source
from ..implementation import open_implementation, resolve_target
from ..judge.asking import Questions
from ..judge.mismatch import Disagreement, Kind
from ..judge.property import Property
from ..judge.verdict import Verdict
from ..layers import ALL as SPECS
from ..spec.case import Case
from ..spec.row import LayerSpec, Purpose

_HABITS = {
    "dout": "changes dout",
    "x": "changes x",
    "seed": "the same seed gives another mask",
    "rng": "touches the global random state",
}


def cause_of(entry: Misconception, style: str, spec: LayerSpec) -> tuple[Diagnosis | None, float]:
    """Plant an entry and ask for the cause; also how long that took."""
    fresh_cases(spec)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layers.py"
        path.write_text(plant(style_source(style), entry), encoding="utf-8")
        target = resolve_target(str(path))
        with open_implementation(
            target, names=list(spec.functions), in_process=True
        ) as implementation:
            causes = Causes(implementation, {spec.name: None}, set())
            case = next((c for c in fresh_cases(spec) if _concerns(entry, c)), None)
            verdict = _verdict(entry, spec, case)
            started = time.perf_counter()
            cause = causes.of(verdict, spec)
            return cause, time.perf_counter() - started


def _concerns(entry: Misconception, case: object) -> bool:
    from ..diagnosis.observation import when_of

    return isinstance(case, Case) and entry.when in ("", when_of(case))


def _asks_nothing(probe: object, case: Case, rng: object) -> Questions[None]:
    yield from ()


def _verdict(entry: Misconception, spec: LayerSpec, case: object) -> Verdict:
    declared = Property(
        name="planted",
        kind=Kind.CORRECTNESS,
        purpose=Purpose.ORDINARY,
        judges="both",
        body=_asks_nothing,
        applies=lambda spec: True,
    )
    found = Disagreement(
        function=entry.function,
        sentence=_HABITS.get(entry.argument, "is wrong"),
        oracle="planted",
        argument="" if entry.argument in _HABITS else entry.argument,
        case=case if isinstance(case, Case) else None,
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
    options = parser.parse_args()
    count: Counter[str] = Counter()
    slowest = 0.0
    for entry in CATALOGUE:
        if entry.kind is Kind.ROBUSTNESS and entry.argument not in _HABITS:
            continue  # equal on ordinary cases
        spec = next(spec for spec in SPECS if spec.name == entry.layer)
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
