"""The JSON record of a run: the one thing that every report is made from."""

from __future__ import annotations

import platform
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..diagnosis import Causes, find_causes
from ..diagnosis.docstrings import contradiction
from ..implementation import Target
from ..judge.mismatch import Disagreement, Fault, Kind
from ..judge.subjects.functions import Probe
from ..judge.subjects.objects import ObjectProbe
from ..judge.suite import Suite
from ..judge.verdict import Verdict, counts
from ..spec.case import Case
from ..spec.row import LayerSpec, ObjectSpec
from .arrays import encode
from .script import import_lines, make_script

SCHEMA = 1
_PRINTED = 4_000  # characters of what a function printed
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


def make_record(
    suite: Suite, target: Target, *, required: frozenset[str], elapsed: float = 0.0
) -> dict[str, Any]:
    """Assemble the record of a finished run.

    ``required`` names layers whose missing functions count as failures.
    """
    causes = find_causes(suite)
    functions = [
        _function(suite, spec, name, target, causes)
        for spec in suite.specs
        for name in spec.functions
    ]
    record = {
        "schema": SCHEMA,
        "target": {"kind": target.kind, "path": str(target.path)},
        "profile": suite.demands.profile,
        "seed": suite.demands.seed,
        "strict": suite.demands.strict,
        "verdict": "",
        "complete": not suite.missing_from_verdicts() and not suite.broken,
        "functions": functions,
        "notes": [
            *suite.implementation.limits_missing,
            *([f"judged is {target.describe()}"] if target.nearer else []),
        ],
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "elapsed": round(elapsed, 3),
    }
    record["verdict"] = verdict_of(record, required)
    plain: dict[str, Any] = encode(record)  # whatever a stranger's texts and numbers are
    return plain


def hold_against_plan(record: dict[str, Any], plan: Sequence[LayerSpec], suite: Suite) -> None:
    """Call a record incomplete, and the suite broken, where a planned function is not in it."""
    planned = Counter((spec.name, name) for spec in plan for name in spec.functions)
    recorded = Counter((entry["row"], entry["name"]) for entry in record["functions"])
    lost = [f"{name} (row {row})" for row, name in planned - recorded]
    if lost:
        record["complete"] = False
        suite.broken.append(f"planned and not in the record: {', '.join(lost)}")


def verdict_of(record: dict[str, Any], required: frozenset[str]) -> str:
    """``pass``, ``fail`` or ``error``, from the functions of a record."""
    functions, complete = record["functions"], record["complete"]
    statuses = {function["status"] for function in functions}
    wanted = [
        f for f in functions if required & {f["layer"], f["name"]} and f["status"] == "missing"
    ]
    if "fail" in statuses or wanted:
        return "fail"
    if "error" in statuses or not complete:
        return "error"
    return "pass"


def _function(
    suite: Suite, spec: LayerSpec, name: str, target: Target, causes: Causes
) -> dict[str, Any]:
    verdicts = [v for v in suite.verdicts if v.layer == spec.name and _speaks(v, name)]
    info = suite.implementation.functions.get(name)
    status, detail = _status(suite, spec, name, verdicts)
    findings = sorted(_findings(suite, spec, name, verdicts))
    if suite.demands.strict and findings and status == "pass":
        status, detail = "fail", findings[0]
    return {
        "name": name,
        "layer": spec.layer,
        "row": spec.name,
        "status": status,
        "findings": findings,
        "detail": detail,
        "properties": [
            _property(suite, spec, name, verdict, target, causes) for verdict in verdicts
        ],
        "printed": _printed(name, verdicts),
        "file": getattr(info, "file", None),
        "line": getattr(info, "line", None),
    }


def _printed(name: str, verdicts: list[Verdict]) -> str:
    """What a function printed, on the example that says most of it."""
    told = sorted(
        (v for v in verdicts if name in v.printed),
        key=lambda v: (v.status not in ("fail", "error"), _rank(v)),
    )
    return told[0].printed[name][:_PRINTED] if told else ""


