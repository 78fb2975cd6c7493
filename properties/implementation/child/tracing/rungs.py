"""The derivative of a forward by its rungs: dual numbers, sides of kinks, points, complex steps."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .calls import Calls, Failed, Surroundings
from .dressing import dressed
from .dual import ALL, UNIT, Dual, Trace, constant
from .objects import complex_numbers, flat

_MOST_TIES = 24
_STEP = 1e-100


def dual(trials: Surroundings, request: Mapping[str, Any]) -> dict[str, Any]:
    """The forward with derivatives carried through it; `lost` says why that is not possible."""
    plain = Calls(trials, request, {})
    wanted = list(request["leaves"])
    values = {path: np.array(value, dtype=float) for path, _, _, value in plain.leaves}
    sizes = {path: values[path].size for path in wanted}
    if request.get("kinks"):
        return _at_kinks(trials, request, values, sizes)
    found = _traced(trials, request, values, sizes)
    if isinstance(found, str):
        return {"lost": found}
    margin = Trace.margin if math.isfinite(Trace.margin) else 1e300
    return {"outputs": found, "margin": margin, "unit": Trace.unit, "bends": Trace.bends}


def _traced(
    trials: Surroundings,
    request: Mapping[str, Any],
    values: Mapping[str, Any],
    sizes: Mapping[str, int],
    **options: Any,
) -> list[list[Any]] | str:
    """One run with derivatives; why they were lost, when they were."""
    total = sum(sizes.values())
    Trace.start(total, **options)
    duals: dict[str, Any] = {}
    first = 0
    for path in sizes:
        dual = constant(values[path])
        dual.t.reshape(-1, total)[np.arange(sizes[path]), first + np.arange(sizes[path])] = 1.0
        duals[path] = dual
        first += sizes[path]
    try:
        with dressed(trials.modules):
            call = Calls(trials, request, duals)
            returned = call.forward()
    except Failed as failed:
        return str(failed.error)
    outputs = []
    for path, _, _, value in outputs_of(trials, call, returned, request["outputs"]):
        if type(value) is not Dual:
            value = constant(value)
        outputs.append([path, value.v, value.t, value.ev, value.et])
    return outputs


def _at_kinks(
    trials: Surroundings,
    request: Mapping[str, Any],
    values: Mapping[str, Any],
    sizes: Mapping[str, int],
) -> dict[str, Any]:
    """Where values tie: a slope, and how far the slopes of other sides lie from it.

    Maxima and absolute values reach over their sides by themselves. Every comparison of equal
    values is answered the other way too: each alone, and all of them together.
    """
    plain = _traced(trials, request, values, sizes)
    middle = _traced(trials, request, values, sizes, at_kinks=True)
    count, margin = Trace.ties, Trace.margin
    if isinstance(plain, str) or isinstance(middle, str):
        return {"lost": str(plain if isinstance(plain, str) else middle)}
    if count > _MOST_TIES:
        return {"lost": f"{count} comparisons of equal values are too many"}
    wide = [np.maximum(b[4] - a[4], 0.0) for a, b in zip(plain, middle, strict=True)]
    low = [b[2] - w for b, w in zip(middle, wide, strict=True)]
    high = [b[2] + w for b, w in zip(middle, wide, strict=True)]
    for flip in (*range(count), ALL) if count else ():
        other = _traced(trials, request, values, sizes, at_kinks=True, flip=flip)
        if isinstance(other, str) or len(other) != len(middle):
            return {"lost": "the other side of a kink cannot be derived"}
        for i, (a, b) in enumerate(zip(middle, other, strict=True)):
            if not np.allclose(a[1], b[1], rtol=1e-9, atol=1e-12):
                return {"lost": "the value jumps"}
            if flip == ALL:
                low[i], high[i] = np.minimum(low[i], b[2]), np.maximum(high[i], b[2])
            else:
                low[i] = low[i] + np.minimum(b[2] - a[2], 0.0)
                high[i] = high[i] + np.maximum(b[2] - a[2], 0.0)
    outputs = [
        [a[0], a[1], (x + y) / 2.0, a[3], a[4], (y - x) / 2.0]
        for a, x, y in zip(plain, low, high, strict=True)
    ]
    margin = margin if math.isfinite(margin) else 1e300
    return {"outputs": outputs, "margin": margin, "unit": Trace.unit}


def points(trials: Surroundings, request: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs of the forward at points beside the case, for difference quotients."""
    plain = Calls(trials, request, {})
    values = {path: np.array(value, dtype=float) for path, _, _, value in plain.leaves}
    rows = []
    for direction, step in request["shifts"]:
        moved = {path: values[path] + step * np.asarray(v) for path, v in direction.items()}
        moved = {p: float(v) if v.ndim == 0 else v for p, v in moved.items()}
        call = Calls(trials, request, moved)
        returned = call.forward()
        places = outputs_of(trials, call, returned, request["outputs"])
        rows.append([np.array(value, dtype=float) for _, _, _, value in places])
    return {"rows": rows}


