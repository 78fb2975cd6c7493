"""Sigmoid: out = 1 / (1 + exp(-x))."""

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
out = 1 / (1 + np.exp(-x))
slope = out * (1 - out)
dx = dout * slope
""",
            """
e = np.exp(-np.abs(x))
out = np.where(x >= 0, 1, e) / (1 + e)
slope = e / (1 + e) ** 2
dx = dout * slope
""",
        )
    },
)

_MISCONCEPTIONS = f"""
sigmoid_forward, out
  sign of the exponent
    = 1 / (1 + np.exp(x))
    The exponent is -x: this is 1 minus the sigmoid. [arrow523 swarms145 asm2vec5 aesara1401]
  exponential alone
    = 1 / np.exp(-x)
    Add 1 to the exponential before dividing. [finalfront95]
  hyperbolic tangent
    = np.tanh(x)
    That is tanh; the sigmoid lies between 0 and 1.
  half the argument
    = 1 / (1 + np.exp(-x / 2))
    The argument is not halved.
sigmoid_backward, dx
{SLOPE}
  slope at the output
    = dout * (1 / (1 + np.exp(-out))) * (1 - 1 / (1 + np.exp(-out)))
    The sigmoid is taken twice: the cache holds the output already, so the slope is out * (1 - out).
      [gopher6 dltool165]
  input for output
    = dout * x * (1 - x)
    out * (1 - out) speaks of the output; the cache holds the input. [~packt4 ~trask32]
  output alone
    = dout * out
    The factor 1 - out is missing.
  complement alone
    = dout * (1 - out)
    The factor out is missing. [torch232]
  square for product
    = dout * (1 - out ** 2)
    1 - out**2 is the slope of tanh; the sigmoid's is out * (1 - out).
  plus for minus
    = dout * out * (1 + out)
    The slope is out * (1 - out). [~lstm41]
"""

SIGMOID = activation(
    "sigmoid",
    reference=Reference(forward=activations.sigmoid, vjp=activations.sigmoid_vjp),
    ways=_WAYS,
    wrong=_MISCONCEPTIONS,
)
