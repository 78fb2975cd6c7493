"""What is said of a failure."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass
from typing import Any

from ..layers.sources import SOURCES
from ..spec.misconception import Misconception
from ..spec.row import LayerSpec

# Factors that a second mistake leaves; others are more often an accident.
SIMPLE = ("2", "½", "−1", "N", "1/N", "D", "1/D", "C", "1/C", "M", "1/M", "Dd", "1/Dd")
ENOUGH = 2  # cases: on a single one many formulas agree by accident


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What is said of a failure. ``entry`` is the catalogue's, none for a relation.

    ``parts`` are functions of the same code that are wrong on their own, where with them, put
    together rightly, the failure is what comes out.
    """

    misconception: str
    sentence: str
    evidence: str
    confidence: float
    entry: Misconception | None = None
    parts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key of the entry, empty for a relation."""
        return self.entry.key if self.entry is not None else ""

    def as_json(self) -> dict[str, Any]:
        """The record's entry."""
        return {
            "misconception": self.misconception,
            "sentence": self.sentence,
            "evidence": self.evidence,
            "confidence": round(self.confidence, 2),
            **(seen_in_public(self.entry) if self.entry is not None else {}),
        }


def seen_in_public(entry: Misconception) -> dict[str, Any]:
    """Where the mistake was seen: its first address, one of a neighbouring form after the others.

    >>> from properties.layers import HUBER
    >>> seen_in_public(HUBER.misconceptions[1])
    {'seen_in_public': 'https://github.com/h2oai/h2o-3/pull/6015', 'neighbouring': False}
    """
    first = min(entry.source, key=lambda key: key.startswith("~"), default="")
    if not first:
        return {}
    return {"seen_in_public": SOURCES[first.lstrip("~")], "neighbouring": first.startswith("~")}


def as_named(misconception: Misconception, evidence: str, confidence: float) -> Diagnosis:
    """The diagnosis that says what a misconception says."""
    return Diagnosis(
        misconception=misconception.name,
        sentence=misconception.sentence,
        evidence=evidence,
        confidence=confidence,
        entry=misconception,
    )


def cases_of(seen: Sized) -> str:
    """How many cases an evidence rests on, in words."""
    return "1 case" if len(seen) == 1 else f"{len(seen)} cases"


def entries(row: LayerSpec, function: str, argument: str) -> tuple[Misconception, ...]:
    """The misconceptions of one output, gradient or state of a function."""
    return tuple(m for m in row.misconceptions if m.function == function and m.argument == argument)
