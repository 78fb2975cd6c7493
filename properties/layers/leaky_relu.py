"""Leaky ReLU: out = x where x > 0, alpha x elsewhere."""

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
out = np.where(x > 0, x, alpha * x)
slope = np.where(x > 0, 1, alpha)
dx = dout * slope
""",
            """
out = np.maximum(x, 0) + alpha * np.minimum(x, 0)
dx = dout * (x > 0) + alpha * dout * (x <= 0)
""",
        )
    },
)

_MISCONCEPTIONS = """
leaky_relu_forward, out
  ReLU
    = np.maximum(x, 0)
    Negative entries are scaled by alpha, not cut off.
  alpha fixed at 0.01
    = np.where(x > 0, x, 0.01 * x)
    alpha is an argument; do not write 0.01 into the formula. [robotics73 ~tvm1218]
  alpha for all
    = alpha * x
    Only negative entries are scaled by alpha.
  alpha for positive entries
    = np.where(x > 0, alpha * x, x)
    The two sides are exchanged: alpha scales what is negative.
  alpha itself
    = np.where(x > 0, x, alpha)
    Below zero the output is alpha * x, not alpha.
  alpha added
    = np.where(x > 0, x, x + alpha)
    Multiply by alpha, do not add it.
  absolute value
    = np.where(x > 0, x, -alpha * x)
    Negative entries stay negative.
  exponential
    = np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0)) - 1))
    That is the ELU; the leaky ReLU is linear below zero.
leaky_relu_backward, dx
  upstream missing
    = np.where(x > 0, 1.0, alpha)
    The upstream derivative is missing: multiply the slope by dout. [nd4j2410 smile528]
  ReLU's gate
    = dout * (x > 0)
    Below zero the slope is alpha, not 0.
  slope missing
    = dout
    The slope is missing. [~chainer5898]
  alpha fixed at 0.01
    = np.where(x > 0, dout, 0.01 * dout)
    alpha is an argument; do not write 0.01 into the formula. [~dl4j8178 ~robotics73]
  alpha for positive entries
    = np.where(x > 0, alpha * dout, dout)
    The two sides are exchanged.
  alpha times x
    = np.where(x > 0, dout, alpha * x * dout)
    The derivative of alpha * x is alpha.
  alpha without dout
    = np.where(x > 0, dout, alpha)
    dout is missing below zero.
  gate on dout
    = np.where(dout > 0, dout, alpha * dout)
    The gate looks at the forward input, not at dout. [~dgs1 ~exacity127]
  sign below zero
    = np.where(x > 0, dout, -alpha * dout)
    The slope below zero is +alpha.
  divided by N
    = np.where(x > 0, dout, alpha * dout) / N
    No average in a layer. [~d2l1000]
"""

LEAKY_RELU = activation(
    "leaky_relu",
    reference=Reference(forward=activations.leaky_relu, vjp=activations.leaky_relu_vjp),
    ways=_WAYS,
    wrong=_MISCONCEPTIONS,
    options={"alpha": (0.01, 0.25, 0.5, 0.125, 0.2)},
    kinks=Kinks(how="elementwise"),
)
