"""Causes of a disagreement: generic relations and named misconceptions.

``observe`` collects what a cause may be recognised by, where the code is judged; ``find_cause``
tells it from that, and runs nothing. The names are imported when they are asked for: the step
debugger needs the relations alone, and the misconceptions bring every reference with them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..judge.suite import Suite
    from .cause import find_cause
    from .causes import Causes
    from .finding import Diagnosis
    from .observation import observe

_HOMES = {
    "Causes": ".causes",
    "Diagnosis": ".finding",
    "find_cause": ".cause",
    "observe": ".observation",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)


def find_causes(suite: Suite) -> Causes:
    """The causes of what a suite found; functions that hang or crash are not run again."""
    from .causes import Causes

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


__all__ = ["Causes", "Diagnosis", "find_cause", "find_causes", "observe"]
