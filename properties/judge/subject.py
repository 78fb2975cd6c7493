"""A row on one implementation: what is missing, how the contract is read, found out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..implementation import Implementation
from ..spec.case import Case
from ..spec.demands import Demands
from ..spec.row import LayerSpec, ObjectSpec, Purpose, Reading
from .compare import same_but_for_ones
from .drawing import draw
from .mismatch import Fault, Mismatch
from .subjects.functions import Probe

_CASES = 24


@dataclass(kw_only=True)
class Subject:
    """What is known of a row before its properties are asked.

    ``faults`` are those of its functions, by name; with one in the forward there is no probe.
    """

    row: LayerSpec
    probe: Any = None
    reading: Reading | None = None
    forward_is_wrong: bool = False
    faults: dict[str, Fault] = field(default_factory=dict)


def prepare(row: LayerSpec, implementation: Implementation, demands: Demands) -> Subject:
    """Find out what is missing, which reading fits, and whether the forward is right at all."""
    subject = Subject(row=row)
    for name in row.functions:
        info = implementation.functions.get(name)
        if info is None or info.status == "missing":
            subject.faults[name] = Fault(name, "missing", "there is no such function")
        elif info.status == "error":
            subject.faults[name] = Fault(name, "error", info.detail)
    if row.forward in subject.faults:
        return subject
    if isinstance(row, ObjectSpec):
        try:
            subject.probe = row.probe(row, implementation)
        except Fault as fault:
            subject.faults[row.forward] = fault
        return subject
    probe = subject.probe = Probe(row, implementation)
    # A wrong forward is often right on one case: it is judged on several, once.
    cases = [case for case, _ in draw(row, Purpose.ORDINARY, demands.examples, demands.seed)]
    cases = cases[:_CASES]
    _find_skeletons(subject, cases[0])
    if row.forward in subject.faults:
        return subject
    if row.readings:
        subject.reading = find_reading(probe, cases, demands.dropout_p)
    probe.reading = subject.reading
    if row.reference is not None:
        subject.forward_is_wrong = probe.forward_is_wrong = not is_right(probe, cases)
    return subject


def _find_skeletons(subject: Subject, case: Case) -> None:
    probe = subject.probe
    outcomes = probe.send(probe.calls(case))
    for function, outcome in zip(subject.row.functions, outcomes, strict=True):
        if function in subject.faults:  # what is not there is no skeleton
            continue
        fault = Fault(function, outcome.status, outcome.message, outcome.traceback)
        if outcome.status == "missing":
            subject.faults[function] = Fault(function, "missing", "a skeleton: it returns None")
        elif fault.is_final:
            subject.faults[function] = fault


def find_reading(probe: Probe, cases: Sequence[Case], demanded: str | None) -> Reading:
    """The first reading of the contract under which the forward is right; of a wrong forward the
    one under which most cases give an output of the right shape, else the contract's."""
    readings = [r for r in probe.spec.readings if demanded is None or r.name == demanded]
    readings = readings or list(probe.spec.readings)
    # What float32 may have rounded comes last: another reading can look like its rounding.
    for in_float32 in (False, True):
        for reading in readings:
            probe.reading = reading
            if is_right(probe, cases, in_float32=in_float32):
                return reading
    return max(readings, key=lambda reading: _fitting(probe, cases, reading))


def _fitting(probe: Probe, cases: Sequence[Case], reading: Reading) -> int:
    """On how many cases a forward, wrong or not, gives an output of the right shape."""
    probe.reading = reading
    return sum(_fits(probe, case) for case in cases)


def _fits(probe: Probe, case: Case) -> bool:
    try:
        (run,) = probe.now(probe.values([case]))
        truth = probe.truth_of_value(case, run)
    except (Fault, Mismatch):
        return False
    finally:
        probe.forget()
    value = probe.spec.value
    return same_but_for_ones(run.outputs[value].shape, truth[value].value.shape)


def is_right(probe: Probe, cases: Sequence[Case], *, in_float32: bool = True) -> bool:
    """Whether a forward is right on a sample of cases."""
    try:
        runs = probe.now(probe.values(cases))
        return all(
            probe.wrong_value(case, run, in_float32=in_float32) is None
            for case, run in zip(cases, runs, strict=True)
        )
    except (Fault, Mismatch):
        return False
    finally:
        probe.forget()
