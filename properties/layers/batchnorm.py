"""Batch normalisation over the batch axis, with running statistics in ``bn_param``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from reference import batchnorm

from ..spec.case import Case
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import SIDES, Values, batch_sizes, values
from ..spec.ways import Ways
from . import batchnorm_misconceptions

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


def with_test_mode(cases: Sequence[Case]) -> list[Case]:
    """The cases, and some of them in test mode with running statistics of their own."""
    found = list(cases)
    for i, case in enumerate(cases[:6]):
        rng = np.random.Generator(np.random.SFC64(100 + i))
        d = case.args["gamma"].shape[0]
        param = {
            **case.args["bn_param"],
            "mode": "test",
            "running_mean": rng.standard_normal(d),
            "running_var": rng.uniform(0.01, 2.0, d),
            "eps": (1e-2, 1e-3, 1e-5)[i % 3],
        }
        found.append(case.with_args(bn_param=param))
    return found


_NORMALISE = """
n = N
mu = x.mean(0)
xmu = x - mu
var = ((x - mu) ** 2).mean(0)
std = np.sqrt(var + eps)
ivar = 1 / std
xhat = xmu * ivar
out = gamma * xhat + beta
out_mean = out.mean(0)
out_var = out.var(0)
new_mean = momentum * running_mean + (1 - momentum) * mu
new_var = momentum * running_var + (1 - momentum) * var
dbeta = dout.sum(0)
dgamma = (dout * xhat).sum(0)
dxhat = dout * gamma
"""
_NORMALISE_BY_NUMPY = """
n = N
mu = x.mean(0)
var = x.var(0)
std = np.sqrt(var + eps)
xhat = (x - mu) / std
out = gamma * xhat + beta
out_mean = out.mean(0)
out_var = out.var(0)
new_mean = momentum * running_mean + (1 - momentum) * mu
new_var = momentum * running_var + (1 - momentum) * var
dbeta = dout.sum(0)
dgamma = (dout * xhat).sum(0)
"""
_MEANS = """
dx = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / std
"""
_SHORT = """
dx = gamma / std / n * (n * dout - dbeta - xhat * dgamma)
"""
_PAPER = """
dvar = (dxhat * xmu * -0.5 * std ** -3).sum(0)
dmu = (-dxhat * ivar).sum(0) + dvar * (-2 * xmu).mean(0)
dx = dxhat * ivar + dvar * 2 * xmu / n + dmu / n
"""
_CHAIN = """
divar = (dxhat * xmu).sum(0)
dstd = -divar / std ** 2
dvar = 0.5 * dstd / np.sqrt(var + eps)
dsq = dvar / n
dxmu = dxhat * ivar + 2 * xmu * dsq
dmu = -dxmu.sum(0)
dx = dxmu + dmu / n
"""
_BY_RUNNING_STATISTICS = """
mu = x.mean(0)
var = x.var(0)
new_mean = momentum * running_mean + (1 - momentum) * mu
new_var = momentum * running_var + (1 - momentum) * var
running_std = np.sqrt(running_var + eps)
normal = (x - running_mean) / running_std
out = gamma * normal + beta
"""

WAYS = Ways(
    arguments="x, gamma, beta, bn_param",
    given="""
N = x.shape[0]
D = x.shape[1]
eps = bn_param.get('eps', 1e-5)
momentum = bn_param.get('momentum', 0.9)
running_mean = bn_param.get('running_mean', np.zeros(D, x.dtype))
running_var = bn_param.get('running_var', np.zeros(D, x.dtype))
""",
    texts={
        "train": (
            _NORMALISE + _MEANS,
            _NORMALISE_BY_NUMPY + _SHORT,
            _NORMALISE + _PAPER,
            _NORMALISE + _CHAIN,
        ),
        "test": (_BY_RUNNING_STATISTICS,),
    },
    kind="bn_param['mode']",
    state={"running_mean": "new_mean", "running_var": "new_var"},
    updating="train",
)


def _of_alt() -> str:
    """What is believed of the backward, under its other name."""
    parts = re.split(r"\n(?=\w)", batchnorm_misconceptions.TEXT)
    mine = [part for part in parts if part.startswith("batchnorm_backward,")]
    return "\n".join(mine).replace("batchnorm_backward", "batchnorm_backward_alt")


BATCHNORM = LayerSpec(
    name="batchnorm",
    forward="batchnorm_forward",
    backward="batchnorm_backward",
    cases=_cases,
    differentiable=("x", "gamma", "beta"),
    # A large eps: at the default a forgotten one would hide below any numerical derivative.
    inputs={
        "batchnorm": "x: (N, D), gamma: positive(D), beta: (D,), "
        "bn_param: {'mode': 'train', 'eps': 0.125, 'momentum': 0.9}"
    },
    reference=Reference(forward=batchnorm.forward, vjp=batchnorm.vjp, state=batchnorm.running),
    ways=WAYS,
    misconceptions=Misconceptions("batchnorm", batchnorm_misconceptions.TEXT),
    hints=Hints(factors=("gamma", "std", "momentum"), normalises=True, cases=with_test_mode),
)

BATCHNORM_ALT = replace(
    BATCHNORM,
    name="batchnorm_alt",
    layer="batchnorm_alt",
    backward="batchnorm_backward_alt",
    shares_forward=True,
    inputs={"batchnorm_alt": BATCHNORM.inputs["batchnorm"]},
    misconceptions=Misconceptions("batchnorm_alt", _of_alt()),
)
