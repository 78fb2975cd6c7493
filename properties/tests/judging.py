"""Judge code of a few lines in this process, without the cost of a subprocess or a session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from properties.commands.check import all_properties
from properties.commands.plugin import make_suite
from properties.implementation import Implementation, resolve_target
from properties.record.build import make_record
from properties.spec.demands import Demands
from properties.spec.row import LayerSpec


def record_of(
    target: Path | str,
    *,
    only: str = "",
    extra: Sequence[LayerSpec] = (),
    profile: str = "quick",
    strict: bool = False,
    through: Callable[[Implementation], Implementation] = lambda implementation: implementation,
) -> dict[str, Any]:
    """The record of a target; ``through`` stands between the suite and the implementation."""
    chosen = frozenset(name for name in only.split(",") if name)
    demands = Demands(profile=profile, strict=strict)
    suite = make_suite(str(target), demands, extra=tuple(extra), only=chosen, in_process=True)
    opened = suite.open_implementation
    suite.open_implementation = lambda: through(opened())
    try:
        cells = [(p, spec) for spec in suite.specs for p in all_properties() if p.concerns(spec)]
        suite.planned = len(cells)
        for declared, spec in cells:
            suite.judge(declared, spec)
        return make_record(suite, resolve_target(str(target)), required=frozenset())
    finally:
        suite.close()


def entry_of(record: dict[str, Any], name: str) -> dict[str, Any]:
    """What a record says of one function."""
    return next(entry for entry in record["functions"] if entry["name"] == name)


def property_of(entry: dict[str, Any], name: str) -> dict[str, Any]:
    """What one property says of a function."""
    return next(found for found in entry["properties"] if found["name"] == name)
