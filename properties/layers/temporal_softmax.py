"""Cross-entropy of the time steps that a mask keeps: their sum, divided by N."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from reference import temporal

from ..spec.case import Case
from ..spec.misconception import Misconceptions
from ..spec.row import LayerSpec, Purpose, Reference
from ..spec.values import CLASSES, SIDES, Values, batch_sizes, values
from ..spec.ways import Ways, sizes


def _make(purpose: Purpose, v: Values, n: int, t: int, words: int) -> Case:
    x = v.array((n, t, words))
    if purpose is not Purpose.EXTREME:  # else a hidden probability of zero is 0 * log 0
        x = np.clip(x, -300.0, 300.0)
    kept = v.choice(0.5, 0.5, 0.8, 1.0)  # most masks are no prefix
    mask = v.rng.random((n, t)) < kept
    args = {"x": x, "y": v.rng.integers(0, words, (n, t)), "mask": mask}
    return Case(args=args, family=v.family)


def _cases(purpose: Purpose) -> st.SearchStrategy[Case] | None:
    if purpose in (Purpose.KINK, Purpose.INTEGER):
        return None
    drawn = values(purpose)
    return st.builds(_make, st.just(purpose), drawn, batch_sizes(purpose), SIDES, CLASSES)


_WAYS = Ways(
    arguments="x, y, mask",
    given=sizes(x="N T V"),
    texts={
        "": (
            """
n = N
x0 = x - x.max(2, keepdims=True)
logp = x0 - np.log(np.exp(x0).sum(2, keepdims=True))
onehot = np.eye(V)[y]
nll = -(onehot * logp).sum(2)
loss = (nll * mask).sum() / n
probs = np.exp(logp)
dx = (probs - onehot) * mask[:, :, None] / n
""",
            """
n = N
label = y.reshape(N * T)
kept = mask.reshape(N * T)
flat = x.reshape(N * T, V)
e = np.exp(flat - flat.max(1, keepdims=True))
p = e / e.sum(1, keepdims=True)
loss = -(kept * np.log(p[np.arange(N * T), label])).sum() / n
dflat = (p - np.eye(V)[label]) * kept[:, None] / n
dx = dflat.reshape(N, T, V)
""",
        )
    },
)

_MISCONCEPTIONS = """
temporal_softmax_loss, loss
  mask ignored
    = nll.sum() / N
    Multiply by the mask: padded time steps do not count. [diffcse25 molecule20]
  divided by the mask's sum
    = (nll * mask).sum() / np.maximum(mask.sum(), 1)
    The sum over the kept steps is divided by N, not by how many are kept. [tf39146 ~keras2546]
  divided by N T
    = (nll * mask).sum() / (N * T)
    Divide by N alone; time steps add up. [d2l2076 burn5568 ~jax1023 ~gluon238]
  not divided by N
    = (nll * mask).sum()
    The loss is a mean over examples: divide by N. [~jax3113]
  divided by T
    = (nll * mask).sum() / T
    Divide by the number of examples N, not by that of time steps. [~d2l2076]
  each example's own mean
    = ((nll * mask).sum(1) / np.maximum(mask.sum(1), 1)).sum() / N
    Time steps add up within an example; only the examples are averaged.
  mask inverted
    = (nll * ~mask).sum() / N
    The mask is true where a step counts.
  mask taken as a length
    = (nll * (np.arange(T) < mask.sum(1)[:, None])).sum() / N
    A mask need not be a prefix: multiply by it entry by entry. [~mlxlm1697]
  mask on the scores
    = -(onehot * (x * mask[:, :, None] - np.log(np.exp(x * mask[:, :, None]).sum(2,
      keepdims=True)))).sum() / N
    Scores of zero still cost log V: mask the losses, not the scores.
  last step only
    = (nll[:, -1] * mask[:, -1]).sum() / N
    All kept time steps add up. [~mlpack3679]
  normalised over time
    = -(onehot * (x - np.log(np.exp(x - x.max(1, keepdims=True)).sum(1, keepdims=True)) - x.max(1,
      keepdims=True))).sum(2).ravel() @ mask.ravel() / N
    The softmax runs over the words, the last axis. [~nri25]
  sign reversed
    = -(nll * mask).sum() / N
    Minus the log probability: the loss is never negative. [~roelants14]
temporal_softmax_loss, dx
  mask ignored
    = (probs - onehot) / N
    Hidden time steps have no gradient: multiply by the mask. [~molecule20]
  divided by the mask's sum
    = dx * N / np.maximum(mask.sum(), 1)
    Divide by N, as the loss does, not by how many steps are kept. [~tf39146]
  divided by N T
    = dx / T
    Divide by N alone; time steps add up. [~jax1023 ~d2l2076 ~burn5568]
  not divided by N
    = dx * N
    The loss is a mean over examples: divide dx by N. [~so6527]
  divided by N twice
    = dx / N
    Divide by N once. [~d2l1000]
  label subtracted at hidden steps
    = (probs * mask[:, :, None] - onehot) / N
    The mask multiplies p - 1 at the label too, not p alone.
  label not subtracted
    = probs * mask[:, :, None] / N
    Subtract 1 at the true word. [~so4166]
  sign reversed
    = -dx
    The sign is the other way round: p - 1 at the true word. [~so4166]
  mask inverted
    = (probs - onehot) * ~mask[:, :, None] / N
    The mask is true where a step counts.
  mask taken as a length
    = (probs - onehot) * (np.arange(T) < mask.sum(1)[:, None])[:, :, None] / N
    A mask need not be a prefix: multiply by it entry by entry. [~mlxlm1697]
  true word only
    = dx * onehot
    All words get a gradient, not the true one alone. [~so4166]
  normalised over time
    = (np.exp(x - x.max(1, keepdims=True)) / np.exp(x - x.max(1, keepdims=True)).sum(1,
      keepdims=True) - onehot) * mask[:, :, None] / N
    The softmax runs over the words, the last axis. [~nri25]
"""

TEMPORAL_SOFTMAX = LayerSpec(
    name="temporal_softmax",
    forward="temporal_softmax_loss",
    backward=None,
    cases=_cases,
    differentiable=("x",),
    inputs={"temporal_softmax": "x: (2, 4, 5), y: integers(2, 4), mask: mask(2, 4)"},
    value="loss",
    reference=Reference(forward=temporal.softmax_loss, vjp=temporal.softmax_loss_gradient),
    batched=("x", "y", "mask"),
    adds_up=-1,
    laws={"masked": "mask"},
    ways=_WAYS,
    misconceptions=Misconceptions("temporal_softmax", _MISCONCEPTIONS),
)
