"""SiLU (swish): out = x sigmoid(x)."""

from __future__ import annotations

from reference import activations

from ..spec.row import Reference
from ..spec.ways import Ways, sizes
from .elementwise import SLOPE, activation

_WAYS = Ways(
    arguments="x",
    given=sizes(x="N"),
    texts={
        "": (
            """
sig = 1 / (1 + np.exp(-x))
out = x * sig
slope = sig + x * sig * (1 - sig)
dx = dout * slope
""",
            """
sig = 1 / (1 + np.exp(-x))
out = x * sig
slope = sig * (1 + x * (1 - sig))
dx = dout * slope
""",
            """
sig = 1 / (1 + np.exp(-x))
out = x * sig
slope = out + sig * (1 - out)
dx = dout * slope
""",
        )
    },
)

_MISCONCEPTIONS = f"""
silu_forward, out
  sigmoid
    = sig
    The factor x is missing: x * sigmoid(x). [~neural21]
  sign of the exponent
    = x * (1 - sig)
    The exponent is -x.
  hyperbolic tangent
    = x * np.tanh(x)
    The gate is the sigmoid, not tanh.
  squared
    = x * sig ** 2
    The sigmoid comes once.
  gelu
    = x / (1 + np.exp(-1.702 * x))
    That approximates the GELU; SiLU has no factor 1.702. [~candle3745]
silu_backward, dx
{SLOPE}
  first path alone
    = dout * sig
    x comes twice: the path through the sigmoid is missing, x * sigmoid'(x).
  second path alone
    = dout * x * sig * (1 - sig)
    x comes twice: the path through the factor x is missing, sigmoid(x).
  factor x missing
    = dout * (sig + sig * (1 - sig))
    The second path has the factor x.
  sum for product
    = dout * (sig + x * (1 - sig))
    The sigmoid's slope is sig * (1 - sig). [~dfdx915]
  minus for plus
    = dout * (sig - x * sig * (1 - sig))
    The two paths add up.
  output for the gate
    = dout * (out + sig * (1 + out))
    The slope is out + sigmoid(x) * (1 - out). [~swift743 ~mlpack2274]
"""

SILU = activation(
    "silu",
    reference=Reference(forward=activations.silu, vjp=activations.silu_vjp),
    ways=_WAYS,
    wrong=_MISCONCEPTIONS,
)