def _speaks(verdict: Verdict, name: str) -> bool:
    """Whether a verdict is about a function: it judges it, and any failure is laid at it."""
    if verdict.status in ("fail", "error"):
        return verdict.function == name
    return name in verdict.functions


def _status(suite: Suite, spec: LayerSpec, name: str, verdicts: list[Verdict]) -> tuple[str, str]:
    fault = suite.faults.get(name) or suite.faults.get(spec.forward)
    if fault is not None:
        own = fault.function == name
        if fault.status == "missing":
            return "missing", fault.message if own else f"cannot be judged: no {fault.function}"
        text = _fault_text(fault)
        return "error", text if own else f"cannot be judged: {fault.function} {text}"
    strict = suite.demands.strict
    bad = sorted((v for v in verdicts if counts(v, strict=strict)), key=_rank)
    if bad:
        first = bad[0]
        if first.status == "error" and not any(v.status == "fail" for v in bad):
            return "error", _text(first)
        first = next((v for v in bad if v.status == "fail"), first)
        return "fail", _text(first)
    judged = [v for v in verdicts if v.kind is Kind.CORRECTNESS and v.status == "pass"]
    if not judged or not _an_oracle_spoke(suite, spec, name):
        return "error", _why_unjudged(suite, spec, name)
    remarks = [
        sentence
        for v in verdicts
        for function, kind, sentence in v.notes
        if kind is Kind.CORRECTNESS and function == name
    ]
    return "pass", "; ".join(sorted(set(remarks))) or f"right in {len(judged)} properties"


def _an_oracle_spoke(suite: Suite, spec: LayerSpec, name: str) -> bool:
    """Whether something that knows the truth passed all that a function answers for.

    A forward without a reference is what its backward is held against: of it nothing is known.
    """
    if isinstance(spec, ObjectSpec):
        asked = [v for v in suite.verdicts if v.layer == spec.name and v.declared.oracle]
        return not asked or any(v.status == "pass" for v in asked)
    wanted = set()
    if name == spec.forward and spec.reference is not None:
        wanted.add("forward")
    if name == spec.judge_of_gradients:
        wanted.add("backward")
    told = {
        side
        for v in suite.verdicts
        if v.layer == spec.name and v.declared.oracle and v.status == "pass"
        for side in (
            ("forward", "backward") if v.declared.judges == "both" else (v.declared.judges,)
        )
    }
    return wanted <= told


def _why_unjudged(suite: Suite, spec: LayerSpec, name: str) -> str:
    """Why no property could tell: most often a forward that gives no result."""
    for verdict in suite.verdicts:
        fault = verdict.fault
        if verdict.layer == spec.name and fault is not None and fault.function != name:
            return f"cannot be judged: {fault.function} {_fault_text(fault)}"
    unsure = [
        f"{v.declared.name} was inconclusive on {v.inconclusive} of {v.examples} examples"
        for v in suite.verdicts
        if v.layer == spec.name and v.declared.oracle and v.status == "inconclusive"
    ]
    return f"cannot be judged: {'; '.join(unsure) or 'no property could tell'}"


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


def _findings(suite: Suite, spec: LayerSpec, name: str, verdicts: list[Verdict]) -> set[str]:
    found = {
        f"{kind.value}: {sentence}"
        for verdict in suite.verdicts
        if verdict.layer == spec.name
        for function, kind, sentence in verdict.notes
        if function == name and kind is not Kind.CORRECTNESS
    }
    reading = suite.readings.get(spec.name)
    if reading is not None and reading is not spec.readings[0] and name == spec.forward:
        found.add(f"convention: {reading.sentence}")
    if spec.readings and name == spec.forward and spec.name not in suite.wrong_forwards:
        docstring = getattr(suite.implementation.functions.get(name), "docstring", "") or ""
        if sentence := contradiction(docstring, reading):
            found.add(f"convention: {sentence}")
    for verdict in verdicts:
        if verdict.kind is Kind.CORRECTNESS or verdict.status not in ("fail", "error"):
            continue
        found.add(f"{verdict.kind.value}: {_text(verdict)}")
    info = suite.implementation.functions.get(name)
    for note in getattr(info, "notes", ()) or ():
        found.add(f"robustness: {note}")
    return found


