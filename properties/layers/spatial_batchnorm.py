"""Batch normalisation of images: one mean and variance for each channel, over N, H and W."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import groupnorm

from ..spec.case import Case
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import Values, batch_sizes, values
from ..spec.ways import sizes
from . import spatial_batchnorm_misconceptions
from .batchnorm import BATCHNORM
from .normalising import UPDATED, batch_ways, bn_param, of_columns, some_small, with_test_mode

IMAGES = st.sampled_from(((1, 1), (2, 3), (3, 2), (1, 2), (2, 1), (2, 2), (1, 4)))


def _make(purpose: Purpose, v: Values, n: int, c: int, sides: tuple[int, int]) -> Case:
    if purpose is Purpose.ORDINARY and v.choice(*15 * (0,), 1):
        n, c, sides = 1, 1, (1, 1)  # one number: by the sizes alone it would be one case of 140
    x = v.array((n, *sides, c)).transpose(0, 3, 1, 2).copy()  # families differ by channel
    args = {
        "x": some_small(v, purpose, x, (c, 1, 1)),
        "gamma": v.tame((c,)),
        "beta": v.tame((c,)),
        "bn_param": bn_param(v, c, purpose),
    }
    return Case(args=args, dout=v.upstream((n, c, *sides)), family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.INTEGER):
        return None
    sizes = st.integers(3, 5) if purpose is Purpose.SMOOTH else batch_sizes(purpose)
    channels = st.sampled_from((1, 2, 3, 4))
    return st.builds(_make, st.just(purpose), values(purpose), sizes, channels, IMAGES)


_STATISTICS = f"""
mu = x.mean((0, 2, 3))
xmu = x - mu[:, None, None]
var = (xmu ** 2).mean((0, 2, 3))
std = np.sqrt(var + eps)
{UPDATED}
"""
_IMAGES = f"""{_STATISTICS}
root = std[:, None, None]
scale = gamma[:, None, None]
shift = beta[:, None, None]
xhat = xmu / root
out = scale * xhat + shift
dbeta = dout.sum((0, 2, 3))
dgamma = (dout * xhat).sum((0, 2, 3))
dxhat = dout * scale
dmeans = dxhat.mean((0, 2, 3), keepdims=True)
moments = (dxhat * xhat).mean((0, 2, 3), keepdims=True)
dx = (dxhat - dmeans - xhat * moments) / root
"""
_ROWS = f"""
X = x.transpose(0, 2, 3, 1).reshape(n, C)
mu = X.mean(0)
var = X.var(0)
std = np.sqrt(var + eps)
{UPDATED}
Xhat = (X - mu) / std
rows = gamma * Xhat + beta
out = rows.reshape(N, H, W, C).transpose(0, 3, 1, 2)
drows = dout.transpose(0, 2, 3, 1).reshape(n, C)
dbeta = drows.sum(0)
dgamma = (drows * Xhat).sum(0)
dX = gamma / std / n * (n * drows - dbeta - Xhat * dgamma)
dx = dX.reshape(N, H, W, C).transpose(0, 3, 1, 2)
"""
_PATHS = f"""{_IMAGES[: _IMAGES.index("dmeans")]}
dvar = (dxhat * xmu * -0.5 * root ** -3).sum((0, 2, 3), keepdims=True)
dmu = (-dxhat / root).sum((0, 2, 3), keepdims=True)
dx = dxhat / root + dvar * 2 * xmu / n + dmu / n
"""
_BY_RUNNING_STATISTICS = f"""
mu = x.mean((0, 2, 3))
var = x.var((0, 2, 3))
{UPDATED}
scale = gamma[:, None, None]
shift = beta[:, None, None]
running_root = np.sqrt(running_var + eps)[:, None, None]
normal = (x - running_mean[:, None, None]) / running_root
out = scale * normal + shift
"""

WAYS = batch_ways(
    sizes(x="N C H W") + "\nn = N * H * W",
    "C",
    train=(_IMAGES, _ROWS, _PATHS),
    test=_BY_RUNNING_STATISTICS,
)

SPATIAL_BATCHNORM = LayerSpec(
    name="spatial_batchnorm",
    forward="spatial_batchnorm_forward",
    backward="spatial_batchnorm_backward",
    cases=_cases,
    differentiable=("x", "gamma", "beta"),
    inputs={
        "spatial_batchnorm": "x: (2, 3, 4, 2), gamma: positive(3), beta: (3,), "
        "bn_param: {'mode': 'train', 'eps': 0.125, 'momentum': 0.9}"
    },
    reference=Reference(
        forward=groupnorm.spatial_batchnorm,
        vjp=groupnorm.spatial_batchnorm_vjp,
        state=groupnorm.spatial_batchnorm_running,
    ),
    same_as=of_columns(BATCHNORM),
    ways=WAYS,
    misconceptions=Misconceptions("spatial_batchnorm", spatial_batchnorm_misconceptions.TEXT),
    hints=Hints(factors=("scale", "root", "momentum"), normalises=True, cases=with_test_mode),
)
