"""Code under test: found, loaded into a process of its own, and called.

>>> target = resolve_target("bundled")  # doctest: +SKIP
>>> with open_implementation(target, names=["relu_forward"]) as implementation:  # doctest: +SKIP
...     [outcome] = implementation.run([Call("relu_forward", (x,))])
"""

from __future__ import annotations

from .child.values import (
    IDENTITY,
    IN_CHILD,
    Call,
    FunctionInfo,
    Handle,
    Laid,
    Outcome,
    Ref,
    Undecodable,
)
from .client import Implementation, open_implementation
from .defined import defined_names
from .isolation import Held, NotIsolated
from .limits import Limits
from .target import NothingDefined, NotStarted, Target, TargetError, resolve_target

__all__ = [
    "IDENTITY",
    "IN_CHILD",
    "Call",
    "FunctionInfo",
    "Handle",
    "Held",
    "Implementation",
    "Laid",
    "Limits",
    "NotIsolated",
    "NotStarted",
    "NothingDefined",
    "Outcome",
    "Ref",
    "Target",
    "TargetError",
    "Undecodable",
    "defined_names",
    "open_implementation",
    "resolve_target",
]
