"""Causes that lie between two functions: a backward that is right for another forward.

Each misconception of the forward is differentiated numerically on a small case; when a backward
returns exactly that derivative, it was derived for that forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..spec.case import Array, Case, Run
from ..spec.misconception import Misconception
from ..spec.observation import Observation
from ..spec.row import LayerSpec
from .finding import Diagnosis, entries
from .observation import quantities_of

_STEP = 1e-5
_CLOSE = 1e-5
_LARGEST = 60  # entries of an argument: two evaluations each
_CASES = 2


def forward_that_fits(
    seen: Sequence[Observation], spec: LayerSpec, argument: str
) -> Diagnosis | None:
    """Name the wrong forward that a wrong gradient is the derivative of."""
    name = argument.removeprefix("d")
    random = spec.hints.drawn is not None
    several = len(spec.outputs) > 1
    if spec.backward is None or name not in spec.differentiable or random or several:
        return None
    small = [
        o
        for o in seen
        if o.case.family in ("dyadic", "normal") and np.size(o.case.args[name]) <= _LARGEST
    ]
    small.sort(key=lambda o: o.case.size)
    wrong = [o for o in small if o.is_wrong(argument)][-_CASES:]
    if len(wrong) < _CASES:
        return None
    small = wrong + [o for o in small if not o.is_wrong(argument)][-1:]
    for misconception in entries(spec, spec.forward, spec.value):
        if misconception.when in ("", "train") and all(
            _fits(o, spec, misconception, name) for o in small
        ):
            return Diagnosis(
                misconception=f"right for another forward: {misconception.name}",
                sentence=(
                    f"{spec.backward} is right for a forward with this difference: "
                    f"{misconception.name} (out = {misconception.formula}). "
                    f"{misconception.sentence}"
                ),
                evidence=f"{argument} is that formula's derivative in {len(small)} cases",
                confidence=0.85,
                entry=misconception,
            )
    return None


def _fits(o: Observation, spec: LayerSpec, misconception: Misconception, name: str) -> bool:
    try:
        wanted = _derivative(o.case, spec, misconception, name)
    except Exception:  # a formula that does not fit the case
        return False
    got = o.got[f"d{name}"]
    if got.shape != wanted.shape or not np.isfinite(wanted).all():
        return False
    size = float(np.max(np.abs(wanted), initial=0.0))
    # The derivative of the right forward fits an error that is smaller than the step's.
    off = np.max(np.abs(got - o.truth[f"d{name}"].value), initial=0.0)
    if o.is_wrong(f"d{name}") and off <= 100.0 * _CLOSE * size:
        return False
    return bool(np.all(np.abs(got - wanted) <= _CLOSE * size + 1e-12))


def _derivative(case: Case, spec: LayerSpec, misconception: Misconception, name: str) -> Array:
    value = np.asarray(case.args[name], dtype=np.float64)
    gradient = np.zeros(value.size)

    def along(index: int, step: float) -> float:
        moved = value.copy()
        moved.flat[index] += step
        at = replace(case.with_args(**{name: moved}), dout=None)
        run = Run(outputs={spec.value: np.zeros(())})
        out = misconception.predict(quantities_of(spec, at, run))
        return float(np.vdot(case.upstream, out))

    for index in range(value.size):
        gradient[index] = (along(index, _STEP) - along(index, -_STEP)) / (2.0 * _STEP)
    return gradient.reshape(value.shape)
