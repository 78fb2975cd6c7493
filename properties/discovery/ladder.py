r"""The derivative of the code's own forward, by rungs that check each other.

1. Dual numbers with a rounding bound, carried through the code in the child.
2. Steps along the imaginary axis, where the code is analytic and stays complex.
3. Difference quotients of plain runs, extrapolated to step zero with an error estimate.

Where the first speaks, one random direction of the third has to agree with it in the first
examples; the second is confirmed so every time. At exact ties and kinks the first gives a slope,
and how far those of the other sides reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from reference.extrapolation import richardson

from .session import Session

Array = Any
_UNIT = 2.0**-53
STEPS = 2.0 ** -np.arange(7.0, 13.0)
RUNGS = ("dual", "complex", "extrapolation")
_KINK = 1e-6
"""Compared values that are closer than this, in units of one, make a kink possible."""
MOST_ENTRIES = 240


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The Jacobian of some outputs with respect to some leaves, with a bound of its error.

    Attributes
    ----------
    leaves : mapping
        Path of a leaf to the shape it has.
    outputs : mapping
        Path of an output to (value, Jacobian of shape (*S, K), bound of the same shape).
    rung : str
        ``dual``, ``complex`` or ``extrapolation``.
    bends : bool
        Whether the forward compares anything, so that it may have kinks.
    reach : mapping
        At kinks: path of an output to how far the derivatives of other sides lie from the Jacobian.
    """

    leaves: Mapping[str, tuple[int, ...]]
    outputs: Mapping[str, tuple[Array, Array, Array]]
    rung: str
    unit: float = _UNIT
    bends: bool = False
    reach: Mapping[str, Array] = field(default_factory=dict)

    def reaching(self) -> Truth:
        """How far the sides of kinks reach, in the place of the Jacobian."""
        outputs = {
            path: (value, self.reach[path], np.zeros_like(error))
            for path, (value, _, error) in self.outputs.items()
        }
        return replace(self, outputs=outputs, reach={})

    def columns(self, leaf: str) -> slice:
        """Where the directions of a leaf stand."""
        first = 0
        for path, shape in self.leaves.items():
            size = int(np.prod(shape, dtype=int))
            if path == leaf:
                return slice(first, first + size)
            first += size
        raise KeyError(leaf)

    def product(self, leaf: str, upstreams: Mapping[str, Array]) -> tuple[Array, Array]:
        """The vector-Jacobian product for upstream derivatives, and its bound."""
        where, shape = self.columns(leaf), self.leaves[leaf]
        total, bound = np.zeros(where.stop - where.start), np.zeros(where.stop - where.start)
        for path, upstream in upstreams.items():
            value, jacobian, error = self.outputs[path]
            rows = np.broadcast_to(upstream, value.shape).reshape(-1)
            part = jacobian.reshape(rows.size, -1)[:, where]
            off = error.reshape(rows.size, -1)[:, where]
            size = np.abs(rows)
            total = total + rows @ part
            bound = bound + size @ (off + (rows.size + 4) * self.unit * np.abs(part))
        return total.reshape(shape), bound.reshape(shape)

    def jacobian(self, leaf: str, output: str) -> tuple[Array, Array]:
        """The Jacobian, of shape output + leaf, and its bound."""
        where, shape = self.columns(leaf), self.leaves[leaf]
        value, jacobian, error = self.outputs[output]
        full = (*value.shape, *shape)
        return jacobian[..., where].reshape(full), error[..., where].reshape(full)


class Unclear(Exception):
    """No rung can say what the derivative is here; the example decides nothing."""


class Disagree(Unclear):
    """Two rungs say different things: neither is believed."""


