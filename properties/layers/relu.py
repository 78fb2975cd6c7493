"""ReLU: out = max(x, 0); at zero any value between 0 and dout is a subgradient."""

from __future__ import annotations

from dataclasses import replace

from reference import relu

from ..spec.hints import Hints
from ..spec.row import Kinks, Reference
from ..spec.ways import Ways
from .elementwise import activation

_WAYS = Ways(
    arguments="x",
    given="""
N = x.shape[0] if x.ndim else 1
""",
    texts={
        "": (
            """
gate = x > 0
out = x * gate
dx = dout * gate
""",
            """
out = np.maximum(0, x)
dx = dout * (x > 0)
""",
        )
    },
)

_MISCONCEPTIONS = """
relu_forward, out
  absolute value
    = np.abs(x)
    Negative entries become 0, not positive.
  leaky
    = np.where(x > 0, x, 0.01 * x)
    That is the leaky ReLU; this layer gives exactly 0 below zero. [~zig5]
  threshold one
    = np.maximum(1, x)
    The threshold is 0. [~orly43]
  gate returned
    = (x > 0).astype(float)
    That is the gate; the output is x where the gate is open. [~smile528]
  minimum
    = np.minimum(0, x)
    Positive entries pass, negative ones become 0. [~dgs1]
  softplus
    = np.log1p(np.exp(x))
    That is the softplus, a smooth neighbour of ReLU. [~softrelu]
  threshold at the mean
    = np.maximum(x, x.mean())
    Compare with 0, not with the mean.
relu_backward, dx
  upstream missing
    = (x > 0).astype(float)
    The upstream derivative is missing: multiply the gate by dout. [smile528]
  no gate
    = dout
    Units that were off get no gradient. [~grok56]
  gate on dout
    = dout * (dout > 0)
    The gate looks at the forward input, not at dout. [exacity127 ~dgs1 ~coursrelu]
  output for gate
    = np.maximum(0, x) * dout
    Multiply by the gate x > 0, not by the output. [~coursrelu]
  gate inverted
    = dout * (x < 0)
    The gate is the wrong way round. [~dgs1]
  gate on output >= 0
    = dout * (np.maximum(x, 0) >= 0)
    The output is never negative, so out >= 0 is always true: use out > 0. [grok56 grok13]
  leaky
    = np.where(x > 0, dout, 0.01 * dout)
    A closed unit passes exactly nothing. [~zig5]
  threshold one
    = dout * (x > 1)
    The kink is at 0.
  guided backpropagation
    = np.where((x > 0) & (dout > 0), dout, 0)
    That is guided backpropagation, used for pictures; the derivative keeps negative dout.
  sign for gate
    = dout * np.sign(x)
    Below zero the slope is 0, not -1.
  divided by N
    = dout * (x > 0) / N
    No average in a layer. [~d2l1000]
  gate open at zero (convention)
    = dout * (x >= 0)
    At x = 0 you take the subgradient dout; 0 is the usual one. [grok13]
  half at zero (convention)
    = dout * (0.5 * (np.sign(x) + 1))
    At x = 0 you take the subgradient dout/2; 0 is the usual one.
relu_backward, dout
  dout overwritten (robustness)
    = np.where(x > 0, dout, 0)
    dx = dout makes no copy: setting dx[x <= 0] = 0 changes the caller's dout. [~torch1029]
relu_forward, x
  x overwritten (robustness)
    = np.maximum(0, x)
    x[x < 0] = 0 overwrites the caller's x. [~torch1029 ~mlcol119]
"""

RELU = replace(
    activation(
        "relu",
        reference=Reference(forward=relu.forward, vjp=relu.vjp),
        ways=_WAYS,
        wrong=_MISCONCEPTIONS,
        kinks=Kinks(how="elementwise", other="takes another slope than 0 at x = 0"),
        exact=True,
    ),
    hints=Hints(factors=("x", "dout")),
)
