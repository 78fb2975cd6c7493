"""What one property says of one row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..spec.case import Case
from .mismatch import Disagreement, Fault, Kind
from .property import Property


@dataclass(kw_only=True)
class Verdict:
    """What one property says of one row; a plain value that can be pickled.

    ``examples`` counts the cases judged up to and with the first wrong one; ``failures`` are the
    first disagreements, as they were drawn; ``lines`` make and call an object as its case says;
    ``unasked`` says why nothing was asked, where that is so; ``broken`` is the traceback where the
    property itself failed, which says nothing of the code under test.
    """

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
    printed: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)
    failures: list[Disagreement] = field(default_factory=list)
    unasked: str = ""
    lines: tuple[str, ...] = ()
    broken: str = ""

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
        final = verdict.fault is not None and verdict.fault.is_final
        return strict or verdict.kind is Kind.CORRECTNESS or final
    if verdict.status == "fail":
        return strict or verdict.kind is Kind.CORRECTNESS
    noted = any(kind is not Kind.CORRECTNESS for _, kind, _ in verdict.notes)
    return strict and noted
