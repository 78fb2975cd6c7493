"""Causes of a disagreement: generic relations and named misconceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cause import Causes
from .diagnose import Diagnosis, diagnose

if TYPE_CHECKING:
    from ..suite import Suite


def find_causes(suite: Suite) -> Causes:
    """The causes of what a suite found; functions that hang or crash are not run again."""
    deadly = {
        verdict.layer
        for verdict in suite.verdicts
        if verdict.fault is not None and verdict.fault.status in ("timeout", "crashed")
    }
    return Causes(
        suite.implementation,
        readings=suite.readings,
        wrong_forwards=suite.wrong_forwards,
        untouched=frozenset(deadly),
    )


__all__ = ["Causes", "Diagnosis", "diagnose", "find_causes"]
