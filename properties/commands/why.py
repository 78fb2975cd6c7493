"""``nndl check --why FUNCTION``: what each oracle saw, how far off, and how much it allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from ..judge.compare import allowed
from ..judge.drawing import sample_cases
from ..judge.mismatch import Fault, Inconclusive, Kind, Mismatch
from ..judge.numerical import STEPS, Derivative, derivatives
from ..judge.subjects.functions import Probe
from ..judge.suite import Suite
from ..judge.verdict import Verdict
from ..spec.case import Array, Case, Run
from ..spec.row import Bounds, LayerSpec, ObjectSpec, Purpose

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
    forward_alone = function != probe.spec.judge_of_gradients
    for case in cases:
        try:
            run = probe.now(probe.value(case) if forward_alone else probe.run(case))
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
        if function not in spec.functions:
            continue
        fault = suite.faults.get(function) or suite.faults.get(spec.forward)
        if fault is not None:
            console.print(_without_result(function, fault), highlight=False, markup=False)
            return
        _properties(suite, spec, function, console)
        if isinstance(spec, ObjectSpec):
            continue
        probe = suite.probe_of(spec)
        if spec.reference is not None:
            _margins(probe, function, console)
        if function == spec.backward and spec.name in suite.wrong_forwards:
            text = (
                f"{spec.forward} is wrong: the reference speaks of the right forward, the "
                "numerical derivative of this one."
            )
            console.print(text, highlight=False)
        if function != spec.judge_of_gradients:
            text = f"Numerical derivatives judge gradients: see --why {spec.backward}."
            console.print(text, highlight=False)
        elif not set(spec.functions) & suite.faults.keys():
            _steps(probe, console)


def _without_result(function: str, fault: Fault) -> str:
    """What to say of a function that could not be judged at all."""
    own = fault.function == function
    what = fault.message if own else f"it needs {fault.function}: {fault.message}"
    return f"Nothing could judge {function}: {what}."


def _properties(suite: Suite, spec: LayerSpec, function: str, console: Console) -> None:
    table = Table("property", "class", "status", "examples", title=f"What judged {function}")
    mine = [v for v in suite.verdicts if v.layer == spec.name and function in v.functions]
    mine.sort(key=lambda verdict: list(Kind).index(verdict.kind))
    for verdict in mine:
        table.add_row(
            verdict.declared.name.replace("_", " "),
            verdict.kind.value,
            _status(verdict, function),
            str(verdict.examples),
        )
    console.print(table)
    for verdict in mine:
        if verdict.status in ("fail", "error") and verdict.function == function:
            console.print(_finding(verdict), highlight=False, markup=False)


def _finding(verdict: Verdict) -> str:
    """What a property found, and the oracle that says so."""
    name = verdict.declared.name.replace("_", " ")
    found = verdict.disagreement
    if found is None:
        return f"✘ {name}: {verdict.fault.message if verdict.fault else 'failed'}"
    return f"✘ {name}: {found.sentence} (oracle: {found.oracle})"


def _status(verdict: Verdict, function: str) -> str:
    if verdict.status in ("fail", "error") and verdict.function != function:
        return f"fails, because of {verdict.function}"
    return verdict.status


def _margins(probe: Probe, function: str, console: Console) -> None:
    cases = sample_cases(probe.spec, Purpose.ORDINARY, _CASES)
    table = Table(
        "result", "entries", "largest error", "allowed there", "error / allowed", "",
        title="The reference",
        caption=f"over {len(cases)} ordinary cases; the entry whose error is the largest share "
        "of what its rounding bound allows; right up to 1",
    )  # fmt: skip
    for margin in margins(probe, cases, function):
        table.add_row(
            margin.argument,
            str(margin.entries),
            f"{margin.error:.2e}",
            f"{margin.tolerance:.2e}",
            f"{margin.ratio:.3g}",
            "right" if margin.ratio <= 1.0 else "wrong",
        )
    console.print(table)


def _steps(probe: Probe, console: Console) -> None:
    """Error of a plain central difference against its step, on the first case that tells."""
    cases = sample_cases(probe.spec, Purpose.SMOOTH, 10)
    for number, case in enumerate(cases):
        rng = np.random.default_rng(number)
        try:
            run = probe.now(probe.run(case))
            answers = probe.now(derivatives(probe, case, run, rng))
        except (Fault, Mismatch, Inconclusive):
            continue
        told = [answer for answer in answers if "steps_curve" in answer.evidence]
        if told:
            _curves(told, console)
            return
    console.print("The numerical derivative was inconclusive on every case.")


def _curves(answers: Sequence[Derivative], console: Console) -> None:
    curves = [answer.evidence["steps_curve"] for answer in answers]
    table = Table(
        "step", *(f"error of {answer.argument}" for answer in answers),
        title="The numerical derivative of its own forward",
        caption="a central difference along a random direction, against the value that all steps "
        "extrapolate to; the error falls as step² until rounding takes over",
    )  # fmt: skip
    for step, *errors in zip(STEPS, *(curve["errors"] for curve in curves), strict=True):
        table.add_row(f"{step:.1e}", *(f"{error:.1e}" for error in errors))
    console.print(table)
    for answer, curve in zip(answers, curves, strict=True):
        console.print(
            f"{answer.argument}: extrapolated {curve['estimate']:.10g} "
            f"± {curve['uncertainty']:.0e}, the gradient gives {answer.got:.10g}: "
            f"{answer.answer.value}",
            highlight=False,
        )
