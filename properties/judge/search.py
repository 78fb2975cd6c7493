"""Judge one property of one layer: draw examples, find the smallest wrong one."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from ..spec.case import Case
from ..spec.demands import Demands
from .minimise import minimise
from .mismatch import Disagreement, Fault, Inconclusive, Kind, Mismatch, Unsuitable
from .property import Property
from .subjects.functions import Probe

_KEPT = 12  # failing examples kept for the diagnosis


@dataclass(kw_only=True)
class Verdict:
    """What one property says of one layer."""

    declared: Property
    layer: str
    functions: tuple[str, ...]
    status: str = "pass"
    examples: int = 0
    inconclusive: int = 0
    disagreement: Disagreement | None = None
    fault: Fault | None = None
    case: Case | None = None
    seed: int = 0
    notes: dict[tuple[str, Kind, str], int] = field(default_factory=dict)
    failures: list[Disagreement] = field(default_factory=list)
    printed: dict[str, str] = field(default_factory=dict)

    @property
    def function(self) -> str:
        """The function that a failure is laid at."""
        if self.disagreement is not None:
            return self.disagreement.function
        if self.fault is not None:
            return self.fault.function
        return self.functions[0]

    @property
    def kind(self) -> Kind:
        """The class of what was found: a property's own, unless the finding says otherwise."""
        found = self.disagreement.kind if self.disagreement is not None else None
        return found or self.declared.kind


def judge(declared: Property, probe: Probe, demands: Demands) -> Verdict:
    """Judge a property on one layer of one implementation."""
    verdict = Verdict(
        declared=declared, layer=probe.spec.name, functions=declared.functions(probe.spec)
    )
    probe.notes = verdict.notes
    probe.printed = verdict.printed
    probe.blames = verdict.functions[0]
    cases = probe.spec.cases(declared.purpose)
    assert cases is not None
    _search(verdict, probe, demands, cases)
    if verdict.disagreement is not None and verdict.case is not None:
        if demands.shrink:
            _shrink_values(verdict, probe)
    elif verdict.fault is not None:
        verdict.status = "error"
    elif 2 * verdict.inconclusive > verdict.examples or not verdict.examples:
        verdict.status = "inconclusive"
    return verdict


def _search(
    verdict: Verdict, probe: Probe, demands: Demands, cases: st.SearchStrategy[Case]
) -> None:
    declared = verdict.declared
    examples = max(5, round(demands.examples * declared.weight))
    options = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if demands.shrink else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    last: dict[str, Any] = {}
    judges_backward = declared.judges == "backward"

    @seed(demands.seed)
    @options
    @given(st.tuples(cases, st.integers(0, 2**20)))
    def example(drawn: tuple[Case, int]) -> None:
        case, number = drawn
        if verdict.fault is not None and verdict.fault.is_final:
            return
        verdict.examples += "failed" not in last
        try:
            declared.body(probe, case, np.random.Generator(np.random.SFC64(number)))
        except Unsuitable:
            verdict.examples -= "failed" not in last
        except Inconclusive:
            verdict.inconclusive += 1
        except Mismatch as mismatch:
            mismatch.with_case(case)
            last.update(failed=mismatch, case=case, seed=number)
            if len(verdict.failures) < _KEPT:
                verdict.failures.append(mismatch.disagreement)
            raise
        except Fault as fault:
            if judges_backward and fault.function != verdict.function and not fault.is_final:
                verdict.examples -= "failed" not in last
                return  # the forward answers for it; the backward is judged where there is one
            last.update(failed=fault, case=case, seed=number)
            if fault.is_final:
                verdict.fault, verdict.case = fault, case
                return
            raise

    try:
        with contextlib.redirect_stdout(io.StringIO()):
            example()
    except (Mismatch, Fault, HypothesisException):
        # Flaky: an implementation that answers differently each time is judged by its last answer.
        if not isinstance(last.get("failed"), (Mismatch, Fault)):
            raise
    failed = last.get("failed")
    if isinstance(failed, Mismatch):
        verdict.status = "fail"
        verdict.disagreement = failed.disagreement
        verdict.case, verdict.seed = last["case"], last["seed"]
    elif isinstance(failed, Fault):
        verdict.fault, verdict.case, verdict.seed = failed, last["case"], last["seed"]


def _shrink_values(verdict: Verdict, probe: Probe) -> None:
    """Replace the values of the failing case by simpler ones that fail in the same way."""
    assert verdict.case is not None
    assert verdict.disagreement is not None
    wanted = (verdict.disagreement.function, verdict.disagreement.argument)
    found: dict[str, Disagreement] = {}

    def fails(case: Case) -> bool:
        rng = np.random.Generator(np.random.SFC64(verdict.seed))
        try:
            verdict.declared.body(probe, case, rng)
        except Mismatch as mismatch:
            mismatch.with_case(case)
            same = (mismatch.disagreement.function, mismatch.disagreement.argument) == wanted
            if same and mismatch.disagreement.kind == verdict.disagreement.kind:  # type: ignore[union-attr]
                found["last"] = mismatch.disagreement
                return True
        except (Fault, Inconclusive, ValueError):
            return False
        return False

    notes = dict(probe.notes)
    smallest = minimise(verdict.case, fails)
    probe.notes.clear()
    probe.notes.update(notes)
    if fails(smallest):
        verdict.case = smallest
        verdict.disagreement = found["last"]