def outputs_of(
    trials: Surroundings, call: Calls, returned: Any, wanted: Sequence[str]
) -> list[Any]:
    """Numbers at the wanted paths: ``r/0`` of what was returned, ``s/output`` of the object."""
    found = flat(returned, "r")
    if call.owner is not None:
        found += flat(call.kept, "s", objects=trials.is_own)
    places = {place[0]: place for place in found}
    return [places[path] for path in wanted if path in places]


def complex_steps(trials: Surroundings, request: Mapping[str, Any]) -> dict[str, Any]:
    """The derivative by steps along the imaginary axis, for code that is analytic there.

    Nothing cancels, so the step can be tiny. The bound comes from points that lie a few rounding
    units beside: what the derivative changes there is what rounding can do to it. Whoever drops
    an imaginary part is found out by the difference quotients that have to confirm this.
    """
    plain = Calls(trials, request, {})
    values = {path: np.array(value, dtype=float) for path, _, _, value in plain.leaves}
    rng = np.random.default_rng(3)
    near = {p: 1.0 + 4.0 * UNIT * rng.choice([-1.0, 1.0], v.shape) for p, v in values.items()}
    try:
        with complex_numbers(), warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            entries = [(p, i) for p in request["leaves"] for i in range(values[p].size)]
            scales: list[dict[str, Any]] = [{}, near, {p: 2.0 - v for p, v in near.items()}]
            columns = [
                [_along(trials, request, values, scale, path, entry) for scale in scales]
                for path, entry in entries
            ]
    except Failed as failed:
        return {"lost": str(failed.error)}
    outputs = []
    for index, (path, real, _) in enumerate(columns[0][0]) if columns else ():
        slopes = np.stack([np.stack([row[index][2] for row in c], axis=-1) for c in columns], -2)
        middle = slopes[..., 0]
        spread = np.abs(slopes - middle[..., None]).max(axis=-1)
        size = np.abs(middle).max(axis=-1, keepdims=True, initial=0.0)
        outputs.append(
            [path, real, middle, 0.0, 16.0 * spread + 32.0 * UNIT * (np.abs(middle) + size)]
        )
    return {"outputs": outputs}


def _along(
    trials: Surroundings,
    request: Mapping[str, Any],
    values: Mapping[str, Any],
    scale: Mapping[str, Any],
    path: str,
    entry: int,
) -> list[tuple[str, Any, Any]]:
    """Outputs and their slopes along one entry."""
    moved = {p: v * scale.get(p, 1.0) + 0j for p, v in values.items()}
    moved[path].reshape(-1)[entry] += _STEP * 1j
    call = Calls(trials, request, {p: v[()] if not v.ndim else v for p, v in moved.items()})
    places = outputs_of(trials, call, call.forward(), request["outputs"])
    found = [(p, np.asarray(value)) for p, _, _, value in places]
    return [(p, np.real(v), np.imag(v) / _STEP) for p, v in found]


RUNGS = {"dual": dual, "points": points, "complex": complex_steps}
