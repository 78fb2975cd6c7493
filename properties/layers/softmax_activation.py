"""Softmax over the last axis, as a layer of its own."""

from __future__ import annotations

from hypothesis import strategies as st

from reference import activations

from ..spec.case import Case
from ..spec.hints import Hints
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import Values, values
from ..spec.ways import Ways, sizes

# Two axes and more, of unequal length: with three, the last is not axis 1.
_SHAPES = st.sampled_from(((2, 3), (3, 2), (1, 4), (4, 1), (2, 3, 4), (3, 1, 2), (2, 3, 2, 2)))
_EMPTY = st.sampled_from(((0, 3), (0, 2, 2)))


def _make(v: Values, shape: tuple[int, ...]) -> Case:
    return Case(args={"x": v.array(shape)}, dout=v.upstream(shape), family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.INTEGER):
        return None
    drawn = values(purpose, smooth=("normal",))
    return st.builds(_make, drawn, _EMPTY if purpose is Purpose.EMPTY else _SHAPES)


_WAYS = Ways(
    arguments="x",
    given=sizes(x="N")
    + """
C = x.shape[-1]
""",
    texts={
        "": (
            """
e = np.exp(x - x.max(-1, keepdims=True))
out = e / e.sum(-1, keepdims=True)
inner = (dout * out).sum(-1, keepdims=True)
dx = out * (dout - inner)
""",
            """
lifted = x - x.max(-1, keepdims=True)
out = np.exp(lifted - np.log(np.exp(lifted).sum(-1, keepdims=True)))
jacobian = out[..., None] * (np.eye(C) - out[..., None, :])
dx = np.einsum('...ij,...j->...i', jacobian, dout)
""",
        )
    },
)

_MISCONCEPTIONS = """
softmax_forward, out
  normalised over all
    = np.exp(x - x.max()) / np.exp(x - x.max()).sum()
    Each row is normalised on its own: axis=-1, keepdims=True. [nd4j44 nntr430 utensor171]
  normalised over the batch
    = np.exp(x - x.max(0)) / np.exp(x - x.max(0)).sum(0)
    Each row is normalised over its entries: the last axis. [nri25 lattice5 euclid2 msdocs21]
  normalised over axis 1
    = np.exp(x - x.max(1, keepdims=True)) / np.exp(x - x.max(1, keepdims=True)).sum(1,
      keepdims=True)
    The last axis is -1: with three axes, axis 1 is another one. [fastnlp254 ~mint3]
  exponentials alone
    = e
    Divide by the sum of the exponentials.
  logarithm
    = np.log(out)
    That is the log-softmax.
  sigmoid
    = 1 / (1 + np.exp(-x))
    The entries of a row add up to 1: divide by their sum.
  sizes divided by their sum
    = np.abs(x) / np.abs(x).sum(-1, keepdims=True)
    The exponential is missing.
softmax_backward, dx
  diagonal of the Jacobian
    = dout * out * (1 - out)
    Each output depends on every score of its row: the Jacobian is diag(p) - p pᵀ. [nd4j440 axon12
      rubix438 ~lague5]
  row sum missing
    = dout * out
    Each output depends on every score of its row: subtract p (dout · p). [odyssey2134]
  row sum not weighted
    = out * (dout - dout.sum(-1, keepdims=True))
    The sum over the row is weighted by the probabilities: (dout * p).sum.
  summed over axis 1
    = out * (dout - (dout * out).sum(1, keepdims=True))
    The last axis is -1: with three axes, axis 1 is another one. [~triton11409]
  summed over the batch
    = out * (dout - (dout * out).sum(0, keepdims=True))
    Each row is normalised over its entries: the last axis. [~nri25]
  summed over all
    = out * (dout - (dout * out).sum())
    Each row is normalised on its own: axis=-1, keepdims=True. [~nd4j44]
  sign of the row sum
    = out * (dout + inner)
    The Jacobian is diag(p) - p pᵀ.
  outer factor missing
    = dout - inner
    Multiply by the probabilities: p * (dout - (dout * p).sum).
  factor twice
    = out * out * (dout - inner)
    The probabilities stand once before the bracket.
  average for the sum
    = out * (dout - (dout * out).mean(-1, keepdims=True))
    Sum over the row, do not average.
  cross-entropy's gradient
    = out - dout
    That is the gradient of a cross-entropy with dout as labels; a layer multiplies dout by its
      Jacobian.
  divided by N
    = dx / N
    No average in a layer. [~d2l1000]
"""

SOFTMAX_ACTIVATION = LayerSpec(
    name="softmax_activation",
    forward="softmax_forward",
    backward="softmax_backward",
    cases=_cases,
    differentiable=("x",),
    inputs={"softmax_activation": "x: (2, 3, 4)"},
    reference=Reference(forward=activations.softmax, vjp=activations.softmax_vjp),
    batched=("x",),
    laws={"shift": "x"},
    ways=_WAYS,
    misconceptions=Misconceptions("softmax_activation", _MISCONCEPTIONS),
    hints=Hints(factors=("out", "dout")),
)
