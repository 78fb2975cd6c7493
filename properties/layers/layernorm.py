"""Layer normalisation: statistics of each example over its features; the same in train and test."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import layernorm

from ..spec.case import Case
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import SIDES, Values, batch_sizes, values
from ..spec.ways import Ways, sizes
from .normalising import some_eps, some_small


def _make(purpose: Purpose, v: Values, n: int, d: int) -> Case:
    x = v.array((d, n)).T.copy()  # families differ by column: offsets and sizes of a row
    x = some_small(v, purpose, x, (n, 1))
    param = some_eps(v, purpose)
    args = {"x": x, "gamma": v.tame((d,)), "beta": v.tame((d,)), "ln_param": param}
    return Case(args=args, dout=v.upstream((n, d)), family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.INTEGER):
        return None
    features = st.integers(3, 6) if purpose is Purpose.SMOOTH else SIDES
    return st.builds(_make, st.just(purpose), values(purpose), batch_sizes(purpose), features)


_NORMALISE = """
d = D
mu = x.mean(1, keepdims=True)
xmu = x - mu
var = (xmu ** 2).mean(1, keepdims=True)
std = np.sqrt(var + eps)
xhat = xmu / std
out = gamma * xhat + beta
dbeta = dout.sum(0)
dgamma = (dout * xhat).sum(0)
dxhat = dout * gamma
"""
_MEANS = """
projected = xhat * (dxhat * xhat).mean(1, keepdims=True)
dx = (dxhat - dxhat.mean(1, keepdims=True) - projected) / std
"""
_PAPER = """
dvar = (dxhat * xmu * -0.5 * std ** -3).sum(1, keepdims=True)
dmu = (-dxhat / std).sum(1, keepdims=True) + dvar * (-2 * xmu).mean(1, keepdims=True)
dx = dxhat / std + dvar * 2 * xmu / d + dmu / d
"""

_WAYS = Ways(
    arguments="x, gamma, beta, ln_param",
    given=sizes(x="N D")
    + """
eps = ln_param.get('eps', 1e-5)
""",
    texts={"": (_NORMALISE + _MEANS, _NORMALISE + _PAPER)},
)

_MISCONCEPTIONS = """
layernorm_forward, out
  batch normalisation
    = gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta
    Statistics run over the features of each example (axis 1); over axis 0 it is batch
      normalisation. [~jadore17]
  one statistic for all
    = gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta
    One mean and variance for each example: axis=1, keepdims=True.
  mean not subtracted
    = gamma * (x / std) + beta
    The mean is not subtracted.
  root mean square
    = gamma * x / np.sqrt((x ** 2).mean(1, keepdims=True) + eps) + beta
    That is the normalisation by the root mean square; this layer subtracts the mean first.
  corrected variance
    = gamma * xmu / np.sqrt(var * D / max(D - 1, 1) + eps) + beta
    Normalise by the 1/D variance, not by 1/(D - 1). [annot119 lbann2024 allen953 ~torch60528]
  eps outside the root
    = gamma * xmu / (np.sqrt(var) + eps) + beta
    eps is added to the variance, under the root. [bert30 hkproj31 hyun7 ~group1]
  root missing
    = gamma * xmu / (var + eps) + beta
    The square root is missing: divide by the standard deviation. [~tf48039 ~tplinker37]
  eps missing
    = gamma * xmu / np.sqrt(var) + beta
    eps is missing: constant rows divide by zero. [~ncnn311]
  eps fixed at 1e-5
    = gamma * xmu / np.sqrt(var + 1e-5) + beta
    eps comes from ln_param; do not write 1e-5 into the formula. [~darknet17]
  gamma missing
    = xhat + beta
    gamma is missing. [~mcn280]
  beta missing
    = gamma * xhat
    beta is missing. [~mcn280]
layernorm_backward, dx
  direct path only
    = dxhat / std
    Mean and variance depend on x as well: two more paths lead from x to the output.
      [~mlpack1923 ~bnmatrix]
  variance path missing
    = dxhat / std - (dxhat / std).mean(1, keepdims=True)
    The path through the variance is missing. [~caffe3878]
  mean path missing
    = dxhat / std + dvar * 2 * xmu / D
    The path through the mean is missing. [~mlpack2474]
  gamma after the means
    = gamma * (dout - dout.mean(1, keepdims=True) - xhat * (dout * xhat).mean(1, keepdims=True)) /
      std
    gamma differs within a row: multiply dout by it before anything is averaged over the row. In
      batch normalisation it may wait, here it may not.
  gamma missing
    = (dout - dout.mean(1, keepdims=True) - xhat * (dout * xhat).mean(1, keepdims=True)) / std
    gamma is missing: xhat is scaled by it before dout arrives. [~knet288]
  means over the batch
    = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / std
    That is batch normalisation's formula: here the means run over the features, axis 1.
  variance path over the batch
    = (lambda z: z - z.mean(1, keepdims=True))(dxhat / std - xmu * (dxhat * xmu).sum(0) /
      (D * std ** 3))
    Each example has a variance of its own: what it gets is summed over its features, axis 1.
  mean path over the batch
    = (lambda z: z - z.sum(0) / D)((dxhat - xhat * (dxhat * xhat).mean(1, keepdims=True)) / std)
    Each example has a mean of its own: what it gets is summed over its features, axis 1.
  divided by N
    = (dxhat - dxhat.sum(1, keepdims=True) / N - xhat * (dxhat * xhat).sum(1, keepdims=True) / N) /
      std
    Divide by the number of features D: the statistics are those of a row, not of the batch.
      [~flaggems5392]
  1/D missing
    = (D * dxhat - dxhat.sum(1, keepdims=True) - xhat * (dxhat * xhat).sum(1, keepdims=True)) / std
    The factor 1/D of the short formula is missing. [~mxnet1053]
  half missing in dvar
    = dxhat / std + 2 * dvar * 2 * xmu / D - (dxhat / std).mean(1, keepdims=True)
    The derivative of the root has a factor 1/2 in dvar. [~mlpack1327]
  variance for deviation
    = (dxhat - dxhat.mean(1, keepdims=True) - xhat * (dxhat * xhat).mean(1, keepdims=True)) /
      (var + eps)
    Divide by the standard deviation, not by the variance. [~tf48039]
layernorm_backward, dgamma
  summed over the features
    = (dout * xhat).sum(1)
    gamma is shared by the batch: sum over the examples, axis 0, though the statistics run over
      axis 1.
  averaged
    = (dout * xhat).mean(0)
    Sum over the batch, do not average. [~wjb7]
  x for xhat
    = (dout * x).sum(0)
    gamma multiplies xhat, not x. [~torch2330]
  gamma included
    = (dxhat * xhat).sum(0)
    gamma itself is not part of its own gradient: dout * xhat.
layernorm_backward, dbeta
  summed over the features
    = dout.sum(1)
    beta is shared by the batch: sum over the examples, axis 0.
  averaged
    = dout.mean(0)
    Sum over the batch, do not average. [~kvfrans5]
  gamma included
    = (dout * gamma).sum(0)
    beta is added after gamma: its gradient has no gamma.
"""

LAYERNORM = LayerSpec(
    name="layernorm",
    forward="layernorm_forward",
    backward="layernorm_backward",
    cases=_cases,
    differentiable=("x", "gamma", "beta"),
    reference=Reference(forward=layernorm.forward, vjp=layernorm.vjp),
    batched=("x",),
    ways=_WAYS,
    misconceptions=Misconceptions("layernorm", _MISCONCEPTIONS),
    hints=Hints(factors=("gamma", "std")),
)
