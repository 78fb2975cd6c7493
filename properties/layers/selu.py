"""SELU: the ELU with alpha 1.6733, times 1.0507 (Klambauer et al. 2017)."""

from __future__ import annotations

from reference import activations

from ..spec.row import Kinks, Reference
from ..spec.ways import Ways, sizes
from .elementwise import activation

_WAYS = Ways(
    arguments="x",
    given=sizes(x="N")
    + """
lam = 1.0507009873554805
alpha = 1.6732632423543772
""",
    texts={
        "": (
            """
out = lam * np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0)) - 1))
slope = lam * np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))
dx = dout * slope
""",
            """
out = np.where(x > 0, lam * x, lam * alpha * (np.exp(np.minimum(x, 0)) - 1))
dx = np.where(x > 0, lam * dout, dout * (out + lam * alpha))
""",
        )
    },
)

_MISCONCEPTIONS = """
selu_forward, out
  scale missing
    = np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0)) - 1))
    The scale 1.0507 is missing, on both sides.
  scale above zero alone
    = np.where(x > 0, lam * x, alpha * (np.exp(np.minimum(x, 0)) - 1))
    The scale multiplies both sides. [ttmetal21487]
  scale below zero alone
    = np.where(x > 0, x, lam * alpha * (np.exp(np.minimum(x, 0)) - 1))
    The scale multiplies both sides. [neuralnet51]
  constants exchanged
    = alpha * np.where(x > 0, x, lam * (np.exp(np.minimum(x, 0)) - 1))
    1.0507 is the scale of all, 1.6733 that of the exponential.
  minus one missing
    = lam * np.where(x > 0, x, alpha * np.exp(np.minimum(x, 0)))
    The -1 is missing: alpha * (exp(x) - 1).
  alpha missing
    = lam * np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)
    alpha = 1.6733 is missing.
selu_backward, dx
  upstream missing
    = slope
    The upstream derivative is missing: multiply the slope by dout. [nd4j2410 smile528]
  scale missing
    = dout * np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))
    The scale 1.0507 is missing.
  scale above zero alone
    = dout * np.where(x > 0, lam, alpha * np.exp(np.minimum(x, 0)))
    The scale multiplies both sides. [~ttmetal21487]
  scale below zero alone
    = dout * np.where(x > 0, 1, lam * alpha * np.exp(np.minimum(x, 0)))
    The scale multiplies both sides. [~neuralnet51]
  alpha missing
    = dout * lam * np.where(x > 0, 1, np.exp(np.minimum(x, 0)))
    alpha = 1.6733 is missing in the slope.
  output for slope
    = np.where(x > 0, lam * dout, dout * out)
    Below zero the slope is out + scale * alpha, not out.
  alpha without scale
    = np.where(x > 0, lam * dout, dout * (out + alpha))
    Below zero the slope is out + scale * alpha. [~rubix427 ~mlpack1656]
  ReLU's gate
    = lam * dout * (x > 0)
    Below zero the slope is scale * alpha * exp(x), not 0.
"""

SELU = activation(
    "selu",
    reference=Reference(forward=activations.selu, vjp=activations.selu_vjp),
    ways=_WAYS,
    wrong=_MISCONCEPTIONS,
    kinks=Kinks(how="elementwise"),
)
