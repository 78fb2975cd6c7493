"""Causes of a disagreement: generic relations and named misconceptions.

The names below are imported when they are asked for: the step debugger needs the relations alone,
and the misconceptions bring every reference with them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..judge.suite import Suite
    from .cause import Causes
    from .finding import Diagnosis

_HOMES = {"Causes": ".cause", "Diagnosis": ".finding"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)


def find_causes(suite: Suite) -> Causes:
    """The causes of what a suite found; functions that hang or crash are not run again."""
    from .cause import Causes

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


__all__ = ["Causes", "Diagnosis", "find_causes"]
