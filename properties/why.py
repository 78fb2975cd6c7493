"""``nndl check --why FUNCTION``: what each oracle saw, how far off, and how much it allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from .case import Array, Case, Run
from .compare import allowed
from .judge import Verdict
from .mismatch import Fault, Inconclusive, Mismatch
from .numerical import STEPS, judge_gradients
from .probe import Probe
from .spec import Bounds, LayerSpec, ObjectSpec, Purpose
from .suite import Suite, sample_cases

_CASES = 60


@dataclass(frozen=True, kw_only=True)
class Margin:
    """The worst entry that the reference saw of one output or gradient.

    ``error`` is the difference there, ``tolerance`` what was allowed; the margin is their ratio:
    below one is right.
    """

    argument: str
    error: float
    tolerance: float
    entries: int

    @property
    def ratio(self) -> float:
        """Error over tolerance; zero where both are."""
        if self.error == 0.0:
            return 0.0
        return self.error / self.tolerance if self.tolerance > 0.0 else float("inf")


def margins(probe: Probe, cases: Sequence[Case], function: str) -> list[Margin]:
    """Hold a function against the reference on some cases; the worst entry of each result."""
    worst: dict[str, Margin] = {}
    for case in cases:
        try:
            run = probe.run(case)
        except (Fault, Mismatch):
            continue
        for prefix, got, truth in _judged(probe, case, run, function):
            for name in truth.keys() & got.keys():
                found = _worst(prefix + name, np.asarray(got[name]), truth[name].value,
                               allowed(truth[name]))  # fmt: skip
                if found is None:
                    continue
                before = worst.get(found.argument)
                count = found.entries + (before.entries if before else 0)
                top = found if before is None or found.ratio >= before.ratio else before
                worst[found.argument] = Margin(
                    argument=top.argument, error=top.error, tolerance=top.tolerance, entries=count
                )
    return list(worst.values())


def _judged(
    probe: Probe, case: Case, run: Run, function: str
) -> list[tuple[str, Mapping[str, Any], Bounds]]:
    spec = probe.spec
    found: list[tuple[str, Mapping[str, Any], Bounds]] = []
    if function == spec.forward:
        values = {**run.state, **run.outputs}
        found.append(("", values, probe.truth_of_value(case, run)))
    if function == spec.judge_of_gradients:
        found.append(("d", run.gradients, probe.truth_of_gradients(case, run)))
    return found


def _worst(name: str, got: Array, wanted: Array, tolerance: Array) -> Margin | None:
    if got.size != wanted.size or not got.size or got.dtype.kind not in "fiu":
        return None
    off = np.abs(got.reshape(wanted.shape) - wanted).ravel()
    room = tolerance.ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(off == 0.0, 0.0, off / room)
    at = int(np.argmax(np.where(np.isnan(ratio), np.inf, ratio)))
    return Margin(
        argument=name, error=float(off[at]), tolerance=float(room[at]), entries=int(got.size)
    )


def explain(suite: Suite, function: str, console: Console) -> None:
    """Print what the oracles say of one function: properties, margins, error against step."""
    for spec in suite.specs:
        if function in spec.functions:
            _properties(suite, spec, function, console)
            if function not in suite.faults and not isinstance(spec, ObjectSpec):
                probe = suite.probe_of(spec)
                if spec.reference is not None:
                    _margins(probe, function, console)
                if function == spec.judge_of_gradients:
                    _steps(probe, console)


def _properties(suite: Suite, spec: LayerSpec, function: str, console: Console) -> None:
    table = Table("property", "class", "status", "examples", title=f"What judged {function}")
    for verdict in suite.verdicts:
        if verdict.layer == spec.name and function in verdict.functions:
            table.add_row(
                verdict.declared.name.replace("_", " "),
                verdict.kind.value,
                _status(verdict, function),
                str(verdict.examples),
            )
    console.print(table)


def _status(verdict: Verdict, function: str) -> str:
    if verdict.status in ("fail", "error") and verdict.function != function:
        return f"lays it at {verdict.function}"
    return verdict.status


def _margins(probe: Probe, function: str, console: Console) -> None:
    table = Table(
        "result", "entries", "worst error", "tolerance there", "error / tolerance",
        title="The reference, over ordinary cases",
    )  # fmt: skip
    cases = sample_cases(probe.spec, Purpose.ORDINARY, _CASES)
    for margin in margins(probe, cases, function):
        table.add_row(
            margin.argument,
            str(margin.entries),
            f"{margin.error:.2e}",
            f"{margin.tolerance:.2e}",
            f"{margin.ratio:.3g}",
        )
    console.print(table)


def _steps(probe: Probe, console: Console) -> None:
    """Error of a plain central difference against its step, on the first case that tells."""
    cases = sample_cases(probe.spec, Purpose.SMOOTH, 10)
    for number, case in enumerate(cases):
        rng = np.random.default_rng(number)
        try:
            answer = judge_gradients(probe, case, probe.run(case), rng)
        except (Fault, Mismatch, Inconclusive):
            continue
        curve = answer.evidence.get("steps_curve")
        if curve is None:
            continue
        table = Table("step", "error of a central difference", title="The numerical derivative")
        for step, error in zip(STEPS, curve["errors"], strict=True):
            table.add_row(f"{step:.2e}", f"{error:.2e}")
        console.print(table)
        console.print(
            f"{answer.argument} along a random direction: extrapolated {curve['estimate']:.12g} "
            f"± {curve['uncertainty']:.1e}, the gradient gives {answer.got:.12g}: "
            f"{answer.answer.value}"
        )
        return
    console.print("The numerical derivative was inconclusive on every case.")
