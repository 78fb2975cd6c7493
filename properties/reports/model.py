"""What a report is made of: the values that reading a record gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from .arrays import Array, Floats

Status = Literal["pass", "fail", "error", "missing", "inconclusive", "skipped", "noted", "none"]
CLASSES = ("correctness", "convention", "robustness")
_ORDER = ("error", "fail", "noted", "inconclusive", "missing", "skipped", "pass", "none")


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """The likely cause, as the record names it."""

    misconception: str
    sentence: str
    evidence: str
    confidence: str


@dataclass(frozen=True, kw_only=True)
class Series:
    """A quantity over the calls of an example, or over its slices: what was got and wanted."""

    name: str
    over: str
    lines: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Finite-difference error against step size.

    ``chosen`` is the index of the step with the smallest error, ``estimate`` the derivative and
    ``uncertainty`` the estimate of its error.
    """

    steps: tuple[float, ...]
    errors: tuple[float, ...]
    chosen: int | None
    estimate: float | None
    uncertainty: float | None


@dataclass(frozen=True, kw_only=True)
class Arrays:
    """The arrays of a failing example; ``diff`` and ``wrong`` are None when a part is missing."""

    inputs: Mapping[str, Array]
    got: Array | None
    wanted: Array | None
    tolerance: Array | None
    diff: Floats | None
    wrong: np.ndarray[Any, np.dtype[np.bool_]] | None


@dataclass(frozen=True, kw_only=True)
class PropertyResult:
    """One property of one function."""

    name: str
    cls: str
    status: Status
    examples: int
    argument: str = ""
    index: tuple[tuple[int, ...], ...] = ()
    got: str = ""
    wanted: str = ""
    tolerance: str = ""
    oracle: str = ""
    sentence: str = ""
    script: str = ""
    repeat: str = ""
    diagnosis: Diagnosis | None = None
    arrays: Arrays | None = None
    curve: Curve | None = None
    one_sided: Mapping[str, str] = field(default_factory=dict)
    series: tuple[Series, ...] = ()
    table: tuple[Mapping[str, str], ...] = ()
    traceback: str = ""
    about: str = ""

    @property
    def title(self) -> str:
        """The name with blanks."""
        return self.name.replace("_", " ")


def _tells_least(p: PropertyResult) -> tuple[int, int, int]:
    """Sort key: what counts most and shows most comes first; otherwise the record's order."""
    rank = CLASSES.index(p.cls) if p.cls in CLASSES else len(CLASSES)
    return (rank, 0 if p.diagnosis else 1, 0 if p.arrays or p.script else 1)


@dataclass(frozen=True, kw_only=True)
class FunctionResult:
    """One function of the contract."""

    name: str
    layer: str
    status: Status
    detail: str
    findings: tuple[str, ...]
    properties: tuple[PropertyResult, ...]
    file: str = ""
    line: int | None = None
    printed: str = ""

    @property
    def failures(self) -> tuple[PropertyResult, ...]:
        """Properties that failed or broke and count, those with most to show first."""
        bad = [p for p in self.properties if p.status in ("fail", "error")]
        return tuple(sorted(bad, key=_tells_least))

    @property
    def noted(self) -> tuple[PropertyResult, ...]:
        """Properties that failed and do not count."""
        return tuple(p for p in self.properties if p.status == "noted")


@dataclass(frozen=True, kw_only=True)
class Report:
    """A whole record."""

    kind: str
    path: str
    profile: str
    seed: str
    verdict: str
    complete: bool
    strict: bool
    elapsed: float | None
    functions: tuple[FunctionResult, ...]
    notes: tuple[str, ...]
    versions: Mapping[str, str]

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers in the record's order."""
        return tuple(dict.fromkeys(f.layer for f in self.functions))

    def with_status(self, *statuses: str) -> tuple[FunctionResult, ...]:
        """Functions whose status is one of these."""
        return tuple(f for f in self.functions if f.status in statuses)


def worst(statuses: Sequence[Status]) -> Status:
    """The most alarming of some statuses; ``none`` when there are none.

    >>> worst(["pass", "inconclusive", "fail"])
    'fail'
    """
    return min(statuses, key=_ORDER.index, default="none")
