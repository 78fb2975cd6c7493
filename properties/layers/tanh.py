"""Hyperbolic tangent: out = tanh(x)."""

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
out = np.tanh(x)
slope = 1 - out ** 2
dx = dout * slope
""",
            """
out = np.tanh(x)
slope = 1 / np.cosh(x) ** 2
dx = dout * slope
""",
        )
    },
)

_MISCONCEPTIONS = f"""
tanh_forward, out
  sigmoid
    = 1 / (1 + np.exp(-x))
    That is the sigmoid; tanh lies between -1 and 1.
  half the argument
    = np.tanh(x / 2)
    The argument is not halved: 2 sigmoid(x) - 1 is tanh(x / 2). [autograd317]
  tangent
    = np.tan(np.clip(x, -1, 1))
    That is the tangent; wanted is the hyperbolic one.
  softsign
    = x / (1 + np.abs(x))
    That is the softsign, a neighbour of tanh.
tanh_backward, dx
  square of the difference
    = dout * (1 - out) ** 2
    The square stands on the output alone: 1 - out**2.
{SLOPE}
  slope at the output
    = dout * (1 - np.tanh(out) ** 2)
    tanh is taken twice: the cache holds the output already, so the slope is 1 - out**2. [~gopher6]
  input for output
    = dout * (1 - x ** 2)
    1 - out**2 speaks of the output; the cache holds the input. [~packt4]
  square missing
    = dout * (1 - out)
    The square is missing: the slope is 1 - out**2.
  slope of the sigmoid
    = dout * out * (1 - out)
    That is the sigmoid's slope; tanh's is 1 - out**2.
  plus for minus
    = dout * (1 + out ** 2)
    The slope is 1 - out**2. [gy2 lstm41]
  gradient squared
    = dout * (1 - dout ** 2)
    Square the output, not dout. [npnn6]
"""

TANH = activation(
    "tanh",
    reference=Reference(forward=activations.tanh, vjp=activations.tanh_vjp),
    ways=_WAYS,
    wrong=_MISCONCEPTIONS,
)