def truth(
    session: Session,
    request: Mapping[str, Any],
    leaves: Mapping[str, Array],
    outputs: Sequence[str],
    *,
    confirm: np.random.Generator | None = None,
    rungs: Sequence[str] = RUNGS,
) -> Truth:
    """Ask the rungs, the most exact first.

    Parameters
    ----------
    request
        The forward with its values.
    leaves
        Values by path.
    outputs
        Paths of the outputs.
    confirm
        With a generator, a dual result is confirmed along one random direction.
    rungs
        Those that may speak.

    Raises
    ------
    Unclear
        A kink is too near, the rungs disagree, or none works.
    """
    shapes = {path: np.shape(value) for path, value in leaves.items()}
    entries = sum(int(np.prod(shape, dtype=int)) for shape in shapes.values())
    if entries == 0:
        raise Unclear("there is nothing to derive with respect to")
    if entries > 4 * MOST_ENTRIES:
        raise Unclear(f"{entries} entries are too many to derive by each")
    result = _carried(session, request, shapes, outputs) if "dual" in rungs else None
    if result is not None:
        if confirm is not None:
            _confirm(session, request, result, confirm, leaves)
        return result
    if entries > MOST_ENTRIES:
        raise Unclear(f"{entries} entries are too many for difference quotients")
    stepped = _imaginary(session, request, shapes, outputs) if "complex" in rungs else None
    return stepped or _extrapolated(session, request, shapes, outputs)


def truth_at_kinks(
    session: Session,
    request: Mapping[str, Any],
    leaves: Mapping[str, Array],
    outputs: Sequence[str],
) -> Truth:
    """The derivative where values tie, and how far the derivatives of other sides reach.

    Raises
    ------
    Unclear
        The value jumps, there are too many ties, or duals cannot be carried.
    """
    shapes = {path: np.shape(value) for path, value in leaves.items()}
    asked = {**request, "mode": "dual", "leaves": list(leaves), "outputs": list(outputs)}
    reply = session.trial({**asked, "kinks": True})
    if len(reply.get("outputs", ())) != len(outputs) or float(reply["margin"]) < _KINK:
        raise Unclear(str(reply.get("lost", "a kink or a tie lies too near")))
    found = _read(reply)
    reach = {str(row[0]): np.asarray(row[5]) for row in reply["outputs"]}
    result = Truth(shapes, found, "dual", float(reply["unit"]), reach=reach)
    _must_be_finite(result)
    return result


def _read(reply: Mapping[str, Any]) -> dict[str, tuple[Array, Array, Array]]:
    """Value, Jacobian and its bound of each output."""
    return {
        str(row[0]): (np.asarray(row[1]), np.asarray(row[2]), np.asarray(row[4]))
        for row in reply["outputs"]
    }


def _carried(
    session: Session,
    request: Mapping[str, Any],
    shapes: Mapping[str, tuple[int, ...]],
    outputs: Sequence[str],
) -> Truth | None:
    """The first rung; None when it cannot speak."""
    asked = {**request, "mode": "dual", "leaves": list(shapes), "outputs": list(outputs)}
    reply = session.trial(asked)
    if len(reply.get("outputs", ())) != len(outputs):
        return None
    if float(reply["margin"]) < _KINK:
        raise Unclear("a kink or a tie lies at this example")
    result = Truth(shapes, _read(reply), "dual", float(reply["unit"]), bool(reply["bends"]))
    _must_be_finite(result)
    return result


def _imaginary(
    session: Session,
    request: Mapping[str, Any],
    shapes: Mapping[str, tuple[int, ...]],
    outputs: Sequence[str],
) -> Truth | None:
    """The second rung; None when it cannot speak or the third does not agree."""
    asked = {**request, "mode": "complex", "leaves": list(shapes), "outputs": list(outputs)}
    reply = session.trial(asked)
    if len(reply.get("outputs", ())) != len(outputs):
        return None
    result = Truth(shapes, _read(reply), "complex")
    try:
        _must_be_finite(result)
        _confirm(session, request, result, np.random.default_rng(5))
    except Unclear:
        return None
    return result


def _must_be_finite(result: Truth) -> None:
    if any(v.size == 0 for v, _, _ in result.outputs.values()):
        raise Unclear("the output is empty at this example")
    if not all(np.isfinite(t).all() for _, t, _ in result.outputs.values()):
        raise Unclear("the derivative is not finite")


def _evaluated(
    session: Session,
    request: Mapping[str, Any],
    shifts: Sequence[tuple[Mapping[str, Array], float]],
    outputs: Sequence[str],
) -> list[list[Array]]:
    sent = [[dict(direction), float(step)] for direction, step in shifts]
    reply = session.trial({**request, "mode": "points", "shifts": sent, "outputs": list(outputs)})
    if "rows" not in reply:
        raise Unclear(f"the forward fails beside the example: {reply['error']['message']}")
    return [[np.asarray(value) for value in row] for row in reply["rows"]]


