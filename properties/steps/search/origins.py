"""A mistake that was found: where it is, and what the right value would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...edits import Edit
from ..evidence.adjoints import Adjoint
from ..evidence.findings import Finding, Slot
from ..values import Array

__all__ = ["Actions", "Origin", "opposite", "put_right", "shaped"]

# Per case, the values that are put in the place of others: (phase, probe, turn, "set", value).
Actions = Sequence[Sequence[list[Any]]]


@dataclass(frozen=True, slots=True)
class Origin:
    """An independent mistake.

    finding : the step where it shows; `line` and `name` are where it is.
    edit : the small change that would make it right, when there is one.
    right : per case, the right value of `slot`, when known.
    doubt : how far-fetched two changes may be that are preferred to this mistake.
    actions : per case, what puts the step right in every turn of a loop.
    line : the line before which a statement is missing, 0 for none; `lacks` is that statement.
    """

    slot: Slot
    finding: Finding
    got: tuple[Array, ...]
    right: tuple[Array, ...] | None
    edit: Edit | None
    suspects: tuple[int, ...]
    heals: bool
    doubt: float = 4.0
    actions: Actions | None = None
    line: int = 0
    lacks: str = ""


def put_right(finding: Finding, values: Sequence[Array]) -> Origin:
    """The mistake that a value puts right."""
    return Origin(finding.slot, finding, finding.got, tuple(values), None, (), True, 0.0)


def opposite(values: Sequence[Array], got: Sequence[Array]) -> bool:
    return len(values) == len(got) and all(
        a.shape == b.shape and a.dtype.kind == b.dtype.kind == "f" and np.allclose(a, -b)
        for a, b in zip(values, got, strict=True)
    )


def shaped(wanted: Sequence[Adjoint], got: Sequence[Array]) -> list[Array]:
    """The right values in the shape that the backward uses."""
    return [
        w.value.reshape(g.shape) if w.value.size == g.size else w.value
        for w, g in zip(wanted, got, strict=True)
    ]
