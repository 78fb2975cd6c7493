"""Softplus: out = log(1 + exp(x))."""

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
out = np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)
slope = 1 / (1 + np.exp(-x))
dx = dout * slope
""",
            """
out = np.logaddexp(0, x)
dx = dout * (1 - np.exp(-out))
""",
        )
    },
)

_MISCONCEPTIONS = f"""
softplus_forward, out
  one missing
    = x
    log(exp(x)) is x: add 1 before the logarithm.
  sign of the exponent
    = np.log1p(np.exp(-np.abs(x))) + np.maximum(-x, 0)
    The exponent is x: this is softplus(-x).
  logarithm to base 2
    = (np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)) / np.log(2)
    The logarithm is the natural one. [~libfm21]
  ReLU
    = np.maximum(x, 0)
    That is the ReLU, which softplus rounds off.
  logarithm of the sigmoid
    = -(np.log1p(np.exp(-np.abs(x))) + np.maximum(-x, 0))
    That is the logarithm of the sigmoid.
  shifted to zero
    = np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0) - np.log(2)
    softplus(0) is log 2. [tf65289]
softplus_backward, dx
{SLOPE}
  slope of the sigmoid
    = dout * slope * (1 - slope)
    The derivative of softplus is the sigmoid itself, not the sigmoid's derivative.
  sigmoid of the output
    = dout / (1 + np.exp(-out))
    The sigmoid is taken at the input. [nanonn4]
  complement
    = dout * (1 - slope)
    The slope is sigmoid(x), not 1 - sigmoid(x).
  gate
    = dout * (x > 0)
    That is the ReLU's gate; softplus is smooth.
  exponential
    = dout * np.exp(np.minimum(x, 30))
    Divide by 1 + exp(x).
"""

SOFTPLUS = activation(
    "softplus",
    reference=Reference(forward=activations.softplus, vjp=activations.softplus_vjp),
    ways=_WAYS,
    wrong=_MISCONCEPTIONS,
)
