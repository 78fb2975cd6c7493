"""One run over one implementation: rows × columns, and what came out of each cell."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed
from hypothesis import strategies as st

from ..implementation import Implementation
from ..spec.case import Case
from ..spec.demands import Demands
from ..spec.row import LayerSpec, ObjectSpec, Purpose, Reading
from .mismatch import Fault, Kind, Mismatch
from .property import Property
from .search import Verdict, judge
from .subjects.functions import Probe

_READING_CASES = 24


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One property on one layer."""

    suite: Suite
    property: Property
    spec: LayerSpec

    def judge(self) -> Verdict | None:
        """Judge it and keep the verdict; None where its functions are missing."""
        return self.suite.judge(self.property, self.spec)


@dataclass(kw_only=True)
class Suite:
    """The state of a run. ``on_verdict`` is told of each cell as it is done."""

    open_implementation: Callable[[], Implementation]
    specs: tuple[LayerSpec, ...]
    demands: Demands
    on_verdict: Callable[[Cell, Verdict | None], None] = lambda cell, verdict: None
    verdicts: list[Verdict] = field(default_factory=list)
    faults: dict[str, Fault] = field(default_factory=dict)
    readings: dict[str, Reading | None] = field(default_factory=dict)
    wrong_forwards: set[str] = field(default_factory=set)
    probes: dict[str, Probe] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    interrupted: bool = False
    planned: int = 0
    done: int = 0
    _implementation: Implementation | None = None

    @property
    def implementation(self) -> Implementation:
        """The implementation under test, opened when first asked for."""
        if self._implementation is None:
            self._implementation = self.open_implementation()
        return self._implementation

    def close(self) -> None:
        """End the child process."""
        if self._implementation is not None:
            self._implementation.close()

    def judge(self, declared: Property, spec: LayerSpec) -> Verdict | None:
        """Judge one cell."""
        if self.interrupted:
            raise KeyboardInterrupt
        cell = Cell(suite=self, property=declared, spec=spec)
        try:
            self._prepare(spec)
            verdict = None
            if not any(name in self.faults for name in self._needed(declared, spec)):
                probe = self.probe_of(spec)
                verdict = judge(declared, probe, self.demands)
                self.verdicts.append(verdict)
                if verdict.fault is not None and verdict.fault.is_final:
                    self.faults[verdict.fault.function] = verdict.fault
        except Exception:
            self.broken.append(f"{spec.name}, {declared.name}:\n{traceback.format_exc()}")
            raise
        finally:
            self.done += 1
        self.on_verdict(cell, verdict)
        return verdict

    def probe_of(self, spec: LayerSpec) -> Probe:
        """A probe of a layer, under the reading that was found."""
        if isinstance(spec, ObjectSpec):
            return self.probes[spec.name]
        probe = Probe(spec, self.implementation)
        probe.reading = self.readings[spec.name]
        probe.forward_is_wrong = spec.name in self.wrong_forwards
        return probe

    def _needed(self, declared: Property, spec: LayerSpec) -> tuple[str, ...]:
        return (spec.forward,) if declared.judges == "forward" else spec.functions

    def _prepare(self, spec: LayerSpec) -> None:
        """Find out once what is missing and how the contract is read."""
        if spec.name in self.readings:
            return
        self.readings[spec.name] = None
        for name in spec.functions:
            info = self.implementation.functions.get(name)
            if info is None or info.status == "missing":
                self.faults[name] = Fault(name, "missing", "there is no such function")
            elif info.status == "error":
                self.faults[name] = Fault(name, "error", info.detail)
        if spec.forward in self.faults:
            return
        if isinstance(spec, ObjectSpec):
            try:
                self.probes[spec.name] = spec.probe(spec, self.implementation)
            except Fault as fault:
                self.faults[spec.forward] = fault
            return
        cases = sample_cases(spec, Purpose.ORDINARY, _READING_CASES)
        probe = Probe(spec, self.implementation)
        self._find_skeletons(probe, cases[0])
        if spec.forward in self.faults:
            return
        if spec.readings:
            self.readings[spec.name] = find_reading(probe, cases, self.demands.dropout_p)
        probe.reading = self.readings[spec.name]
        if spec.reference is not None and not is_right(probe, cases):
            self.wrong_forwards.add(spec.name)

    def _find_skeletons(self, probe: Probe, case: Case) -> None:
        for function, outcome in zip(
            probe.spec.functions, probe.send(probe.calls(case)), strict=True
        ):
            fault = Fault(function, outcome.status, outcome.message, outcome.traceback)
            if outcome.status == "missing":
                self.faults[function] = Fault(function, "missing", "a skeleton: it returns None")
            elif fault.is_final:
                self.faults[function] = fault


def find_reading(probe: Probe, cases: Sequence[Case], demanded: str | None) -> Reading:
    """The first reading of the contract under which the forward is right, else the contract's."""
    readings = [r for r in probe.spec.readings if demanded is None or r.name == demanded]
    readings = readings or list(probe.spec.readings)
    for reading in readings:
        probe.reading = reading
        if is_right(probe, cases):
            return reading
    return readings[0]


def is_right(probe: Probe, cases: Sequence[Case]) -> bool:
    """Whether a forward is right on a sample of cases."""
    try:
        runs = probe.values(cases)
        return all(
            probe.wrong_value(case, run) is None for case, run in zip(cases, runs, strict=True)
        )
    except (Fault, Mismatch):
        return False


def sample_cases(spec: LayerSpec, purpose: Purpose, count: int, number: int = 0) -> list[Case]:
    """A fixed sample of a layer's cases, outside any property."""
    strategy = spec.cases(purpose)
    if strategy is None:
        return []
    found: list[Case] = []

    @seed(number)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(st.tuples(strategy))
    def collect(drawn: tuple[Case]) -> None:
        found.append(drawn[0])

    collect()
    return found


def describe(verdict: Verdict) -> str:
    """One line on a verdict, for pytest's own report."""
    if verdict.disagreement is not None:
        return f"{verdict.disagreement.function}: {verdict.disagreement.sentence}"
    if verdict.fault is not None:
        return f"{verdict.fault.function}: {verdict.fault.message}"
    return verdict.status


def counts(verdict: Verdict, *, strict: bool) -> bool:
    """Whether a verdict fails the run."""
    if verdict.status == "error":
        return strict or verdict.kind is Kind.CORRECTNESS or _is_final(verdict)
    if verdict.status == "fail":
        return strict or verdict.kind is Kind.CORRECTNESS
    noted = any(kind is not Kind.CORRECTNESS for _, kind, _ in verdict.notes)
    return strict and noted


def _is_final(verdict: Verdict) -> bool:
    return verdict.fault is not None and verdict.fault.is_final
