"""The proof of power: every misconception planted into right code, and what kills it.

    python -m properties.benchmarks.power --seeds 20 --matrix 3 --json power.json
    python -m properties.benchmarks.power --into power.json --lacking --json power.json
    python -m properties.benchmarks.power --into power.json --only - --page docs/power.md

Each entry of the catalogue is planted into three right implementations of different style and
judged at the standard profile. The first seed of the first ``--matrix`` styles runs every
property, for the kill matrix; everything else stops at the first kill. The cause is asked for
after the first seed of every style. Results are saved now and then; ``--lacking`` goes on with an
interrupted run. A plant is loaded once for all its seeds: neither the styles nor the formulas keep
anything between calls, and the sample that finds the reading is fixed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from ..diagnosis import find_causes, observe_with_parts
from ..diagnosis.observation import fresh_cases, observe_cases
from ..implementation import open_implementation, resolve_target
from ..judge.mismatch import Kind
from ..judge.property import Property
from ..judge.subjects.functions import Probe
from ..judge.suite import Suite
from ..judge.verdict import Verdict, counts
from ..layers import ALL as SPECS
from ..layers import MISCONCEPTIONS as CATALOGUE
from ..spec.case import Case
from ..spec.demands import Demands
from ..spec.misconception import Misconception
from ..spec.row import LayerSpec, ObjectSpec
from .plants import STYLES, plant, style_source
from .power_page import page, summary


@dataclass(kw_only=True)
class Result:
    """What happened to one planted module over the seeds."""

    key: str
    style: str
    kind: str
    layer: str
    function: str
    argument: str
    kills: dict[str, int] = field(default_factory=dict)  # property: examples until the kill
    killed: int = 0
    seeds: int = 0
    first: str = ""
    alive: list[int] = field(default_factory=list)
    named: str = ""
    cause: str = ""
    verdict: str = ""
    seconds_diagnosis: float = 0.0
    seconds: float = 0.0
    note: str = ""


def spec_of(row: str) -> LayerSpec:
    """The declaration of a row."""
    return next(spec for spec in SPECS if spec.name == row)


def make_suite(path: Path, spec: LayerSpec, seed: int, profile: str) -> Suite:
    """A suite over one row of one file, in this process, without shrinking."""
    target = resolve_target(str(path))
    return Suite(
        open_implementation=lambda: open_implementation(
            target, names=list(spec.functions), in_process=True
        ),
        specs=(spec,),
        demands=Demands(profile=profile, seed=seed, shrink=False),
        observe=observe_with_parts,
    )


def with_seed(prepared: Suite, seed: int) -> Suite:
    """A fresh suite of another seed over an implementation that is loaded and prepared."""
    return replace(
        prepared,
        demands=replace(prepared.demands, seed=seed),
        verdicts=[],
        observations={},
        faults=dict(prepared.faults),
        broken=[],
    )


def properties_of(spec: LayerSpec) -> list[Property]:
    """Every property that says something of a row, correctness first."""
    from ..checks import all_properties

    found = [p for p in all_properties() if p.concerns(spec)]
    return sorted(found, key=lambda p: p.kind is not Kind.CORRECTNESS)


def is_kill(verdict: Verdict | None, kind: str, habits: Collection[str] = ()) -> bool:
    """Whether a verdict tells of a planted entry of a class, and not of a style's own habits."""
    if verdict is None:
        return False
    if kind == "correctness":
        return counts(verdict, strict=False)
    return counts(verdict, strict=True) and verdict.declared.name not in habits


@cache
def habits_of(style: str, row: str, profile: str) -> frozenset[str]:
    """The properties that find something at a right style, under ``--strict``, with no plant."""
    spec = spec_of(row)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layers.py"
        path.write_text(style_source(style), encoding="utf-8")
        suite = make_suite(path, spec, 0, profile)
        verdicts = [suite.judge_one(declared, spec) for declared in properties_of(spec)]
        suite.close()
    found = [v.declared.name for v in verdicts if v is not None and counts(v, strict=True)]
    return frozenset(found)


def judge_entry(job: tuple[Misconception, str, int, str, bool]) -> dict[str, Any]:
    """Plant one entry into one style and judge it over the seeds."""
    entry, style, seeds, profile, whole = job
    started = time.perf_counter()
    result = Result(
        key=entry.key,
        style=style,
        kind=entry.kind.value,
        layer=entry.layer,
        function=entry.function,
        argument=entry.argument,
        seeds=seeds,
    )
    spec = spec_of(entry.layer)
    properties = properties_of(spec)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layers.py"
        path.write_text(plant(style, entry), encoding="utf-8")
        suite = make_suite(path, spec, 0, profile)
        suite.subject(spec.name)
        for seed in range(seeds):
            _one_seed(result, entry, properties, with_seed(suite, seed), whole=whole and seed == 0)
        suite.close()
    result.seconds = round(time.perf_counter() - started, 3)
    return asdict(result)


