"""Inverted dropout; p is the probability to drop, or to keep in another reading."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from reference import dropout
from reference.bounded import Bounded, Operand

from ..spec.case import Array, Case, Run
from ..spec.row import LayerSpec, Precision, Purpose, Reading, Reference
from ..spec.values import ANY_SHAPE, Values, values


def _make(purpose: Purpose, v: Values, shape: tuple[int, ...]) -> Case:
    if purpose is Purpose.INTEGER:
        p = v.choice(0.5, 0.75, 0.0)  # scales of two, four and one are exact
    else:
        p = v.choice(0.25, 0.5, 0.125, 0.75, 0.875, 0.3, 0.6, 0.9, 0.0)
    x = v.array(shape)
    x = np.where(x == 0.0, 1.0, x)  # a zero would hide whether it was dropped
    param = {"mode": "train", "p": p, "seed": int(v.rng.integers(1, 10_000))}
    args = {"x": x, "dropout_param": param}
    return Case(args=args, dout=v.upstream(shape), family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose is Purpose.KINK:
        return None
    shapes = ANY_SHAPE if purpose is not Purpose.EMPTY else st.sampled_from(((0, 3), (0, 2, 2)))
    return st.builds(_make, st.just(purpose), values(purpose), shapes)


def kept_units(case: Case, run: Run | None) -> Array:
    """Which units a run kept: those whose output is not zero."""
    x = case.args["x"]
    if case.args["dropout_param"]["mode"] == "test":
        return np.ones(x.shape, dtype=bool)
    if run is None:
        raise ValueError("which units were kept is known after a run only: give the run")
    out = run.outputs["out"]
    return (out != 0.0) if out.shape == x.shape else np.ones(x.shape, dtype=bool)


def _kept_on_the_way_back(case: Case, run: Run | None) -> Array:
    """The same, where the forward may zero negative inputs that it keeps.

    Where no negative input came through, the forward does not tell which of them it kept; dx does.
    """
    kept, x = kept_units(case, run), case.args["x"]
    dx = run.gradients.get("x") if run is not None else None
    if kept[x < 0.0].any() or dx is None or dx.shape != x.shape:
        return kept
    return np.asarray(np.where(x < 0.0, dx != 0.0, kept))


def _vjp(
    dout: Operand, kept_on_the_way_back: Array, p_drop: float, precision: Precision
) -> Bounded:
    return dropout.vjp(dout, kept_on_the_way_back, p_drop=p_drop, precision=precision)


def _given(case: Case, run: Run | None) -> dict[str, Any]:
    param = case.args["dropout_param"]
    p = float(param["p"]) if param["mode"] == "train" else 0.0
    return {
        "kept": kept_units(case, run),
        "kept_on_the_way_back": _kept_on_the_way_back(case, run),
        "p_drop": p,
    }


def _keep(case: Case) -> Case:
    param: dict[str, Any] = case.args["dropout_param"]
    return case.with_args(dropout_param={**param, "p": 1.0 - param["p"]})


DROP = Reading(name="drop", sentence="p is the probability that a unit is dropped")
KEEP = Reading(name="keep", sentence="p is read as the probability that a unit is kept", send=_keep)

DROPOUT = LayerSpec(
    name="dropout",
    forward="dropout_forward",
    backward="dropout_backward",
    cases=_cases,
    differentiable=("x",),
    reference=Reference(forward=dropout.forward, vjp=_vjp, given=_given),
    readings=(DROP, KEEP),
)
