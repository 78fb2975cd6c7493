"""ELU: out = x where x > 0, alpha (exp(x) - 1) elsewhere."""

from __future__ import annotations

from reference import activations

from ..spec.row import Kinks, Reference
from ..spec.ways import Ways, sizes
from .elementwise import activation

_WAYS = Ways(
    arguments="x, alpha",
    given=sizes(x="N"),
    texts={
        "": (
            """
out = np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0)) - 1))
slope = np.where(x > 0, 1, out + alpha)
dx = dout * slope
""",
            """
e = alpha * np.exp(np.minimum(x, 0))
out = np.where(x > 0, x, e - alpha)
dx = np.where(x > 0, dout, dout * e)
""",
        )
    },
)

_MISCONCEPTIONS = """
elu_forward, out
  minus one missing
    = np.where(x > 0, x, alpha * np.exp(np.minimum(x, 0)))
    The -1 is missing: alpha * (exp(x) - 1).
  alpha outside
    = np.where(x > 0, x, alpha * np.exp(np.minimum(x, 0)) - 1)
    alpha multiplies the whole bracket: alpha * (exp(x) - 1). [root21539 ~singa480]
  alpha fixed at 1
    = np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)
    alpha is an argument; do not write 1 into the formula. [uvadlc161]
  alpha in the exponent
    = np.where(x > 0, x, np.exp(np.minimum(alpha * x, 0)) - 1)
    alpha multiplies the bracket, not the exponent.
  leaky
    = np.where(x > 0, x, alpha * x)
    That is the leaky ReLU; the ELU is exponential below zero.
  sign of the exponent
    = np.where(x > 0, x, alpha * (np.exp(np.maximum(-x, 0)) - 1))
    The exponent is x, which is negative there.
  ReLU
    = np.maximum(x, 0)
    Negative entries become alpha * (exp(x) - 1), not 0.
elu_backward, dx
  upstream missing
    = np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0)))
    The upstream derivative is missing: multiply the slope by dout. [nd4j2410 smile528]
  ReLU's gate
    = dout * (x > 0)
    Below zero the slope is alpha * exp(x), not 0.
  alpha missing
    = np.where(x > 0, dout, dout * np.exp(np.minimum(x, 0)))
    alpha is missing in the slope alpha * exp(x). [~uvadlc161]
  output for slope
    = np.where(x > 0, dout, dout * out)
    Below zero the slope is out + alpha, not out.
  plus one for plus alpha
    = np.where(x > 0, dout, dout * (out + 1))
    Below zero the slope is out + alpha. [tinydnn896 ~deepcl46]
  minus alpha
    = np.where(x > 0, dout, dout * (out - alpha))
    Below zero the slope is out + alpha.
  leaky
    = np.where(x > 0, dout, dout * alpha)
    Below zero the slope is alpha * exp(x), not alpha.
  gate on dout
    = np.where(dout > 0, dout, dout * alpha * np.exp(np.minimum(x, 0)))
    The gate looks at the forward input, not at dout. [~dgs1 ~exacity127]
  dout missing below zero
    = np.where(x > 0, dout, alpha * np.exp(np.minimum(x, 0)))
    dout is missing below zero.
"""

ELU = activation(
    "elu",
    reference=Reference(forward=activations.elu, vjp=activations.elu_vjp),
    ways=_WAYS,
    wrong=_MISCONCEPTIONS,
    options={"alpha": (1.0, 0.5, 0.25, 1.5, 2.0)},
    kinks=Kinks(how="elementwise"),
)