def _slopes(rows: Sequence[Sequence[Array]], index: int) -> tuple[Array, Array, Array]:
    """Derivative of one output along a direction, its error, and the value in the middle."""
    values = np.stack([row[index] for row in rows])
    middle, plus, minus = values[0], values[1::2], values[2::2]
    n = len(STEPS)
    plus, minus = plus.reshape(n, -1), minus.reshape(n, -1)
    level = float(np.abs(values).max(initial=0.0)) + 1e-300
    estimate = richardson(plus, minus, STEPS, 32.0 * _UNIT * level)
    bend = np.abs(plus[-2:] - 2.0 * middle.reshape(-1) + minus[-2:]) / STEPS[-2:, None]
    # Halving the step halves the bend of what is smooth; at a kink it stays.
    stays = (bend[1] > 0.75 * bend[0]) & (bend[1] * STEPS[-1] > 256.0 * _UNIT * level)
    if stays.any():
        raise Unclear("a kink lies at this example")
    shape = middle.shape
    return estimate.value.reshape(shape), estimate.error.reshape(shape), middle


def _shifts(direction: Mapping[str, Array]) -> list[tuple[Mapping[str, Array], float]]:
    shifts: list[tuple[Mapping[str, Array], float]] = [(direction, 0.0)]
    for step in STEPS:
        shifts += [(direction, float(step)), (direction, -float(step))]
    return shifts


def _extrapolated(
    session: Session,
    request: Mapping[str, Any],
    shapes: Mapping[str, tuple[int, ...]],
    outputs: Sequence[str],
) -> Truth:
    columns: list[list[tuple[Array, Array]]] = [[] for _ in outputs]
    middles: list[Array] = []
    directions = []
    for path, shape in shapes.items():
        for i in range(int(np.prod(shape, dtype=int))):
            unit = np.zeros(shape)
            unit.reshape(-1)[i] = 1.0
            directions.append({path: unit})
    per = 1 + 2 * len(STEPS)
    for first in range(0, len(directions), 40):
        chunk = directions[first : first + 40]
        rows = _evaluated(session, request, [s for d in chunk for s in _shifts(d)], outputs)
        for j in range(len(chunk)):
            part = rows[j * per : (j + 1) * per]
            for index in range(len(outputs)):
                derivative, error, middle = _slopes(part, index)
                columns[index].append((derivative, error))
                if len(middles) <= index:
                    middles.append(middle)
    if len(middles) < len(outputs):
        raise Unclear("there is nothing to derive with respect to")
    found = {
        path: (
            middles[i],
            np.stack([c[0] for c in columns[i]], axis=-1),
            np.stack([c[1] for c in columns[i]], axis=-1),
        )
        for i, path in enumerate(outputs)
    }
    return Truth(shapes, found, "extrapolation")


def _confirm(
    session: Session,
    request: Mapping[str, Any],
    result: Truth,
    rng: np.random.Generator,
    leaves: Mapping[str, Array] | None = None,
) -> None:
    """Let the second rung check the first along one random direction."""
    direction = {path: rng.standard_normal(shape) / 4.0 for path, shape in result.leaves.items()}
    for path, value in (leaves or {}).items():
        if np.ndim(value) == 2 and np.array_equal(value, np.transpose(value)):
            # Off the symmetric matrices code that reads one triangle is another function.
            direction[path] = (direction[path] + direction[path].T) / 2.0
    flat = np.concatenate([np.ravel(v) for v in direction.values()] or [np.zeros(0)])
    outputs = list(result.outputs)
    rows = _evaluated(session, request, _shifts(direction), outputs)
    for index, path in enumerate(outputs):
        derivative, error, middle = _slopes(rows, index)
        value, jacobian, _ = result.outputs[path]
        wanted = jacobian @ flat
        scale = float(np.abs(jacobian).max(initial=0.0)) * float(np.abs(flat).sum()) + 1e-300
        if middle.shape != value.shape or not np.allclose(middle, value, rtol=1e-6, atol=1e-9):
            raise Disagree("two runs of the forward give different values")
        if np.any(np.abs(derivative - wanted) > 100.0 * error + 1e-6 * scale):
            raise Disagree("two ways to derive the forward disagree")
