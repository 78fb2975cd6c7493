"""GELU: out = x Φ(x), with the normal distribution itself or its approximation by tanh."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from reference import activations

from ..spec.case import Case
from ..spec.row import Reading, Reference
from ..spec.ways import Ways, sizes
from .elementwise import activation

_WAYS = Ways(
    arguments="x",
    given=sizes(x="N")
    + """
root = np.sqrt(2 / np.pi)
""",
    texts={
        "": (
            """
inner = root * (x + 0.044715 * x ** 3)
gate = 0.5 * (1 + np.tanh(inner))
out = x * gate
bend = 0.5 * (1 - np.tanh(inner) ** 2) * root * (1 + 3 * 0.044715 * x ** 2)
slope = gate + x * bend
dx = dout * slope
""",
        )
    },
)

_MISCONCEPTIONS = """
gelu_forward, out
  sigmoid form
    = x / (1 + np.exp(-1.702 * x))
    That is the approximation by a sigmoid, x sigmoid(1.702 x): off by up to 0.02. [~mlx744 ~cs249r]
  half missing
    = x * 2 * gate
    The factor 1/2 is missing.
  factor x missing
    = gate
    The factor x is missing. [~tf50510]
  cube missing
    = x * 0.5 * (1 + np.tanh(root * (x + 0.044715 * x)))
    The correction has x**3.
  square for cube
    = x * 0.5 * (1 + np.tanh(root * (x + 0.044715 * x ** 2)))
    The correction has x**3, not x**2. [gelus1 ~ggml70]
  root of pi over two
    = x * 0.5 * (1 + np.tanh(np.sqrt(np.pi / 2) * (x + 0.044715 * x ** 3)))
    The factor is sqrt(2 / pi).
  one missing
    = x * 0.5 * np.tanh(inner)
    1 is missing beside tanh.
  SiLU
    = x / (1 + np.exp(-x))
    That is the SiLU; GELU weighs x by the normal distribution. [candle3745 candle3747]
gelu_backward, dx
  upstream missing
    = slope
    The upstream derivative is missing: multiply the slope by dout. [nd4j2410 smile528]
  gate alone
    = dout * gate
    x comes twice: the path through the gate is missing.
  second path alone
    = dout * x * bend
    x comes twice: the path through the factor x is missing.
  factor x missing
    = dout * (gate + bend)
    The second path has the factor x.
  three missing
    = dout * (gate + x * 0.5 * (1 - np.tanh(inner) ** 2) * root * (1 + 0.044715 * x ** 2))
    The derivative of x**3 is 3 x**2.
  inner derivative missing
    = dout * (gate + x * 0.5 * (1 - np.tanh(inner) ** 2))
    The derivative of the argument of tanh is missing: sqrt(2 / pi) (1 + 3 * 0.044715 x**2).
  root missing
    = dout * (gate + x * 0.5 * (1 - np.tanh(inner) ** 2) * (1 + 3 * 0.044715 * x ** 2))
    The factor sqrt(2 / pi) is missing in the derivative.
  half missing
    = dout * (gate + 2 * x * bend)
    The factor 1/2 is missing in the second path.
  square missing
    = dout * (gate + x * 0.5 * (1 - np.tanh(inner)) * root * (1 + 3 * 0.044715 * x ** 2))
    The derivative of tanh is 1 - tanh**2.
  density not normalised
    = dout * (gate + x * bend * np.sqrt(2 * np.pi))
    The density of the normal distribution is exp(-x**2 / 2) / sqrt(2 pi).
  root of two missing in the density
    = dout * (gate + x * bend * np.sqrt(2))
    The density of the normal distribution is exp(-x**2 / 2) / sqrt(2 pi), with the 2 in the root.
  divided by N
    = dout * slope / N
    No average in a layer. [~d2l1000]
"""


def _by_erf(case: Case) -> dict[str, Any]:
    x = case.args["x"]
    density = np.exp(-(x**2) / 2.0) / np.sqrt(2.0 * np.pi)
    return {"gate": special.ndtr(x), "bend": density}


_BY_TANH = Reference(forward=activations.gelu_tanh, vjp=activations.gelu_tanh_vjp)

GELU = activation(
    "gelu",
    reference=_BY_TANH,
    ways=_WAYS,
    wrong=_MISCONCEPTIONS,
    readings=(
        Reading(name="tanh", sentence="the normal distribution is approximated by tanh"),
        Reading(
            name="erf",
            sentence="the normal distribution is taken exactly, by erf",
            reference=Reference(forward=activations.gelu, vjp=activations.gelu_vjp),
            known=_by_erf,
        ),
    ),
)
