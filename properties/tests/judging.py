"""Judge code of a few lines in this process, without the cost of a subprocess or a session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from properties.checks import all_properties
from properties.commands.gather import gather, nodes
from properties.commands.job import Job
from properties.diagnosis import observe_with_parts
from properties.implementation import Implementation, resolve_target
from properties.judge.plan import plan
from properties.judge.suite import Suite, by_row
from properties.record.build import build
from properties.record.schema import plain
from properties.spec.demands import Demands
from properties.spec.row import LayerSpec

RIGHT = """
import numpy as np
def affine_forward(x, w, b):
    return x.reshape(x.shape[0], w.shape[0]) @ w + b, (x, w, b)
def affine_backward(dout, cache):
    x, w, b = cache
    flat = x.reshape(x.shape[0], w.shape[0])
    return (dout @ w.T).reshape(x.shape), flat.T @ dout, dout.sum(axis=0)
def relu_forward(x):
    return np.maximum(x, 0), x
def relu_backward(dout, cache):
    return dout * (cache > 0)
"""


def record_of(
    target: Path | str,
    *,
    only: str = "",
    extra: Sequence[LayerSpec] = (),
    profile: str = "quick",
    strict: bool = False,
    shrink: bool = True,
    dropout_p: str | None = None,
    through: Callable[[Implementation], Implementation] = lambda implementation: implementation,
) -> dict[str, Any]:
    """The record of a target; ``through`` stands between the suite and the implementation."""
    chosen = frozenset(name for name in only.split(",") if name)
    demands = Demands(profile=profile, strict=strict, shrink=shrink, dropout_p=dropout_p)
    job = Job(target=str(target), demands=demands, only=chosen, in_process=True)
    found = resolve_target(str(target))
    rows = (*job.suite().specs, *extra)
    suite = Suite(
        open_implementation=lambda: through(job.open(found, rows)),
        specs=rows,
        demands=demands,
        planned=plan(rows, all_properties()),
        observe=observe_with_parts,
    )
    try:
        for cells in by_row(suite.planned):
            suite.judge(cells)
        return plain(build(gather(suite, found), found, demands, planned=nodes(suite)))
    finally:
        suite.close()


def entry_of(record: dict[str, Any], name: str) -> dict[str, Any]:
    """What a record says of one function."""
    return next(entry for entry in record["functions"] if entry["name"] == name)


def property_of(entry: dict[str, Any], name: str) -> dict[str, Any]:
    """What one property says of a function."""
    return next(found for found in entry["properties"] if found["name"] == name)