def _likely(entry: Misconception) -> tuple[str, ...]:
    """The properties to ask first."""
    if entry.argument in ("dout", "x"):
        return ("arguments_unchanged",)
    if entry.argument == "rng":
        return ("global_random_state",)
    if entry.kind is Kind.ROBUSTNESS:
        return ("extreme_values",)
    if entry.when == "test":
        return ("identity_in_test_mode", "running_statistics")
    if entry.argument == "seed":
        return ("mask_repeats",)
    if entry.argument.startswith("d"):
        return ("backward_matches_reference",)
    return ("dropped_fraction", "forward_matches_reference")


def _one_seed(
    result: Result,
    entry: Misconception,
    properties: Sequence[Property],
    suite: Suite,
    *,
    whole: bool,
) -> None:
    (spec,), seed = suite.specs, suite.demands.seed
    likely = (*result.kills, *_likely(entry))
    if result.kind != "correctness":
        habits = habits_of(result.style, spec.name, suite.demands.profile)
    else:
        habits = frozenset()
    order = sorted(properties, key=lambda p: likely.index(p.name) if p.name in likely else 99)
    killed = False
    try:
        for declared in order:
            verdict = suite.judge_one(declared, spec)
            if is_kill(verdict, result.kind, habits) and verdict is not None:
                killed = True
                result.kills.setdefault(declared.name, verdict.examples)
                if not whole:
                    break
        reading = suite.readings.get(spec.name)
        if result.kind == "convention" and spec.readings and reading is not spec.readings[0]:
            killed = True
            result.kills.setdefault("reading of the contract", 1)
        if seed == 0:
            _diagnosis(result, entry, spec, suite)
    except Exception as error:
        result.note = f"{type(error).__name__}: {error}"
    result.killed += killed
    if not killed:
        result.alive.append(seed)


def _diagnosis(result: Result, entry: Misconception, spec: LayerSpec, suite: Suite) -> None:
    """Hold the named cause against the planted one."""
    fresh_cases(spec)  # drawn once a run, before the clock
    causes = find_causes(suite)
    started = time.perf_counter()
    failing = [
        v for v in suite.verdicts if is_kill(v, result.kind) and v.function == entry.function
    ]
    failing.sort(key=lambda v: v.kind is not Kind.CORRECTNESS)
    found = [(v, causes.of(v, spec)) for v in failing]
    result.seconds_diagnosis = round(time.perf_counter() - started, 4)
    said = [cause for _, cause in found if cause is not None]
    if not said:
        result.verdict = "none" if failing else "no failure"
        return
    right = [c for c in said if c.key == entry.key]
    best = right[0] if right else said[0]
    result.named, result.cause = best.key or best.misconception, best.sentence
    if right:
        wrong = [c for c in said if c.key and c.key != entry.key]
        result.verdict = "right" if not wrong or said[0] is right[0] else "mixed"
    elif any(entry.name in c.evidence for c in said):
        result.verdict = "right"
    elif _same_formula(entry, best.key, spec, suite):
        result.verdict = "equivalent"
    else:
        result.verdict = "relation" if not best.key else "wrong"


def _same_formula(entry: Misconception, key: str, spec: LayerSpec, suite: Suite) -> bool:
    """Whether the named formula gives the planted one's values on every case."""
    other = next((m for m in CATALOGUE if m.key == key), None)
    if other is None or other.argument != entry.argument or other.function != entry.function:
        return False
    import numpy as np

    probe = Probe(spec, suite.implementation)
    probe.reading = suite.readings.get(spec.name)
    for o in observe_cases(probe):
        if entry.when in ("", o.when) and other.when in ("", o.when):
            try:
                a, b = entry.predict(o.quantities), other.predict(o.quantities)
            except Exception:  # shapes that do not fit
                continue
            if a.shape != b.shape or not np.allclose(a, b, rtol=1e-9, equal_nan=True):
                return False
    return True


