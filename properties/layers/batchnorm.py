"""Batch normalisation over the batch axis, with running statistics in ``bn_param``."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from reference import batchnorm

from ..spec.case import Case
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import SIDES, Values, batch_sizes, values

EPS = 1e-5
MOMENTUM = 0.9


def bn_param(v: Values, d: int, mode: str, purpose: Purpose) -> dict[str, Any]:
    """Options of a call: eps, momentum and running statistics, each there or left out."""
    param: dict[str, Any] = {"mode": mode}
    if v.choice(0, 1, 1):
        ordinary = purpose in (Purpose.ORDINARY, Purpose.EXTREME)
        param["eps"] = v.choice(1e-5, 1e-8, 1e-3, 1e-2) if ordinary else v.choice(1e-3, 1e-2, 0.1)
    if v.choice(0, 1, 1):
        param["momentum"] = v.choice(0.9, 0.1, 0.5, 0.75, 0.99, 0.0)
    if mode == "test" or v.choice(0, 1, 1):
        param["running_mean"] = v.rng.integers(-8, 9, d) / 8.0
        param["running_var"] = v.rng.integers(1, 17, d) / 8.0
    return param


def options(case: Case) -> dict[str, Any]:
    """The options of a case with the contract's defaults filled in."""
    param = case.args["bn_param"]
    d = case.args["gamma"].shape[0]
    return {
        "mode": param["mode"],
        "eps": param.get("eps", EPS),
        "momentum": param.get("momentum", MOMENTUM),
        "running_mean": param.get("running_mean", np.zeros(d)),
        "running_var": param.get("running_var", np.zeros(d)),
    }


def _make(purpose: Purpose, v: Values, n: int, d: int) -> Case:
    x = v.array((n, d))
    if purpose is Purpose.ORDINARY and v.choice(0, 0, 1):
        x = x * 2.0 ** -v.rng.integers(0, 12, d)  # variances of the order of eps
    args = {
        "x": x,
        "gamma": v.tame((d,)),
        "beta": v.tame((d,)),
        "bn_param": bn_param(v, d, "train", purpose),
    }
    return Case(args=args, dout=v.upstream((n, d)), family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.INTEGER):
        return None
    if purpose is Purpose.SMOOTH:
        return st.builds(_make, st.just(purpose), values(purpose), st.integers(3, 6), SIDES)
    return st.builds(_make, st.just(purpose), values(purpose), batch_sizes(purpose), SIDES)


BATCHNORM = LayerSpec(
    name="batchnorm",
    forward="batchnorm_forward",
    backward="batchnorm_backward",
    cases=_cases,
    differentiable=("x", "gamma", "beta"),
    reference=Reference(forward=batchnorm.forward, vjp=batchnorm.vjp, state=batchnorm.running),
)
