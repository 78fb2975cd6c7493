"""Group normalisation of images: statistics of G groups of neighbouring channels, by example."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import groupnorm

from ..spec.case import Case
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reading, Reference
from ..spec.values import Values, batch_sizes, values
from ..spec.ways import Ways, sizes
from . import spatial_groupnorm_misconceptions
from .layernorm import LAYERNORM
from .normalising import of_rows, some_eps, some_small
from .spatial_batchnorm import IMAGES

# Channels and groups: one group, one for each channel, and between.
GROUPS = st.sampled_from(
    ((1, 1), (2, 1), (4, 2), (6, 3), (2, 2), (6, 2), (3, 1), (3, 3), (4, 2), (4, 4))
)


def _make(
    purpose: Purpose, v: Values, n: int, channels: tuple[int, int], sides: tuple[int, int]
) -> Case:
    c, groups = channels
    x = v.array((c, *sides, n)).transpose(3, 0, 1, 2).copy()  # families differ by example
    x = some_small(v, purpose, x, (n, 1, 1, 1))
    param = some_eps(v, purpose)
    args = {"x": x, "gamma": v.tame((c,)), "beta": v.tame((c,)), "G": groups, "gn_param": param}
    return Case(args=args, dout=v.upstream((n, c, *sides)), family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.INTEGER):
        return None
    smooth = purpose is Purpose.SMOOTH  # three values to a group at least
    images = st.sampled_from(((2, 3), (3, 2), (2, 2), (1, 4))) if smooth else IMAGES
    return st.builds(_make, st.just(purpose), values(purpose), batch_sizes(purpose), GROUPS, images)


def _with_axes(case: Case) -> Case:
    shape = (1, -1, 1, 1)
    return case.with_args(**{name: case.args[name].reshape(shape) for name in ("gamma", "beta")})


_SCALED = """
scale = gamma.reshape(1, C, 1, 1)
shift = beta.reshape(1, C, 1, 1)
out = scale * xhat + shift
dbeta = dout.sum((0, 2, 3)).reshape(beta.shape)
dgamma = (dout * xhat).sum((0, 2, 3)).reshape(gamma.shape)
"""
_ROWS = f"""
rows = x.reshape(N, G, n)
mu = rows.mean(2, keepdims=True)
xmu = rows - mu
var = (xmu ** 2).mean(2, keepdims=True)
std = np.sqrt(var + eps)
hat = xmu / std
xhat = hat.reshape(x.shape)
{_SCALED}
g = (dout * scale).reshape(N, G, n)
dmeans = g.mean(2, keepdims=True)
moments = (g * hat).mean(2, keepdims=True)
dx = ((g - dmeans - hat * moments) / std).reshape(x.shape)
"""
_PATHS = f"""
groups = x.reshape(N, G, C // G, H, W)
centred = groups - groups.mean((2, 3, 4), keepdims=True)
variance = groups.var((2, 3, 4), keepdims=True)
root = np.sqrt(variance + eps)
xhat = (centred / root).reshape(x.shape)
{_SCALED}
dhat = (dout * scale).reshape(groups.shape)
dvar = (dhat * centred * -0.5 * root ** -3).sum((2, 3, 4), keepdims=True)
dmu = (-dhat / root).sum((2, 3, 4), keepdims=True)
dx = (dhat / root + dvar * 2 * centred / n + dmu / n).reshape(x.shape)
"""

_WAYS = Ways(
    arguments="x, gamma, beta, G, gn_param",
    given=sizes(x="N C H W")
    + """
n = C // G * H * W
eps = gn_param.get('eps', 1e-5)
""",
    texts={"": (_ROWS, _PATHS)},
)

SPATIAL_GROUPNORM = LayerSpec(
    name="spatial_groupnorm",
    forward="spatial_groupnorm_forward",
    backward="spatial_groupnorm_backward",
    cases=_cases,
    differentiable=("x", "gamma", "beta"),
    inputs={
        "spatial_groupnorm": "x: (2, 2 * C, 3, 5), gamma: positive(2 * C), beta: (2 * C,), "
        "G: 2, gn_param: {'eps': 0.125}"
    },
    reference=Reference(forward=groupnorm.forward, vjp=groupnorm.vjp),
    batched=("x",),
    same_as=of_rows(LAYERNORM),
    readings=(
        Reading(name="(C,)", sentence="gamma and beta have the shape (C,)"),
        Reading(
            name="(1, C, 1, 1)",
            sentence="gamma and beta have the shape (1, C, 1, 1)",
            send=_with_axes,
        ),
    ),
    ways=_WAYS,
    misconceptions=Misconceptions("spatial_groupnorm", spatial_groupnorm_misconceptions.TEXT),
    hints=Hints(factors=("scale", "std")),
)
