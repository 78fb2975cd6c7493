"""Where the time of ``nndl check`` goes: by row, by purpose, and by what it is spent on.

``python -m properties.benchmarks.gate [TARGET]`` judges every cell once at a profile and splits
its time: Hypothesis (drawing, and keeping what it has drawn), the implementation, the pipe to its
child process, the oracles (truth with bounds), and the properties' own work (comparing, drawing
what they add to a case). Then it times the whole command at both everyday profiles.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import Any

from properties.benchmarks.held import Held
from properties.benchmarks.sampling import held
from properties.commands.job import Job
from properties.implementation import Call, Outcome
from properties.judge.asking import Questions
from properties.judge.plan import Cell
from properties.judge.property import Body, named
from properties.judge.search import judge_properties
from properties.judge.subject import Subject
from properties.judge.subjects.functions import Probe
from properties.judge.verdict import Verdict
from properties.spec.case import Case
from properties.spec.demands import PROFILES, Demands
from properties.spec.row import ObjectSpec

PARTS = ("hypothesis", "implementation", "pipe", "oracles", "property")
_ROOMS = Path(__file__).resolve().parents[2]


@dataclass
class Clock:
    """Seconds spent in a function and whatever it calls."""

    seconds: float = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time counted."""

        @wraps(function)
        def run(*args: Any, **options: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **options)
            finally:
                self.seconds += time.perf_counter() - start

        return run


@dataclass(kw_only=True)
class Watched:
    """An implementation whose calls are timed and kept, to be run again without the pipe."""

    inner: Any
    clock: Clock = field(default_factory=Clock)
    sent: list[list[Call]] = field(default_factory=list)

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        """Run calls, as the implementation does."""
        self.sent.append(list(calls))
        outcomes: list[Outcome] = self.clock.timed(self.inner.run)(calls)
        return outcomes

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@dataclass(frozen=True, kw_only=True)
class Spent:
    """The time of one cell."""

    row: str
    purpose: str
    examples: int
    seconds: float
    parts: dict[str, float]


def measure(
    target: str, *, profile: str = "standard", only: Iterable[str] = (), seed: int = 0
) -> list[Spent]:
    """Judge every cell of the layers and split its time.

    Parameters
    ----------
    target
        What ``nndl check`` takes, or ``bundled``.
    only
        Layers, as for ``nndl check --only``.
    """
    demands = Demands(profile=profile, seed=seed)
    suite = Job(target=target, demands=demands, only=frozenset(only)).suite()
    _, inside = held(target)
    found = []
    try:
        for cell in suite.planned:
            subject = suite.subject(cell.row)
            if not subject.faults and not isinstance(subject.row, ObjectSpec):
                found.append(_cell(cell, subject, demands, inside))
    finally:
        suite.close()
        inside.close()
    return found


def _cell(cell: Cell, subject: Subject, demands: Demands, inside: Held) -> Spent:
    oracles, body = Clock(), Clock()
    watched = Watched(inner=subject.probe.implementation)
    spec = subject.row
    if spec.reference is not None:
        truth = spec.reference
        timed = replace(truth, forward=oracles.timed(truth.forward), vjp=oracles.timed(truth.vjp))
        spec = replace(spec, reference=timed)
    probe = Probe(spec, watched)  # type: ignore[arg-type]
    probe.reading, probe.forward_is_wrong = subject.reading, subject.forward_is_wrong
    verdicts = [
        Verdict(
            declared=replace(p, body=_timed(p.body, body)),
            layer=spec.name,
            functions=p.functions(spec),
        )
        for p in map(named, cell.properties)
    ]
    start = time.perf_counter()
    judge_properties(verdicts, probe, demands)
    seconds = time.perf_counter() - start
    again = Clock()
    with inside.in_place():
        for calls in watched.sent:
            again.timed(inside.run)(calls)
    implementation = min(again.seconds, watched.clock.seconds)
    parts = {
        "hypothesis": seconds - body.seconds - watched.clock.seconds,
        "implementation": implementation,
        "pipe": watched.clock.seconds - implementation,
        "oracles": oracles.seconds,
        "property": body.seconds - oracles.seconds,
    }
    return Spent(
        row=spec.name,
        purpose=cell.purpose.name.lower(),
        examples=max(verdict.examples for verdict in verdicts),
        seconds=seconds,
        parts=parts,
    )


def _timed(body: Body, clock: Clock) -> Body:
    """A property whose own work is timed, and not what it waits for."""

    def timed(probe: Any, case: Case, rng: Any) -> Questions[None]:
        questions = body(probe, case, rng)
        replies: Any = None
        while True:
            try:
                asks = clock.timed(questions.send)(replies)
            except StopIteration:
                return
            replies = yield asks

    return timed


def table(spent: Sequence[Spent], key: Callable[[Spent], str], title: str) -> str:
    """Time by a key in Markdown, the most expensive first."""
    groups: dict[str, list[Spent]] = defaultdict(list)
    for one in spent:
        groups[key(one)].append(one)
    lines = [
        f"| {title} | examples | seconds | examples per second | {' | '.join(PARTS)} |",
        f"|---|---|---|---|{'---|' * len(PARTS)}",
    ]
    for name, group in sorted(groups.items(), key=lambda item: -sum(s.seconds for s in item[1])):
        seconds = sum(one.seconds for one in group)
        examples = sum(one.examples for one in group)
        shares = [sum(one.parts[part] for one in group) / max(seconds, 1e-9) for part in PARTS]
        lines.append(
            f"| {name} | {examples} | {seconds:.2f} | {examples / max(seconds, 1e-9):.0f} | "
            + " | ".join(f"{share:.0%}" for share in shares)
            + " |"
        )
    return "\n".join(lines)


def command_seconds(target: str, profile: str) -> tuple[float, int]:
    """Wall-clock seconds of ``nndl check`` as a command, and its exit code."""
    program = "from properties.commands.cli import main; main()"
    arguments = ["check", "--profile", profile, *([] if target == "bundled" else [target])]
    environment = {**os.environ, "PYTHONPATH": str(_ROOMS)}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return time.perf_counter() - start, done.returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables and the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", default="bundled")
    parser.add_argument("--profile", choices=list(PROFILES), default="standard")
    parser.add_argument("--only", default="", metavar="LAYER,…")
    parser.add_argument("--no-command", action="store_true", help="do not time the whole command")
    chosen = parser.parse_args(arguments)
    only = [name for name in chosen.only.split(",") if name]
    spent = measure(chosen.target, profile=chosen.profile, only=only)
    print(table(spent, lambda one: "all", "total"), end="\n\n")
    print(table(spent, lambda one: one.row, "row"), end="\n\n")
    print(table(spent, lambda one: one.purpose, "purpose"), flush=True)
    for profile in () if chosen.no_command else ("quick", "standard"):
        seconds, code = command_seconds(chosen.target, profile)
        print(f"\nnndl check --profile {profile}: {seconds:.1f} s, exit code {code}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
