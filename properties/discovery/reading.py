"""Readings of a derivative, and what is true under each of them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import names
from .calling import Plan
from .locating import Leaf
from .pairs import Pairing
from .trying import Seen

Array = Any


def leaves_of(seen: Sequence[Seen], plan: Plan, reading: str) -> list[Leaf] | None:
    """Inputs with their true gradients under a reading; None when it does not apply."""
    found: list[Leaf] = []
    paths = [p for p in seen[0].truth.leaves if all(p in one.truth.leaves for one in seen)]
    for path in paths:
        wanted, bounds = [], []
        for one in seen:
            value = _wanted(one, plan, reading, path)
            if value is None:
                break
            wanted.append(value[0])
            bounds.append(value[1])
        if len(wanted) == len(seen):
            also = dict(seen[0].example.reply.get("aliases", ())).get(path, "")
            found.append(Leaf(path, tuple(wanted), tuple(bounds), str(also)))
    depends = [leaf for leaf in found if any(np.any(w != 0.0) for w in leaf.wanted)]
    labels = [leaf for leaf in depends if leaf.name.lower() in names.TARGETS]
    others = [p for p in paths if p.rpartition("/")[2].lower() not in names.TARGETS]
    if len(labels) == len(depends) < len(paths) and others:
        return None  # the reading applies to labels alone
    return depends or None


def _wanted(one: Seen, plan: Plan, reading: str, path: str) -> tuple[Array, Array] | None:
    output = plan.outputs[0]
    value = one.truth.outputs[output][0]
    if reading == "product":
        given = dict(zip(plan.outputs, one.upstream, strict=False))
        return one.truth.product(path, given)
    if reading == "sum":
        return one.truth.product(path, {output: np.ones(value.shape)})
    if reading in ("mean", "rows"):
        if not value.ndim:
            return None
        count = value.size if reading == "mean" else value.shape[0]
        return one.truth.product(path, {output: np.full(value.shape, 1.0 / max(count, 1))})
    if len(plan.outputs) > 1:  # the entries of a vector one by one
        parts = [one.truth.jacobian(path, each) for each in plan.outputs]
        return np.stack([value for value, _ in parts]), np.stack([bound for _, bound in parts])
    jacobian, bound = one.truth.jacobian(path, output)
    shape = one.truth.leaves[path]
    n = value.size
    if reading == "jacobian":
        return jacobian, bound
    if shape != value.shape:
        return None
    if reading == "entries":
        square, off = jacobian.reshape(n, n), bound.reshape(n, n)
        if np.any(square[~np.eye(n, dtype=bool)] != 0.0):
            return None
        return np.diag(square).reshape(shape), np.diag(off).reshape(shape)
    if value.ndim != 2:
        return None
    rows = np.arange(shape[0])
    return jacobian[rows, :, rows, :], bound[rows, :, rows, :]


def readings(pairing: Pairing, plan: Plan, seen: Seen) -> list[str]:
    """Readings that are possible, likeliest first."""
    if plan.upstreams or pairing.slope is not None:
        return ["product"]
    if len(plan.outputs) > 1:
        return ["jacobian"]
    value = seen.truth.outputs[plan.outputs[0]][0]
    if value.size == 1 and not value.ndim:
        return ["sum"]
    loss = set(names.words(pairing.forward.name)) & (names.VALUE - {"residual", "residuals", "fun"})
    if loss and pairing.kind != "second":
        return ["entries", "sum", "rows", "mean"]
    if _ignores_upstream(pairing):
        return []
    if pairing.kind in ("local", "flag", "joint"):
        return ["entries", "jacobian", "jacobians", "sum", "rows", "mean"]
    if pairing.kind == "second":
        return ["jacobian"]
    return ["sum", "rows", "mean", "entries", "jacobian", "jacobians"]


def _ignores_upstream(pairing: Pairing) -> bool:
    """Whether a backward has to be given an upstream derivative, by its name, and never reads it.

    Without one it would be right only where that is one; a loss, which is a number, may leave it.
    """
    if pairing.backward is None:
        return False
    nodes = [node for node in pairing.backward.walk() if isinstance(node, ast.Name)]
    read = {node.id for node in nodes}
    given = [p.name for p in pairing.backward.parameters if p.required]
    known = set(pairing.forward.names)
    return any(n in names.UPSTREAM and n not in read and n not in known for n in given)
