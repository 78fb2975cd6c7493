"""The record of a run, from what the run saw; no code under test is called for it."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import numpy as np

from ..diagnosis.docstrings import contradiction
from ..diagnosis.finding import Diagnosis as Cause
from ..implementation import FunctionInfo, Target
from ..implementation.child.source import cells_of
from ..implementation.isolation import Tier
from ..judge.mismatch import Disagreement, Fault, Kind
from ..judge.verdict import Verdict, counts
from ..spec.demands import Demands
from ..spec.row import LayerSpec, ObjectSpec, Reading
from .arrays import array_of, encode, entry
from .merge import Node, assemble
from .schema import (
    LACKS_PARTNER,
    Arrays,
    Curve,
    Derivative,
    Diagnosis,
    Function,
    OneSided,
    Property,
    Record,
    Series,
    Status,
)
from .schema import Target as TargetOf

_FIRST = (
    "forward_matches_reference",
    "backward_matches_reference",
    "gradient_shapes",
    "parameters_of_the_net",
    "scores_match_reference",
    "every_parameter_has_a_gradient",
    "regularisation_is_half_the_squared_norm",
    "loss_matches_reference",
    "gradients_match_reference",
)
Of = tuple[str, str]  # a row and a property, by name


@dataclass(frozen=True, kw_only=True)
class Observations:
    """What a run saw of one implementation.

    ``functions`` describes the functions that were looked for, ``faults`` says which of them give
    no result at all. ``causes`` and ``scripts`` belong to a verdict, by its row and property;
    ``seconds`` is how long each row took.
    """

    rows: Sequence[LayerSpec]
    verdicts: Sequence[Verdict]
    functions: Mapping[str, FunctionInfo]
    faults: Mapping[str, Fault] = field(default_factory=dict)
    readings: Mapping[str, Reading | None] = field(default_factory=dict)
    wrong_forwards: Collection[str] = ()
    causes: Mapping[Of, Cause] = field(default_factory=dict)
    scripts: Mapping[Of, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    broken: bool = False


def build(
    seen: Observations,
    target: Target,
    demands: Demands,
    *,
    planned: Iterable[Node],
    required: frozenset[str] = frozenset(),
    elapsed: float = 0.0,
    tier: Tier | Literal[""] = "",
    memory: int = 0,
) -> Record:
    """Build the record of a finished run.

    ``planned`` is all that was to be judged: what of it is not in the record makes it incomplete.
    ``required`` names layers whose missing functions count as failures.
    """
    writer = _Writer(seen, target, demands)
    functions = _with_parts(
        [writer.function(row, name) for row in seen.rows for name in row.judged]
    )
    return assemble(
        functions,
        planned=planned,
        required=required,
        complete=not seen.broken,
        target=TargetOf(kind=target.kind, path=str(target.path)),
        profile=demands.profile,
        seed=demands.seed,
        strict=demands.strict,
        notes=seen.notes,
        versions={"python": platform.python_version(), "numpy": np.__version__},
        elapsed=round(elapsed, 3),
        isolation=tier,
        memory=memory,
        seconds={row: round(took, 3) for row, took in seen.seconds.items()},
    )


def _with_parts(functions: Sequence[Function]) -> list[Function]:
    """The functions, wrong because of others only where the run shows those to be wrong."""
    wrong = {f.name for f in functions if f.status == "fail"}
    made = []
    for one in functions:
        parts = one.because if wrong.issuperset(one.because) else ()
        found = msgspec.structs.replace(one, because=parts)
        detail = f"{found.blame}: {one.detail}" if parts else one.detail
        made.append(msgspec.structs.replace(found, detail=detail))
    return made


@dataclass(frozen=True)
class _Writer:
    """Writes the entries of one run."""

    seen: Observations
    target: Target
    demands: Demands

    def function(self, row: LayerSpec, name: str) -> Function:
        """The entry of a function."""
        verdicts = [v for v in self.seen.verdicts if v.layer == row.name and _speaks(v, name)]
        info = self.seen.functions.get(name)
        status, detail = self.status(row, name, verdicts)
        findings = sorted(self.findings(row, name, verdicts))
        if self.demands.strict and findings and status == "pass":
            status, detail = "fail", findings[0]
        file = (info.file or "") if info is not None else ""
        cell, line = cells_of(file).place(info.line or 0 if info is not None else 0)
        lenient = status == "pass" or (not self.demands.strict and _is_explained(verdicts))
        return Function(
            name=name,
            layer=row.layer,
            row=row.name,
            status=status,
            findings=tuple(findings),
            detail=detail,
            properties=tuple(self.property(row, verdict, lenient) for verdict in verdicts),
            printed=_printed(name, verdicts),
            file=file,
            line=line or None,
            cell=cell,
            because=self.because(verdicts) if status == "fail" else (),
        )

    def because(self, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
        """The parts that explain all that fails of a function; none where one thing is its own."""
        bad = [v for v in verdicts if counts(v, strict=self.demands.strict)]
        causes = [self.seen.causes.get((v.layer, v.declared.name)) for v in bad]
        parts = [() if cause is None else cause.parts for cause in causes]
        return tuple(sorted(set().union(*parts))) if all(parts) else ()

    def status(self, row: LayerSpec, name: str, verdicts: Sequence[Verdict]) -> tuple[Status, str]:
        """Whether a function is right, and the sentence that says so."""
        fault = self.seen.faults.get(name) or self.seen.faults.get(row.forward)
        if fault is not None:
            own = fault.function == name
            if fault.status == "missing":
                return "missing", fault.message if own else LACKS_PARTNER + fault.function
            text = _fault_text(fault)
            return "error", text if own else f"cannot be judged: {fault.function} {text}"
        bad = sorted((v for v in verdicts if counts(v, strict=self.demands.strict)), key=_rank)
        failed = next((v for v in bad if v.status == "fail"), None)
        if bad and failed is None and bad[0].status == "error":
            return "error", _text(bad[0])
        if bad:
            return "fail", _text(failed or bad[0])
        judged = [v for v in verdicts if v.kind is Kind.CORRECTNESS and v.status == "pass"]
        if not judged or not self.an_oracle_spoke(row, name):
            return "error", self.why_unjudged(row, name)
        remarks = {
            sentence
            for v in verdicts
            for function, kind, sentence in v.notes
            if kind is Kind.CORRECTNESS and function == name
        }
        return "pass", "; ".join(sorted(remarks)) or f"right in {len(judged)} properties"

    def an_oracle_spoke(self, row: LayerSpec, name: str) -> bool:
        """Whether something that knows the truth passed all that a function answers for.

        A forward without a reference is what its backward is held against: of it nothing is known.
        """
        asked = [v for v in self.seen.verdicts if v.layer == row.name and v.declared.oracle]
        passed = [v for v in asked if v.status == "pass"]
        if isinstance(row, ObjectSpec):
            return bool(passed) or not asked
        wanted = {"forward"} if name == row.forward and row.reference is not None else set()
        if name == row.judge_of_gradients:
            wanted.add("backward")
        told = {v.declared.judges for v in passed}
        return "both" in told or wanted <= told

    def why_unjudged(self, row: LayerSpec, name: str) -> str:
        """Why no property could tell: most often a forward that gives no result."""
        for verdict in self.seen.verdicts:
            fault = verdict.fault
            if verdict.layer == row.name and fault is not None and fault.function != name:
                return f"cannot be judged: {fault.function} {_fault_text(fault)}"
        unsure = [
            f"{v.declared.name} was inconclusive on {v.inconclusive} of {v.examples} examples"
            for v in self.seen.verdicts
            if v.layer == row.name and v.declared.oracle and v.status == "inconclusive"
        ]
        return f"cannot be judged: {'; '.join(unsure) or 'no property could tell'}"

    def findings(self, row: LayerSpec, name: str, verdicts: Sequence[Verdict]) -> set[str]:
        """What is reported without counting, unless the run is strict."""
        info = self.seen.functions.get(name)
        found = {
            f"{kind.value}: {sentence}"
            for verdict in self.seen.verdicts
            if verdict.layer == row.name
            for function, kind, sentence in verdict.notes
            if function == name and kind is not Kind.CORRECTNESS
        }
        if row.readings and name == row.forward:
            reading = self.seen.readings.get(row.name)
            if reading is not None and reading is not row.readings[0]:
                found.add(f"convention: {reading.sentence}")
            if row.name not in self.seen.wrong_forwards:
                docstring = info.docstring if info is not None else ""
                if sentence := contradiction(docstring or "", reading):
                    found.add(f"convention: {sentence}")
        for verdict in verdicts:
            if verdict.kind is not Kind.CORRECTNESS and verdict.status in ("fail", "error"):
                found.add(f"{verdict.kind.value}: {_text(verdict)}")
        return found | {f"robustness: {note}" for note in (info.notes if info else ())}

    def property(self, row: LayerSpec, verdict: Verdict, lenient: bool) -> Property:
        """The entry of a property of a function."""
        of = (verdict.layer, verdict.declared.name)
        made = Property(
            name=verdict.declared.name,
            cls=verdict.kind.value,
            # One that broke says nothing of the function; the run is then incomplete.
            status="error" if verdict.broken else verdict.status,  # type: ignore[arg-type]
            counts=not lenient or verdict.kind is Kind.CORRECTNESS,
            examples=verdict.examples,
            inconclusive=verdict.inconclusive,
            about=verdict.declared.title,
            table=msgspec.convert(
                encode(verdict.evidence.get("table", ())), tuple[Derivative, ...]
            ),
        )
        found = verdict.disagreement
        if found is None and verdict.fault is None:
            why = verdict.unasked if verdict.status == "skipped" else ""
            return msgspec.structs.replace(made, sentence=why) if why else made
        case = (found.case if found is not None else None) or verdict.case
        if case is not None:
            inputs = {**case.args, **case.named_upstreams}
            repeat = self.repeat(row)
            made = msgspec.structs.replace(made, inputs=encode(inputs), repeat=repeat)
        if found is not None:
            script = self.seen.scripts.get(of, "")
            return _with_disagreement(made, verdict, found, self.seen.causes.get(of), script)
        assert verdict.fault is not None
        cause = self.seen.causes.get(of)
        return msgspec.structs.replace(
            made,
            sentence=_fault_text(verdict.fault),
            traceback=verdict.fault.traceback,
            diagnosis=None if cause is None else Diagnosis(**cause.as_json()),
        )

    def repeat(self, row: LayerSpec) -> str:
        """The command that judges a row again."""
        told = ["nndl check", shlex.quote(self.target.text), "--only", row.layer]
        told += ["--seed", str(self.demands.seed)]
        if self.demands.profile != "standard":
            told += ["--profile", self.demands.profile]
        return " ".join(filter(None, told))


def _with_disagreement(
    made: Property, verdict: Verdict, found: Disagreement, cause: Cause | None, script: str
) -> Property:
    extra = {key: encode(value) for key, value in found.extra.items()}
    diagnosis = None
    if cause is not None:
        diagnosis = Diagnosis(**cause.as_json())
    elif verdict.kind is Kind.CORRECTNESS:
        diagnosis = _no_known_cause(verdict)
    arrays = Arrays(
        got=array_of(found.got),
        wanted=array_of(found.wanted),
        tolerance=array_of(found.tolerance),
    )
    curve, sides = extra.get("steps_curve"), extra.get("one_sided")
    return msgspec.structs.replace(
        made,
        argument=found.argument,
        index=found.index,
        got=entry(found.got, found.index),
        wanted=entry(found.wanted, found.index),
        tolerance=entry(found.tolerance, found.index),
        oracle=found.oracle,
        sentence=found.sentence,
        arrays=arrays if arrays != Arrays() else None,
        diagnosis=diagnosis,
        steps_curve=msgspec.convert(curve, Curve) if curve else None,
        one_sided=msgspec.convert(sides, OneSided) if sides else None,
        series=msgspec.convert(extra.get("series", ()), tuple[Series, ...]),
        script=script,
    )


def _no_known_cause(verdict: Verdict) -> Diagnosis:
    """The diagnosis where nothing in the catalogue explains every failing example."""
    seen = [found for found in verdict.failures if found.wanted is not None]
    many = "example" if len(seen) == 1 else "examples"
    return Diagnosis(
        sentence="no known cause",
        evidence=f"nothing known explains all of {len(seen)} failing {many}",
        confidence=0.0,
    )


def _speaks(verdict: Verdict, name: str) -> bool:
    """Whether a verdict is about a function: it judges it, and any failure is laid at it."""
    if verdict.status in ("fail", "error"):
        return verdict.function == name
    return name in verdict.functions


def _is_explained(verdicts: Sequence[Verdict]) -> bool:
    """Whether what failed of correctness says enough; else a convention may be what counts."""
    return any(v.kind is Kind.CORRECTNESS and v.status in ("fail", "error") for v in verdicts)


def _printed(name: str, verdicts: Sequence[Verdict]) -> str:
    """What a function printed, on the example that says most of it."""
    told = sorted(
        (v for v in verdicts if name in v.printed),
        key=lambda v: (v.status not in ("fail", "error"), _rank(v)),
    )
    return told[0].printed[name] if told else ""


def _rank(verdict: Verdict) -> tuple[int, bool, int]:
    kinds = [Kind.CORRECTNESS, Kind.CONVENTION, Kind.ROBUSTNESS]
    name, fault = verdict.declared.name, verdict.fault
    # That a call could not be made is no reason; the call before it has one.
    echo = fault is not None and fault.status == "unavailable"
    return kinds.index(verdict.kind), echo, _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _text(verdict: Verdict) -> str:
    if verdict.disagreement is not None:
        also = f"; on other inputs it {_fault_text(verdict.fault)}" if verdict.fault else ""
        return verdict.disagreement.sentence + also
    if verdict.fault is not None:
        return _fault_text(verdict.fault)
    notes = [s for _, kind, s in verdict.notes if kind is not Kind.CORRECTNESS]
    return notes[0] if notes else verdict.status


def _fault_text(fault: Fault) -> str:
    verb = {"raised": "raises", "timeout": "hangs:", "crashed": "crashes:"}.get(fault.status, "")
    return f"{verb} {fault.message}".strip()
