"""Mutation by operator: small changes of the bundled layers' syntax trees, and what survives.

    python -m properties.benchmarks.mutation --json mutation.json --page docs/mutation.md
    python -m properties.benchmarks.mutation --again mutation.json --page docs/mutation.md

Each mutant is a copy of the package with one change in one function of the contract (or a
function that these call); it is judged as any implementation is, by the properties alone, shrinking
off, and stops at the first property that kills it. Changes that cannot matter (docstrings,
messages, checks of arguments) are not made. ``--again`` judges the survivors of an earlier run, and
what is new since, and keeps the rest of its record.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import shutil
import tempfile
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from ..judge.suite import Suite
from ..judge.verdict import counts
from ..layers import ALL as SPECS
from ..spec.row import LayerSpec, ObjectSpec
from .equivalent_mutants import Equivalent
from .mutants import Mutant, homes, mutants
from .mutation_page import page, summary
from .power import make_suite, properties_of, run
from .wrong_variables import observe

_LAYERS = "layers/__init__.py"
LAYERS = tuple(spec for spec in SPECS if not isinstance(spec, ObjectSpec))


def all_mutants(package: Path) -> list[Mutant]:
    """Every mutant of a package's layers."""
    return list(mutants(package, observe(package, list(homes(package, LAYERS)), LAYERS)))


def judge_mutant(job: tuple[Mutant, str, str]) -> dict[str, Any]:
    """Judge one mutant: the first property that kills it, or none."""
    mutant, package, profile = job
    found = described(mutant) | {"killer": "", "examples": 0, "row": ""}
    with tempfile.TemporaryDirectory() as folder:
        copy_of = Path(folder) / "nndl"
        shutil.copytree(package, copy_of, ignore=shutil.ignore_patterns("tests", "__pycache__"))
        (copy_of / mutant.module).write_text(mutant.source, encoding="utf-8")
        whole = (copy_of / _LAYERS).read_text(encoding="utf-8")
        for spec in rows_of(mutant, Path(package)):
            if mutant.module.startswith("layers/"):
                (copy_of / _LAYERS).write_text(_imports_of(whole, spec), encoding="utf-8")
            suite = replace(make_suite(copy_of, spec, 0, profile), observe=lambda subject: {})
            try:
                killer = _first_kill(suite, spec)
            finally:
                suite.close()
            if killer:
                return found | {"killer": killer[0], "examples": killer[1], "row": spec.name}
    return found


def _imports_of(text: str, spec: LayerSpec) -> str:
    """The lines of ``layers/__init__.py`` that a row needs: the other layers need not be loaded."""
    found = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.ImportFrom) and {a.name for a in node.names} & set(spec.functions)
    ]
    return "\n".join(map(ast.unparse, found))


def described(mutant: Mutant) -> dict[str, Any]:
    """What a record says of a mutant."""
    return {key: value for key, value in vars(mutant).items() if key != "source"}


@cache
def _homes(package: Path) -> dict[str, tuple[LayerSpec, ...]]:
    return homes(package, LAYERS)


def rows_of(mutant: Mutant | Equivalent, package: Path) -> list[LayerSpec]:
    """The rows that a mutant may show in: its own, or all that use its module."""
    rows = _homes(package)[mutant.module]
    own = [spec for spec in rows if mutant.function.startswith(f"{spec.name}_")]
    return own or list(rows)


def _first_kill(suite: Suite, spec: Any) -> tuple[str, int] | None:
    # The bundled package is held to strict: robustness counts.
    for declared in properties_of(spec):
        verdict = suite.judge_one(declared, spec)
        if verdict is None:
            return "cannot be loaded", 0
        if counts(verdict, strict=True):
            return declared.name, verdict.examples
    return None


def key_of(result: dict[str, Any]) -> tuple[str, ...]:
    """`Mutant.key` of a result."""
    return tuple(result[name] for name in ("module", "function", "operator", "before", "after"))


def main() -> None:
    """Run the mutants and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--package", type=Path, default=Path(__file__).parents[2] / "nndl")
    parser.add_argument("--profile", default="standard")
    parser.add_argument("--sample", type=int, help="judge this many, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--only", default="", help="text that a mutant's function must hold")
    parser.add_argument("--again", type=Path, help="an earlier record to complete")
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    started = time.perf_counter()
    everything = all_mutants(options.package)
    chosen = [mutant for mutant in everything if options.only in mutant.function]
    if options.sample is not None:
        count = min(options.sample, len(chosen))
        chosen = random.Random(options.seed).sample(chosen, count)
    before: dict[tuple[str, ...], dict[str, Any]] = {}
    if options.again:
        record = json.loads(options.again.read_text(encoding="utf-8"))
        before = {key_of(result): result for result in record["results"] if result["killer"]}
    waiting = [mutant for mutant in chosen if mutant.key not in before]
    jobs = [(mutant, str(options.package), options.profile) for mutant in waiting]
    judged = run(jobs, judge_mutant, options.workers, options.minutes)
    now = {key_of(result): result for result in judged}
    kept = {mutant.key: before[mutant.key] for mutant in chosen if mutant.key in before}
    known = {**kept, **now}
    record = {
        "all": len(everything),
        "seed": options.seed,
        "sample": options.sample,
        "profile": options.profile,
        "elapsed": round(time.perf_counter() - started, 1),
        "kept": len(kept),
        "results": [known[mutant.key] for mutant in chosen if mutant.key in known],
    }
    if options.json:
        options.json.write_text(json.dumps(record, indent=1), encoding="utf-8")
    if options.page:
        options.page.write_text(page(record), encoding="utf-8")
    print(summary(record))


if __name__ == "__main__":
    main()
