"""One run over one implementation: its rows, what is known of each, and all verdicts."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..implementation import Implementation
from ..spec.demands import Demands
from ..spec.observation import Observations
from ..spec.row import LayerSpec, ObjectSpec, Purpose, Reading
from .mismatch import Fault
from .plan import Cell
from .property import Property, named
from .search import judge_properties
from .subject import Subject, prepare
from .verdict import Verdict


@dataclass(kw_only=True)
class Judged:
    """What came of some cells of one row, as plain values that can be pickled.

    ``reading`` is the name of the reading in force. ``broken`` holds tracebacks of our own.
    ``observations`` are what the causes of its failures are told from, by row; ``seconds`` is how
    long it all took.
    """

    row: str
    cells: tuple[Cell, ...]
    verdicts: list[Verdict] = field(default_factory=list)
    faults: dict[str, Fault] = field(default_factory=dict)
    reading: str | None = None
    forward_is_wrong: bool = False
    broken: list[str] = field(default_factory=list)
    observations: dict[str, Observations] = field(default_factory=dict)
    seconds: float = 0.0


def judge(cells: Sequence[Cell], subject: Subject, demands: Demands) -> Judged:
    """Judge cells of one row. Functions that are missing, or hang, are not asked again."""
    judged = Judged(
        row=subject.row.name,
        cells=tuple(cells),
        faults=dict(subject.faults),
        reading=subject.reading.name if subject.reading else None,
        forward_is_wrong=subject.forward_is_wrong,
    )
    for cell in cells:
        verdicts = [
            Verdict(declared=p, layer=cell.row, functions=p.functions(subject.row))
            for p in map(named, cell.properties)
            if not judged.faults.keys() & set(needed(p, subject.row))
        ]
        if not verdicts:
            continue
        try:
            judge_properties(verdicts, subject.probe, demands)
        except Exception:
            judged.broken.append(f"{cell.row}, {cell.purpose.name}:\n{traceback.format_exc()}")
        for verdict in verdicts:
            if isinstance(subject.row, ObjectSpec) and verdict.case is not None:
                verdict.lines = tuple(subject.probe.script_lines(verdict.case))
            if verdict.broken:
                name = verdict.declared.name
                judged.broken.append(f"{cell.row}, {name}:\n{verdict.broken}")
            if verdict.fault is not None and verdict.fault.is_final:
                judged.faults.setdefault(verdict.fault.function, verdict.fault)
        judged.verdicts += verdicts
    return judged


def needed(declared: Property, row: LayerSpec) -> tuple[str, ...]:
    return (row.forward,) if declared.judges == "forward" else row.functions


def _has_a_cause(verdict: Verdict) -> bool:
    """Whether what was found may have a cause that is told from observations.

    What a call refuses, and what float32 rounds, has none; an overflow has.
    """
    told = verdict.declared.counts or verdict.declared.purpose is Purpose.EXTREME
    raised = verdict.fault is not None and verdict.fault.status == "raised"
    return told and (verdict.disagreement is not None or raised)


def _nothing(subject: Subject) -> dict[str, Observations]:
    return {}


@dataclass(kw_only=True)
class Suite:
    """The state of a run in one process.

    ``observe`` is called where a row was judged and failed, while its code is at hand.
    """

    open_implementation: Callable[[], Implementation]
    specs: tuple[LayerSpec, ...]
    demands: Demands
    observe: Callable[[Subject], dict[str, Observations]] = _nothing
    observations: dict[str, Observations] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    faults: dict[str, Fault] = field(default_factory=dict)
    readings: dict[str, Reading | None] = field(default_factory=dict)
    wrong_forwards: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    planned: tuple[Cell, ...] = ()
    _implementation: Implementation | None = None
    _subjects: dict[str, Subject] = field(default_factory=dict)

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

    def row(self, name: str) -> LayerSpec:
        """The row of a name."""
        return next(spec for spec in self.specs if spec.name == name)

    def subject(self, name: str) -> Subject:
        """What is known of a row before it is judged."""
        if name not in self._subjects:
            row = self.row(name)
            self._subjects[name] = prepare(row, self.implementation, self.demands)
        return self._subjects[name]

    def judge(self, cells: Sequence[Cell]) -> Judged:
        """Judge cells of one row in this process, and keep what came of it."""
        judged = self.outcome(cells)
        self.absorb(judged)
        return judged

    def outcome(self, cells: Sequence[Cell]) -> Judged:
        """What comes of cells of one row, judged in this process."""
        started = time.perf_counter()
        subject = self.subject(cells[0].row)
        judged = judge(cells, subject, self.demands)
        failed = any(map(_has_a_cause, judged.verdicts))
        seen = subject.row.name in self.observations
        if failed and not seen and not any(fault.is_final for fault in judged.faults.values()):
            judged.observations = self.observe(subject)
        judged.seconds = time.perf_counter() - started
        return judged

    def judge_one(self, declared: Property, row: LayerSpec) -> Verdict | None:
        """Judge one property on one row; None where its functions are missing."""
        cell = Cell(row=row.name, purpose=declared.purpose, properties=(declared.name,))
        return next(iter(self.judge([cell]).verdicts), None)

    def absorb(self, judged: Judged) -> None:
        """Keep what came of some cells, wherever they were judged."""
        row = self.row(judged.row)
        self.verdicts += judged.verdicts
        for function, fault in judged.faults.items():
            self.faults.setdefault(function, fault)
        readings = {reading.name: reading for reading in row.readings}
        self.readings[row.name] = readings.get(judged.reading or "")
        if judged.forward_is_wrong:
            self.wrong_forwards.add(row.name)
        self.broken += judged.broken
        self.observations |= judged.observations
        self.seconds[row.name] = self.seconds.get(row.name, 0.0) + judged.seconds

    def probe_of(self, spec: LayerSpec) -> Any:
        """A probe of a row, under the reading that was found."""
        return self.subject(spec.name).probe


def by_row(cells: Iterable[Cell]) -> list[tuple[Cell, ...]]:
    """Cells of the same row together, in the order of the rows."""
    rows: dict[str, list[Cell]] = {}
    for cell in cells:
        rows.setdefault(cell.row, []).append(cell)
    return [tuple(mine) for mine in rows.values()]
