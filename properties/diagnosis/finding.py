"""What is said of a failure."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass
from typing import Any

from ..spec.misconception import Misconception
from ..spec.row import LayerSpec

# Factors that a second mistake leaves; others are more often an accident.
SIMPLE = ("2", "½", "−1", "N", "1/N", "D", "1/D", "C", "1/C", "M", "1/M", "Dd", "1/Dd")
ENOUGH = 2  # cases: on a single one many formulas agree by accident


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What is said of a failure. ``key`` is the catalogue's, empty for a relation.

    ``parts`` are functions of the same code that are wrong on their own, where with them, put
    together rightly, the failure is what comes out.
    """

    misconception: str
    sentence: str
    evidence: str
    confidence: float
    key: str = ""
    parts: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The record's entry."""
        return {
            "misconception": self.misconception,
            "sentence": self.sentence,
            "evidence": self.evidence,
            "confidence": round(self.confidence, 2),
        }


def as_named(misconception: Misconception, evidence: str, confidence: float) -> Diagnosis:
    """The diagnosis that says what a misconception says."""
    return Diagnosis(
        misconception=misconception.name,
        sentence=misconception.sentence,
        evidence=evidence,
        confidence=confidence,
        key=misconception.key,
    )


def cases_of(seen: Sized) -> str:
    """How many cases an evidence rests on, in words."""
    return "1 case" if len(seen) == 1 else f"{len(seen)} cases"


def entries(row: LayerSpec, function: str, argument: str) -> tuple[Misconception, ...]:
    """The misconceptions of one output, gradient or state of a function."""
    return tuple(m for m in row.misconceptions if m.function == function and m.argument == argument)