def run(
    jobs: Sequence[Any],
    work: Any,
    workers: int,
    minutes: float,
    save: Callable[[list[dict[str, Any]]], None] = lambda found: None,
) -> list[dict[str, Any]]:
    """Do jobs in processes until the time is up; report and save what there is now and then."""
    found: list[dict[str, Any]] = []
    until = time.monotonic() + 60.0 * minutes
    with ProcessPoolExecutor(workers) as pool:
        waiting = [pool.submit(work, job) for job in jobs]
        for number, future in enumerate(waiting, 1):
            if time.monotonic() > until:
                pool.shutdown(wait=False, cancel_futures=True)
                print(f"time is up: {len(found)} of {len(jobs)}", file=sys.stderr, flush=True)
                break
            found.append(future.result())
            if number % 50 == 0:
                print(f"{number} of {len(jobs)}", file=sys.stderr, flush=True)
                save(found)
    return found


def right_styles(profile: str, seeds: int) -> list[str]:
    """False alarms on the right styles: must be empty."""
    alarms: list[str] = []
    for style in STYLES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "layers.py"
            path.write_text(style_source(style), encoding="utf-8")
            for spec in SPECS:
                if isinstance(spec, ObjectSpec):  # the styles write layers
                    continue
                for seed in range(seeds):
                    suite = make_suite(path, spec, seed, profile)
                    for declared in properties_of(spec):
                        verdict = suite.judge_one(declared, spec)
                        if verdict is not None and counts(verdict, strict=False):
                            alarms.append(f"{style}, {spec.name}, {declared.name}, seed {seed}")
                    suite.close()
    return alarms


def put_into(earlier: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    """An earlier record in which some plants are as they were judged now."""
    now = {(r["key"], r["style"]): r for r in record["results"]}
    merged = {(r["key"], r["style"]): r for r in earlier["results"]} | now
    return {
        **earlier,
        "styles": list(dict.fromkeys([*earlier["styles"], *record["styles"]])),
        "planned": max(earlier["planned"], len(merged)),
        "results": list(merged.values()),
        "elapsed": round(earlier["elapsed"] + record["elapsed"], 1),
        "alarms": earlier["alarms"] if record["alarms"] is None else record["alarms"],
    }


def main() -> None:
    """Run the proof and write its page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--profile", default="standard")
    parser.add_argument("--styles", default=",".join(STYLES))
    parser.add_argument("--matrix", type=int, default=1, help="styles in the kill matrix")
    parser.add_argument("--rotate", action="store_true", help="one style an entry, in turn")
    parser.add_argument("--alarms", action="store_true", help="judge the right styles, too")
    parser.add_argument("--only", default="", help="text that an entry's key must hold; - for none")
    parser.add_argument("--kind", default="", help="correctness, convention or robustness alone")
    parser.add_argument("--into", type=Path, help="an earlier record: put these plants into it")
    parser.add_argument("--lacking", action="store_true", help="only what that record lacks")
    parser.add_argument("--minutes", type=float, default=1e6, help="stop after this time")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="where the raw results go")
    parser.add_argument("--page", type=Path, help="where the page goes")
    options = parser.parse_args()
    started = time.perf_counter()
    styles = options.styles.split(",")
    earlier = json.loads(options.into.read_text(encoding="utf-8")) if options.into else None
    known = {(r["key"], r["style"]) for r in earlier["results"]} if earlier else set()
    turn = {entry.key: styles[i % len(styles)] for i, entry in enumerate(CATALOGUE)}
    jobs = [
        (entry, style, options.seeds, options.profile, number < options.matrix)
        for entry in CATALOGUE
        for number, style in enumerate(styles)
        if options.only in entry.key
        and options.only != "-"
        and options.kind in entry.kind.value
        and (not options.rotate or turn[entry.key] == style)
        and not (options.lacking and (entry.key, style) in known)
    ]

    def record_of(results: list[dict[str, Any]], alarms: list[str] | None) -> dict[str, Any]:
        record = {
            "seeds": options.seeds,
            "profile": options.profile,
            "styles": styles,
            "matrix": styles[: options.matrix],
            "planned": len(jobs),
            "results": results,
            "alarms": alarms,
            "elapsed": round(time.perf_counter() - started, 1),
        }
        return put_into(earlier, record) if earlier else record

    def save(results: list[dict[str, Any]], alarms: list[str] | None = None) -> None:
        if options.json:
            text = json.dumps(record_of(results, alarms), indent=1)
            options.json.write_text(text, encoding="utf-8")

    results = run(jobs, judge_entry, options.workers, options.minutes, save)
    alarms = right_styles(options.profile, 1) if options.alarms else None
    save(results, alarms)
    record = record_of(results, alarms)
    print(summary(record))
    if options.page:
        options.page.write_text(page(record), encoding="utf-8")


if __name__ == "__main__":
    main()

__all__ = ["Case", "Result", "judge_entry", "main"]