def _property(
    suite: Suite, spec: LayerSpec, name: str, verdict: Verdict, target: Target, causes: Causes
) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": verdict.declared.name,
        "class": verdict.kind.value,
        "status": verdict.status,
        "examples": verdict.examples,
        "function": name,
        "about": verdict.declared.title,
    }
    if verdict.inconclusive:
        entry["inconclusive"] = verdict.inconclusive
    entry |= {name: encode(value) for name, value in verdict.evidence.items()}
    found = verdict.disagreement
    if found is None:
        if verdict.fault is not None:
            entry["sentence"] = _fault_text(verdict.fault)
            entry["traceback"] = verdict.fault.traceback
            entry |= _call(suite, spec, name, verdict, target)
        return entry
    at = found.index
    entry |= {
        "argument": found.argument,
        "index": list(at) if at is not None else None,
        "got": _entry(found.got, at),
        "wanted": _entry(found.wanted, at),
        "tolerance": _entry(found.tolerance, at),
        "oracle": found.oracle,
        "sentence": found.sentence,
    }
    entry["arrays"] = {
        key: encode(value)
        for key, value in (
            ("got", found.got),
            ("wanted", found.wanted),
            ("tolerance", found.tolerance),
        )
        if value is not None
    }
    entry |= dict(found.extra)
    cause = None if isinstance(spec, ObjectSpec) else causes.of(verdict, spec)
    if cause is not None:
        entry["diagnosis"] = cause.as_json()
    elif verdict.kind is Kind.CORRECTNESS:
        entry["diagnosis"] = _no_known_cause(verdict)
    return entry | _call(suite, spec, name, verdict, target)


def _no_known_cause(verdict: Verdict) -> dict[str, Any]:
    """The diagnosis where nothing in the catalogue explains every failing example."""
    seen = [found for found in verdict.failures if found.wanted is not None]
    many = "example" if len(seen) == 1 else "examples"
    return {
        "misconception": None,
        "sentence": "no known cause",
        "evidence": f"nothing known explains all of {len(seen)} failing {many}",
        "confidence": 0.0,
    }


def _call(
    suite: Suite, spec: LayerSpec, name: str, verdict: Verdict, target: Target
) -> dict[str, Any]:
    """What repeats a failure: inputs, script, command."""
    case = (verdict.disagreement.case if verdict.disagreement else None) or verdict.case
    if case is None:
        return {}
    probe = suite.probe_of(spec)
    inputs = dict(case.args) | ({} if case.dout is None else {"dout": case.dout})
    repeat = (
        f"nndl check {shlex.quote(target.text)} --only {spec.layer} --seed {suite.demands.seed}"
    )
    if suite.demands.profile != "standard":
        repeat += f" --profile {suite.demands.profile}"
    entry: dict[str, Any] = {"inputs": encode(inputs), "repeat": " ".join(repeat.split())}
    if verdict.disagreement is not None:
        header = import_lines(target, suite.implementation, spec.functions)
        write = probe.script if isinstance(probe, ObjectProbe) else _layer_script(probe)
        entry["script"] = write(verdict.disagreement, case, header)
    return entry


def _layer_script(probe: Probe) -> Callable[[Disagreement, Case, str], str]:
    return lambda found, case, header: make_script(found, case, probe, header)


def _entry(array: Any, index: tuple[int, ...] | None) -> Any:
    if array is None:
        return None
    array = np.asarray(array)
    if index is not None and array.ndim == len(index):
        return encode(array[index])
    return encode(array) if array.size == 1 or index is None else None
