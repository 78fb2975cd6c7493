"""Batch normalisation over the batch axis, with running statistics in ``bn_param``."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import batchnorm

from ..spec.case import Case
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import SIDES, Values, batch_sizes, values
from ..spec.ways import sizes
from . import batchnorm_misconceptions as wrong
from .normalising import UPDATED, batch_ways, bn_param, some_small, with_test_mode


def _make(purpose: Purpose, v: Values, n: int, d: int) -> Case:
    args = {
        "x": some_small(v, purpose, v.array((n, d)), d),
        "gamma": v.tame((d,)),
        "beta": v.tame((d,)),
        "bn_param": bn_param(v, d, purpose),
    }
    return Case(args=args, dout=v.upstream((n, d)), family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.INTEGER):
        return None
    sizes = st.integers(3, 6) if purpose is Purpose.SMOOTH else batch_sizes(purpose)
    return st.builds(_make, st.just(purpose), values(purpose), sizes, SIDES)


_SCALED = f"""
out = gamma * xhat + beta
out_mean = out.mean(0)
out_var = out.var(0)
{UPDATED}
dbeta = dout.sum(0)
dgamma = (dout * xhat).sum(0)
"""
_NORMALISE = f"""
n = N
mu = x.mean(0)
xmu = x - mu
var = ((x - mu) ** 2).mean(0)
std = np.sqrt(var + eps)
ivar = 1 / std
xhat = xmu * ivar
{_SCALED}
dxhat = dout * gamma
"""
_NORMALISE_BY_NUMPY = f"""
n = N
mu = x.mean(0)
var = x.var(0)
std = np.sqrt(var + eps)
xhat = (x - mu) / std
{_SCALED}
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
_BY_RUNNING_STATISTICS = f"""
mu = x.mean(0)
var = x.var(0)
{UPDATED}
running_std = np.sqrt(running_var + eps)
normal = (x - running_mean) / running_std
out = gamma * normal + beta
"""

WAYS = batch_ways(
    sizes(x="N D"),
    "D",
    train=(
        _NORMALISE + _MEANS,
        _NORMALISE_BY_NUMPY + _SHORT,
        _NORMALISE + _PAPER,
        _NORMALISE + _CHAIN,
    ),
    test=_BY_RUNNING_STATISTICS,
)

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
    misconceptions=Misconceptions("batchnorm", wrong.FORWARD + wrong.BACKWARD),
    hints=Hints(factors=("gamma", "std", "momentum"), normalises=True, cases=with_test_mode),
)
