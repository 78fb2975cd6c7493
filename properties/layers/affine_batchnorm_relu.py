"""Affine, batchnorm, ReLU."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import composed

from ..spec.case import Case
from ..spec.composition import Composition
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import SIDES, TRAILING, Values, batch_sizes, values
from .affine import AFFINE
from .batchnorm import BATCHNORM
from .normalising import bn_param, with_test_mode
from .relu import RELU

_TINY = ("faint", "least")


def _make(purpose: Purpose, v: Values, n: int, trailing: tuple[int, ...], m: int) -> Case:
    d = 1
    for side in trailing:
        d *= side
    # The ReLU's input is of the size of gamma and beta, whatever that of x.
    outer, inner = (v.tame, v.array) if v.family in _TINY else (v.array, v.tame)
    args = {
        "x": outer((n, *trailing)),
        "w": v.tame((d, m)),
        "b": outer((m,)),
        "gamma": inner((m,)),
        "beta": inner((m,)),
        "bn_param": bn_param(v, m, purpose),
    }
    return Case(args=args, dout=v.upstream((n, m)), family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.INTEGER):
        return None
    sizes = st.integers(3, 6) if purpose is Purpose.SMOOTH else batch_sizes(purpose)
    # Numerical derivatives that step over a kink are inconclusive, not wrong: seldom with these.
    drawn = values(purpose, beside_kinks=_TINY, smooth=("normal",))
    return st.builds(_make, st.just(purpose), drawn, sizes, TRAILING, SIDES)


_MISCONCEPTIONS = """
affine_batchnorm_relu_forward, out
  ReLU before batchnorm
    = gamma * (np.maximum(0, pre) - np.maximum(0, pre).mean(0)) / np.sqrt(np.maximum(0, pre).var(0)
      + eps) + beta
    The order is affine, batchnorm, ReLU. [~mlcol205]
  batchnorm missing
    = np.maximum(0, pre)
    Batchnorm is not called.
affine_batchnorm_relu_backward, dbeta
  gate on the affine output
    = (dout * (pre > 0)).sum(0)
    ReLU's gate looks at batchnorm's output, not at the affine output.
  ReLU skipped
    = dout.sum(0)
    Go back through the ReLU first. [~spiking1]
affine_batchnorm_relu_backward, dgamma
  ReLU skipped
    = (dout * xhat).sum(0)
    Go back through the ReLU first. [~spiking1]
  dbeta returned
    = dbeta
    dgamma and dbeta are returned in each other's place.
affine_batchnorm_relu_backward, dw
  batchnorm skipped
    = X.T @ (dout * gate)
    Batchnorm is skipped on the way back. [~spiking1]
affine_batchnorm_relu_backward, db
  batchnorm skipped
    = (dout * gate).sum(0)
    Behind batchnorm db is zero: the mean takes the bias away. [~odyssey]
affine_batchnorm_relu_backward, dx
  direct path only
    = ((dout * gate * gamma / std) @ w.T).reshape(x.shape)
    Batchnorm's statistics depend on its input: two more paths. [~mlpack1923]
"""

AFFINE_BATCHNORM_RELU = LayerSpec(
    name="affine_batchnorm_relu",
    forward="affine_batchnorm_relu_forward",
    backward="affine_batchnorm_relu_backward",
    cases=_cases,
    differentiable=("x", "w", "b", "gamma", "beta"),
    inputs={
        "affine_batchnorm_relu": "x: (N, d1, d2), w: (d1 * d2, M), b: (M,), gamma: positive(M), "
        "beta: (M,), bn_param: {'mode': 'train', 'eps': 0.125, 'momentum': 0.9}"
    },
    reference=Reference(
        forward=composed.affine_batchnorm_relu,
        vjp=composed.affine_batchnorm_relu_vjp,
        state=composed.affine_batchnorm_relu_running,
    ),
    composition=Composition(
        arguments="x, w, b, gamma, beta, bn_param",
        parts=(AFFINE, BATCHNORM, RELU),
        text="""
pre, affine_cache = affine_forward(x, w, b)
normal, normal_cache = batchnorm_forward(pre, gamma, beta, bn_param)
out, relu_cache = relu_forward(normal)
dnormal = relu_backward(dout, relu_cache)
dpre, dgamma, dbeta = batchnorm_backward(dnormal, normal_cache)
dx, dw, db = affine_backward(dpre, affine_cache)
""",
    ),
    misconceptions=Misconceptions("affine_batchnorm_relu", _MISCONCEPTIONS),
    hints=Hints(factors=("gamma", "std"), normalises=True, cases=with_test_mode),
)
